"""Signs records on the issuer's machine. The private key never leaves it."""

from collections.abc import Mapping
from typing import NamedTuple

import msgspec
from msgspec import Raw

from ledger.client.writing.spelling import written
from ledger.core.record import canonical
from ledger.core.record.canonical import record_of
from ledger.core.record.kinds import AnyRecord
from ledger.core.signatures.envelope import seal
from ledger.core.signatures.signing import SigningKey
from ledger.errors import InvalidInput
from ledger.host.files.key_files import new_nonce
from ledger.registry.reference.examples import check_nonce


class RecordSigner(NamedTuple):
    """The signing key, and the origin of the ledger for which it signs. `issuer` completes records without an issuer.
    """

    key: SigningKey
    origin: str
    issuer: str | None = None

    def sign(self, record: AnyRecord | Mapping[str, object]) -> bytes:
        """The envelope of a record, as a line to post. Keep it until the receipt is there: posting the same bytes again
        is safe, signing the record again makes another record.

        A record may be typed, or have the fields of its JSON form. To the latter this adds the issuer and a
        fresh nonce if they are missing, and respells its values as `ledger.client.writing.spelling` does.
        Raises InvalidBody, which names field, value and rule; raises InvalidInput for another issuer, and for the nonce
        of an example.
        """
        complete = written(self._completed(record)).record if isinstance(record, Mapping) else record_of(record)
        check_nonce(complete.nonce)
        if self.issuer is not None and complete.issuer != self.issuer:
            raise InvalidInput(f"the issuer is {complete.issuer!r}, but {self.issuer} signs", code="wrong-issuer",
                               field="issuer", value=complete.issuer, rule=f"the signer's issuer, {self.issuer}")
        return msgspec.json.encode(seal(complete, self.key, self.origin))

    def _completed(self, fields: Mapping[str, object]) -> dict[str, object]:
        own = {} if self.issuer is None else {"issuer": self.issuer}
        return {**own, "nonce": new_nonce(), **fields}


def activity(fields: object) -> Raw:
    """The activity of a transformation, from its fields or from a sector's type."""
    return Raw(canonical.encode(fields))
