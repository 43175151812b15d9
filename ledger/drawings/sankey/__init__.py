"""The Sankey drawing of a chain: fold it to processes, shrink it until people can read it, place it, draw it."""
