"""Plugins in processes of their own: one that hangs, crashes or fills the memory is ended, and takes nobody along."""
