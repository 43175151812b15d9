"""The demo's closed loop: its organisations, their records, and the source of every figure in them."""
