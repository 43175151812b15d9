"""Checks receipts, bundles and statements offline, step by step."""
