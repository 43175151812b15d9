"""What anyone checks offline: receipts, bundles, statements."""
