"""Enrolment requests: an organisation sends its key to the registrar, and the key signs its consent."""

from collections.abc import Mapping, Sequence
from typing import Literal

from msgspec import Struct

from ledger.core.record.identifiers import check_identifier
from ledger.core.record.naming import check_numbered, check_own, check_plain, check_prefixes
from ledger.core.record.values import Id, Names, PublicKey
from ledger.core.signatures.signing import SigningKey, public_key


class EnrolmentRequest(Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """An organisation's message to the registrar. It holds no secret."""

    organization: Id
    origin: str
    key: PublicKey
    names: Names = {}
    prefixes: list[Id] = []
    parent: Id | None = None


def request_enrolment(
    key: SigningKey, origin: str, organization: str, *, prefixes: Sequence[str] = (),
    names: Mapping[Literal["en", "zh"], str] | None = None, parent: str | None = None,
) -> EnrolmentRequest:
    """The request for the registrar to enrol a key for an organisation. `prefixes`: of the ids that it will mint.
    `parent`: the organisation that will read everything of it; the key signs that too.

    Raises InvalidInput or Refused for an organisation or prefix that no registrar can enrol. Only the request of a new
    organisation has prefixes: on old logs, an organisation may already have an id that is refused today."""
    check_identifier(organization, "organization")
    if prefixes:
        check_plain(organization, "organization")
        check_own(organization, "organization")
        check_numbered(organization, "organization")
        check_prefixes(prefixes)
    return EnrolmentRequest(
        organization=organization, origin=origin, key=public_key(key, origin, organization, parent),
        names=dict(names or {}), prefixes=list(prefixes), parent=parent,
    )
