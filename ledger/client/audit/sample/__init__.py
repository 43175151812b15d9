"""A sample of records for a verifier, which anyone draws the same."""
