"""The simulated mobile carrier: what happens to a message, and (over SMPP) the switch that makes it happen."""
