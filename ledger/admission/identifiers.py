"""The identifiers that a record may use: plain ones, each for one thing, which nobody can mistake for another's.

An issuer mints identifiers only under its own prefixes (`lots.check_prefix_of`), and prefixes do not overlap. This
module excludes the other confusions: between names of organisations when they are enrolled, and between names of
different kinds of things under one prefix. So no identifier needs a comparison with all others.
"""

from typing import Final

from ledger.admission.checks.roles import REGISTRAR
from ledger.admission.kinds.table import kind_of
from ledger.admission.lots import Plan
from ledger.admission.state import State
from ledger.core.record.identifiers import covers
from ledger.core.record.kinds import AnyRecord, Facility, Organization, Pool, Product
from ledger.core.record.naming import OWN, check_numbered, check_own, check_plain, is_plain
from ledger.errors import Refused

_ENTERING: Final = (Organization, Facility, Product, Pool)
PRODUCT: Final = "a product"
LOT: Final = "a lot"


Minted = tuple[str, int | None, bool]
"""A name that a record gives; the place of the lot that it names, or None if it names the thing that the record enters;
and whether it names the lot's item. A plain tuple for speed, since every lot has one."""


def minted(record: AnyRecord, plan: Plan) -> list[Minted]:
    """All new names that a record gives. Names of a pool's generations follow from the pool's name, and items of inputs
    have their names already, so neither is new."""
    names: list[Minted] = [(record.id, None, False)] if isinstance(record, _ENTERING) else []
    for i, (lot, _) in enumerate(plan.created):
        if lot.pool is None:
            names.append((lot.id, i, False))
        if lot.item is not None and all(lot.item != taken.lot.item for taken in plan.taken):
            names.append((lot.item, i, True))
    return names


def _field(record: AnyRecord, place: int | None, item: bool) -> str:
    if place is None:
        return "id"
    kind = kind_of(record)
    return f"{kind.created_field(record, place)}.item" if item else kind.new_lot_field(record, place)


def check_plain_names(record: AnyRecord, plan: Plan) -> None:
    """Refuses identifiers with hidden characters, and organisations that claim a namespace which many share."""
    for name, place, item in minted(record, plan):
        if not is_plain(name):
            check_plain(name, _field(record, place, item))
    for field, name in kind_of(record).outside_names(record):
        check_plain(name, field)
    if isinstance(record, Organization):
        for i, prefix in enumerate(record.prefixes):
            check_plain(prefix, f"prefixes[{i}]")
        for field, name in _claims(record):
            check_own(name, field)
            if name.startswith(OWN) and (field != "id" or REGISTRAR not in record.roles):
                raise Refused(f"{field}: {name!r} is in the reserved namespace of ledgers", code="name-shared",
                              field=field, value=name, rule=f"only the id of a registrar begins with {OWN}")


def check_numbered_names(record: AnyRecord, plan: Plan) -> None:
    """Refuses new names and names of things elsewhere whose number has a wrong check digit."""
    for name, place, item in minted(record, plan):
        check_numbered(name, _field(record, place, item))
    for field, name in kind_of(record).outside_names(record):
        check_numbered(name, field)
    if isinstance(record, Organization):
        for field, name in _claims(record):
            check_numbered(name, field)


def check_distinct_names(record: AnyRecord, plan: Plan, state: State) -> None:
    """Refuses a name that another thing has, and an organisation whose names lie under or over another's."""
    for new_name in minted(record, plan):
        name, place, item = new_name
        if place is not None and not item and _is_free(name, state):
            # `check_free` has already compared the name with the names of other lots.
            continue
        kind = _kind_of(name, state)
        if kind is not None and not _may_share(new_name, kind, record, plan, state):
            field = _field(record, place, item)
            raise Refused(f"{field}: {name!r} is the name of {kind}", code="name-taken", field=field, value=name,
                          rule="an identifier names one thing")
    if isinstance(record, Organization):
        _check_claims(record, state)


def _is_free(name: str, state: State) -> bool:
    """Whether only a lot can have this name."""
    return not (
        name in state.taken or name in state.organizations or name in state.facilities or name in state.products
        or name in state.pools or name in state.pool_ids
    )


def _kind_of(name: str, state: State) -> str | None:
    """The kind of thing that already has this name; None if the name is free."""
    if name in state.taken:
        return state.taken[name]
    if name in state.organizations:
        return "an organisation"
    if name in state.facilities:
        return "a facility"
    if name in state.products:
        return PRODUCT
    if name in state.pools or name in state.pool_ids:
        return "a pool"
    if name in state.lots or name in state.used:
        return LOT
    if state.pools or state.pool_ids:
        stem, _, number = name.rpartition(":")
        if number.isdecimal() and (stem in state.pools or stem in state.pool_ids):
            return "a pool's lot"
    return None


def _may_share(new_name: Minted, kind: str, record: AnyRecord, plan: Plan, state: State) -> bool:
    """Whether an issuer may give two of its own things the same name, since nobody can confuse them: an item and the
    lot that may hold it alone, or a lot and its product. Another holder's lot may not have the name of a product: the
    holder's inputs name lots, and products of which it has a pool."""
    name, place, item = new_name
    if place is None:
        holder = state.lots[name].holder if name in state.lots else state.used.get(name)
        return isinstance(record, Product) and kind == LOT and holder == record.issuer
    if item:
        return kind == LOT
    return kind == PRODUCT and plan.created[place].facts.holder == record.issuer


def _claims(record: Organization) -> list[tuple[str, str]]:
    return [("id", record.id), *[(f"prefixes[{i}]", prefix) for i, prefix in enumerate(record.prefixes)]]


def _check_claims(record: Organization, state: State) -> None:
    """Refuses an id or prefix under, over or equal to another organisation's. The registrar may enrol a part of a group
    under the id of its parent."""
    others = [(prefix, owner, False) for prefix, owner in state.prefixes.items()]
    others += [(name, name, name == record.parent) for name in state.organizations.keys() | state.enrolled]
    for field, name in _claims(record):
        for other, owner, parent in others:
            if covers(name, other) or (covers(other, name) and not parent):
                raise Refused(
                    f"{field}: {name!r} can be confused with {other!r} of {owner}", code="name-claimed", field=field,
                    value=name, rule="names of an organisation lie neither under nor over another's, except under "
                                     "the id of its parent",
                )
