"""One package per wire, pure, used by both of its ends: what one end writes, the other reads."""
