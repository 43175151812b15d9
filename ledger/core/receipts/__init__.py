"""Proofs that anyone checks offline: receipts, bundles, statements."""
