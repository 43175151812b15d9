"""This machine: durable files, key files, the clock. The base install includes it."""
