"""The audit state between runs, and the memory of a log replay."""
