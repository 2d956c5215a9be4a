"""The words and the rules: message, part, receipt, status, event. Pure: no clock, no socket, no file."""
