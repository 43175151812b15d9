"""The checks of an audit: entries, tree, checkpoint, stored rows, balances."""
