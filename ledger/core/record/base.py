"""The fields of every record, and the kind byte of its log entry."""

from typing import Annotated, ClassVar, Final

from msgspec import Meta, Struct

from ledger.core.record.values import MAX_FLOWS, Flow, Id, Nonce, Output, Supply

PRIVATE, ORGANIZATION, KEY_CHANGE, ACTIVATION, ERASURE, READER, READER_REVOCATION, PARENT_END = 0, 1, 2, 3, 4, 5, 6, 7
"""Kind bytes of a log entry; bodies of all kinds but PRIVATE are public."""

WITNESS_POLICY: Final = "witness-policy"
"""The name under which an `activation` names the policy of the log's witnesses: see `core.log.policy`."""

Flows = Annotated[list[Flow], Meta(max_length=MAX_FLOWS)]
Supplies = Annotated[list[Supply], Meta(max_length=MAX_FLOWS)]
Outputs = Annotated[list[Output], Meta(max_length=MAX_FLOWS)]


class Record(
    Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename="camel", omit_defaults=True, tag_field="type"
):
    """`issuer`: URN of the organisation that signs; `nonce`: 16 random bytes that make the digest unguessable."""

    kind: ClassVar[int] = PRIVATE

    issuer: Id
    nonce: Nonce
