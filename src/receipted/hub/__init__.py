"""The loop: accept, submit, receive, expire, notify. One verb a file; what they need from others is in ``ports``."""
