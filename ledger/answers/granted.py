"""Answers about rights to read, as sent to clients (JSON, camelCase)."""

from typing import Literal

from ledger.answers.stored import QueryAnswer
from ledger.core.record.kinds import Depth

RightState = Literal["inForce", "expired", "revoked", "compromised"]


class GrantAnswer(QueryAnswer, frozen=True, kw_only=True):
    """The grant of the log entry `index`, with digest `record`. It is for the `grantee`, or for whoever holds the
    secret of its `link`. `lot`, `product` or `declaration`, `start` and `end` are its scope; without them it covers all
    records of the grantor. `publish`: the grantee may publish its lots of the product, or of all products of the
    grantor. `revoked`: the log index of the revocation. `compromised`: the log index of the key
    change by which the key that signed the grant was compromised by then: the grant has ended. `state`: now."""

    index: int
    record: str
    grantor: str
    depth: Depth
    until: str
    purpose: str
    state: RightState
    grantee: str | None = None
    link: bool = False
    lot: str | None = None
    product: str | None = None
    declaration: str | None = None
    start: str | None = None
    end: str | None = None
    publish: bool = False
    revoked: int | None = None
    compromised: int | None = None


class GrantListAnswer(QueryAnswer, frozen=True, kw_only=True):
    """A page of the grants that an organisation has given or got, newest first. `next`: the value of `after` for the
    next page."""

    organization: str
    grants: list[GrantAnswer]
    next: int | None = None


class ReaderAnswer(QueryAnswer, frozen=True, kw_only=True):
    """An organisation that the registrar lets read everything, by the log entry `index`. `revoked`, `compromised` and
    `state` as of a grant."""

    index: int
    record: str
    organization: str
    purpose: str
    state: RightState
    until: str | None = None
    revoked: int | None = None
    compromised: int | None = None


class ReaderListAnswer(QueryAnswer, frozen=True, kw_only=True):
    """A page of readers, newest first. `next` as in a list of grants."""

    readers: list[ReaderAnswer]
    next: int | None = None
