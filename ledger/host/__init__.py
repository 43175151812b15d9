"""This machine: durable files, key files, the clock. Base install."""
