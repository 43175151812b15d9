"""A sample of records for a verifier. Everybody who draws it gets the same sample."""
