"""Links: the secrets by which somebody who is not on the ledger uses a grant."""

import hashlib
from typing import Final

SECRET_BYTES: Final = 32
"""Random bytes of a secret. It travels as base64url without padding."""


def link_digest(secret: str) -> str:
    """The `link` of a grant: the SHA-256, in hex, of the secret's text."""
    return hashlib.sha256(secret.encode()).hexdigest()
