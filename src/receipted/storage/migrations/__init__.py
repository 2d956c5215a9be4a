"""How databases of older versions become those of today: one file a step, in turn."""
