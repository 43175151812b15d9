"""Identity: access tokens for ledger keys, for clients with a secret, and for holders of a grant's link."""
