"""What an audit checks: entries, tree, checkpoint, stored rows, balances."""
