"""Standard Webhooks 1.0: how one's own application is told of events, signed."""
