"""Rules of the records by which organisations let others read: grants, appointed readers, publications."""

from typing import Final

from ledger.admission.checks.times import check_time, instant_of
from ledger.admission.facts import Facts, LotFacts, RecordFacts
from ledger.admission.state import State
from ledger.errors import Refused

LONGEST_YEARS: Final = 10
"""A grant ends after so many years at the latest, and can be renewed by another one."""


def check_expiry(until: str, state: State, *, bounded: bool) -> None:
    """Raises Refused if a right ends before its entry, or if a `bounded` one lasts longer than LONGEST_YEARS."""
    now = instant_of(state.time // 1000)
    if until <= now:
        raise Refused(f"until: {until} has passed", code="expired", field="until", value=until,
                      rule=f"an instant after the time of the entry, {now}")
    latest = f"{int(now[:4]) + LONGEST_YEARS:04d}{now[4:]}"
    if bounded and until > latest:
        raise Refused(f"until: {until} is more than {LONGEST_YEARS} years away", code="grant-length", field="until",
                      value=until, rule=f"an instant until {latest}; another grant can follow")


def check_instant(text: str | None, field: str) -> None:
    """Raises Refused for a day that is not in the calendar."""
    if text is not None:
        check_time(text, field)


def own_record(facts: Facts, issuer: str, digest: str, kind: str, field: str) -> RecordFacts:
    """The issuer's own record of a kind. Refuses unknown digests and records of others with the same words."""
    record = facts.records.get(digest)
    if record is None or record.type != kind or record.issuer != issuer:
        raise Refused(f"{field}: {digest} is not a {kind} of {issuer}", code="unknown-record", field=field,
                      value=digest, rule=f"the digest of a {kind} record that the issuer signed")
    return record


def own_lot(facts: Facts, issuer: str, name: str, field: str, *, owned: bool) -> LotFacts:
    """A lot that the issuer owns or, unless it must be `owned`, holds. Refuses unknown lots and lots of others with the
    same words."""
    lot = facts.lots.get(name)
    parties = () if lot is None else (lot.owned_by,) if owned else (lot.owned_by, lot.holder)
    if lot is None or issuer not in parties or name in facts.withdrawn:
        verb = "owns" if owned else "owns or holds"
        raise Refused(
            f"{field}: {name!r} is not a lot that {issuer} {verb}", code="unknown-lot", field=field, value=name,
            rule=f"a lot on the ledger that the issuer {verb}; for a delivered lot the one from which it was sent")
    return lot


def check_own_product(facts: Facts, issuer: str, name: str, field: str) -> None:
    """Refuses unknown products and products of others with the same words."""
    product = facts.products.get(name)
    if product is None or product.owner != issuer:
        raise Refused(f"{field}: {name!r} is not a product of {issuer}", code="unknown-product", field=field,
                      value=name, rule="a product on the ledger that the issuer entered")
