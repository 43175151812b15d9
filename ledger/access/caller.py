"""Who asks: the organisation, program or holder of a link that a verified token names."""

from typing import Final, NamedTuple

SCOPES: Final = ("read", "post", "admin")
"""The uses of a token: reading, posting with it, and the administration of the organisation's clients. Posting without
a token stays possible, since the signature of a record is its identity."""

_KEYID: Final = 64
"""Characters of a keyid."""


class Caller(NamedTuple):
    """`client`: keyid of a ledger key, or the id of a client. `link`: digest, in hex, of the grant whose link the
    caller holds; such a caller has no organisation. `operator`: asks through the server's own Unix socket."""

    organization: str | None = None
    scopes: frozenset[str] = frozenset()
    client: str | None = None
    link: str | None = None
    operator: bool = False

    @property
    def keyid(self) -> bytes | None:
        """The keyid of the caller's ledger key; None of a client, whose id is shorter, and of a link."""
        if self.client is None or self.link is not None or len(self.client) != _KEYID:
            return None
        return bytes.fromhex(self.client)


NOBODY: Final = Caller()
"""A caller without a token: sees public things only."""
