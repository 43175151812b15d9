"""A figure on one screen: the facts for a purchaser."""
