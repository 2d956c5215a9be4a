"""HTTP in: parse, call the hub, answer."""
