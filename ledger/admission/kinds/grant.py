"""Grants: an organisation lets another one, or the holder of a link, read its own records."""

from collections.abc import Iterable, Iterator

from ledger.admission.checks.disclosing import (
    check_expiry,
    check_instant,
    check_own_product,
    own_lot,
    own_record,
)
from ledger.admission.facts import Facts
from ledger.admission.kind import Before, Kind, Row, Terms
from ledger.admission.lots import Plan
from ledger.admission.names import Names
from ledger.admission.state import State
from ledger.core.record.kinds import Grant, GrantScope
from ledger.errors import Refused

_ALL = GrantScope()


class GrantKind(Kind[Grant]):
    def names(self, record: Grant, names: Names) -> None:
        scope = record.scope or _ALL
        if record.grantee is not None:
            names.organizations.add(record.grantee)
        if scope.lot is not None:
            names.lots.add(scope.lot)
        if scope.product is not None:
            names.products.add(scope.product)
        if scope.declaration is not None:
            names.records.add(scope.declaration)

    def mentions(self, record: Grant) -> Iterable[str]:
        scope = record.scope or _ALL
        return [name for name in (record.grantee, scope.lot, scope.product, scope.declaration) if name is not None]

    def plan(self, record: Grant, facts: Facts, terms: Terms) -> Plan:
        _check_receiver(record, facts)
        check_instant(record.until, "until")
        if record.scope is not None:
            _check_scope(record, record.scope, facts)
        if record.publish:
            _check_publish(record)
        return Plan()

    def check(self, record: Grant, keyid: bytes, state: State) -> None:
        check_expiry(record.until, state, bounded=True)

    def apply(self, record: Grant, digest: bytes, state: State) -> None:
        if record.scope is not None and record.scope.declaration is not None and record.grantee is not None:
            state.given.add((record.scope.declaration, record.grantee))
        if record.publish and record.grantee is not None:
            state.given.add(((record.scope or _ALL).product or record.issuer, record.grantee))
        shown = _shown(record)
        if shown is not None and record.grantee is not None:
            state.seen.add((shown, record.grantee))

    def rows(self, record: Grant, index: int, state: State, before: Before) -> Iterator[Row]:
        scope = record.scope or _ALL
        yield "access_grant", (
            index, record.issuer, record.grantee, record.link, record.depth,
            None if scope.lot is None else state.lots[scope.lot].number, scope.product,
            None if scope.declaration is None else state.records[scope.declaration].index,
            scope.start, scope.end, record.until, record.publish,
        )


def _shown(record: Grant) -> str | None:
    """The product whose record a grant shows; the grantor if it shows them all."""
    scope = record.scope or _ALL
    if record.depth != "full" or scope.lot or scope.declaration or scope.start or scope.end:
        return None
    return scope.product or record.issuer


def _check_receiver(record: Grant, facts: Facts) -> None:
    """A grant is for another organisation, or for the holder of a link."""
    if (record.grantee is None) == (record.link is None):
        raise Refused(
            "a grant names either a grantee or a link", code="grant-form", field="grantee", value=record.grantee,
            rule="grantee: an organisation on the ledger; link: the SHA-256 of a secret for someone else",
        )
    if record.grantee is not None and (record.grantee == record.issuer or record.grantee not in facts.organizations):
        raise Refused(
            f"grantee: {record.grantee!r} is not another organisation on the ledger", code="unknown-organization",
            field="grantee", value=record.grantee, rule="another organisation that is enrolled",
        )


def _check_publish(record: Grant) -> None:
    """The right to publish is of an organisation, and of a product: a received lot is not the lot of its sender."""
    scope = record.scope or _ALL
    if record.grantee is None or scope != GrantScope(product=scope.product):
        raise Refused("publish: only for a grantee, and a product or all of them", code="grant-form", field="publish",
                      value=True, rule="a grantee, and a scope of nothing but a product; no scope for all products")


def _check_scope(record: Grant, scope: GrantScope, facts: Facts) -> None:
    """The scope is one thing of the issuer, a period, or both."""
    things = [name for name in ("lot", "product", "declaration") if getattr(scope, name) is not None]
    if len(things) > 1:
        raise Refused(f"scope: it names a {' and a '.join(things)}", code="grant-form", field="scope",
                      rule="at most one of lot, product and declaration")
    if scope == _ALL:
        raise Refused("scope: it states nothing", code="grant-form", field="scope",
                      rule="lot, product, declaration, start or end; no scope for all records of the issuer")
    check_instant(scope.start, "scope.start")
    check_instant(scope.end, "scope.end")
    if scope.start is not None and scope.end is not None and scope.start >= scope.end:
        raise Refused(f"scope.end: {scope.end} is not after scope.start {scope.start}", code="period",
                      field="scope.end", value=scope.end, rule="a period ends after it starts")
    if scope.lot is not None:
        own_lot(facts, record.issuer, scope.lot, "scope.lot", owned=False)
    if scope.product is not None:
        check_own_product(facts, record.issuer, scope.product, "scope.product")
    if scope.declaration is not None:
        own_record(facts, record.issuer, scope.declaration, "declaration", "scope.declaration")
        if scope.start is not None or scope.end is not None:
            raise Refused("scope: a declaration with a period", code="grant-form", field="scope",
                          rule="a period limits the records of a lot, a product or the whole organisation")
