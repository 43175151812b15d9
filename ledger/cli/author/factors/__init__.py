"""`factors`: searches, shows, lists and imports factor sets. Each command has a module."""
