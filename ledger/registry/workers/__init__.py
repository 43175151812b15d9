"""Runs plugins in separate processes. If a plugin hangs, crashes or fills the memory, only its own process ends."""
