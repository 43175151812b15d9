"""Commands of operators: serve, back up, restore, anchor, clock."""
