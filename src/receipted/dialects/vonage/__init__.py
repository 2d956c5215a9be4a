"""Vonage's (Nexmo's) SMS API on the wire: submit and its answer, delivery receipts, signatures, codes."""
