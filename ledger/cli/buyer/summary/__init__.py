"""A figure on one screen: what a purchaser needs first."""
