"""What fits in an SMS: alphabets and segments. Pure."""
