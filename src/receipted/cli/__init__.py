"""The command line. ``app`` lists the commands; each command is one module; the rest is what they share."""
