"""Pools: stock of one product that blends, as a line of lots."""

from collections.abc import Iterable, Iterator
from decimal import Decimal
from functools import partial
from typing import Final

from ledger.admission.facts import Facts, ProductFacts, pool_facts
from ledger.admission.kind import Before, Kind, Row, Terms
from ledger.admission.lots import Check, Plan, check_operated, check_prefix_of, unseen_product
from ledger.admission.names import Names
from ledger.admission.state import State
from ledger.core.record.identifiers import check_identifier
from ledger.core.record.kinds import Pool
from ledger.core.record.units import unit
from ledger.core.record.values import UNBURDENED
from ledger.errors import Refused

MAX_POOL_ID: Final = 240
"""Bytes; the ids of the pool's lots add a colon and the number of the generation."""

_BOOKABLE: Final = ("recycledPreConsumer:", "recycledPostConsumer:")


class PoolKind(Kind[Pool]):
    def names(self, record: Pool, names: Names) -> None:
        names.facilities.add(record.facility)
        names.add_use(record.issuer, record.product)
        names.new_lots.update((record.id, f"{record.id}:1"))
        names.pools.add((record.issuer, record.product))

    def mentions(self, record: Pool) -> Iterable[str]:
        return (record.facility, record.product)

    def enters(self, record: Pool, digest: bytes) -> str:
        return record.id

    def plan(self, record: Pool, facts: Facts, terms: Terms) -> Plan:
        return _plan(record, facts)

    def parts(self, record: Pool, facts: Facts) -> Iterator[Check]:
        yield partial(check_prefix_of, facts, record.issuer, record.id, "id", "pool")
        yield partial(check_operated, facts, record.issuer, record.facility)
        yield partial(_product_of, record, facts)
        yield partial(_check_origin, record)
        yield partial(_check_pool_id, record.id)

    def check(self, record: Pool, keyid: bytes, state: State) -> None:
        _check_free(record, state)

    def apply(self, record: Pool, digest: bytes, state: State) -> None:
        state.pools[record.id] = pool_facts(record)
        if record.default:
            state.default_pools[record.issuer, record.product] = record.id

    def rows(self, record: Pool, index: int, state: State, before: Before) -> Iterator[Row]:
        yield "pool", (
            record.id, record.issuer, record.facility, record.product, record.averaging, record.default, index,
        )


def _plan(record: Pool, facts: Facts) -> Plan:
    """Checks a new pool against its facility and product."""
    check_prefix_of(facts, record.issuer, record.id, "id", "pool")
    check_operated(facts, record.issuer, record.facility)
    product = _product_of(record, facts)
    if record.role in ("credit", "attribute"):
        raise pool_form("role", record.role, "credits and attributes do not blend")
    _check_origin(record)
    _check_pool_id(record.id)
    _check_custody(record, unit(product.unit).dimension)
    return Plan()


def _product_of(record: Pool, facts: Facts) -> ProductFacts:
    if record.custody == "massBalance" and not facts.may_name_product(record.issuer, record.product):
        # The refusal of another unit than one of mass would tell the unit.
        raise unseen_product(record.product, "product")
    product = facts.products.get(record.product)
    if product is None:
        raise Refused(f"product: the ledger has no product {record.product!r}", code="unknown-product", field="product",
                      value=record.product, rule="a product on the ledger")
    return product


def _check_origin(record: Pool) -> None:
    if (record.role == "waste") != (record.origin is not None):
        raise pool_form("origin", record.origin, "a pool of waste has an origin, and no other pool does")


def _check_pool_id(name: str) -> None:
    if len(name) > MAX_POOL_ID:
        raise pool_form("id", name,
                        f"the id of a pool is at most {MAX_POOL_ID} bytes: its lots are named ID:1, ID:2, ...")
    if name.rpartition(":")[2].isdecimal():
        raise pool_form("id", name, "the id of a pool does not end with a colon and a number, like the ids of its lots")
    check_identifier(f"{name}:1", "id")


def _check_custody(record: Pool, dimension: str) -> None:
    """The fields that a mass balance (ISO 22095) must have, and no other pool may have."""
    if record.custody != "massBalance":
        if (record.attribute, record.conversion, record.balance_months) != (None, None, None):
            raise pool_form("attribute", record.attribute,
                        "only a mass balance has attribute, conversion and balanceMonths")
        return
    if record.attribute is None or record.balance_months is None or dimension != "mass":
        raise pool_form("attribute", record.attribute,
                    "a mass balance has attribute and balanceMonths, and the unit of its product is a mass")
    if not record.attribute.startswith(_BOOKABLE) or record.attribute in _BOOKABLE:
        raise pool_form("attribute", record.attribute,
                        "recycledPreConsumer:M or recycledPostConsumer:M for a material M; matter itself, carbon and "
                        "elements cannot be booked")
    if record.role in UNBURDENED:
        raise pool_form("role", record.role,
                        "waste and cores become recycled content when they are used; content booked from their stock "
                        "would count twice")
    if record.conversion is not None and not Decimal(record.conversion):
        raise pool_form("conversion", record.conversion, "a conversion above zero")
    if record.averaging != "moving":
        raise pool_form("averaging", record.averaging,
                        "a mass balance has averaging `moving`: credits are booked from the stock at that moment, not "
                        "from a later average over a period")


def _check_free(record: Pool, state: State) -> None:
    """The names of a pool and of its lots must be free; a holder has one default pool per product."""
    if record.id in state.pools or record.id in state.lots or record.id in state.used:
        raise Refused(f"id: {record.id!r} is already on the ledger", code="pool-taken", field="id", value=record.id,
                      rule="a new identifier")
    first = f"{record.id}:1"
    if first in state.lots or first in state.used:
        raise Refused(f"id: the lot {first!r} is already on the ledger", code="pool-taken", field="id", value=first,
                      rule="free names for the lots of the pool: ID:1, ID:2, ...")
    default = state.default_pools.get((record.issuer, record.product))
    if record.default and default is not None:
        raise Refused(f"default: {record.product!r} already has the default pool {default!r}",
                      code="default-pool-taken", field="default", value=record.product,
                      rule="one default pool per product")


def pool_form(field: str, value: object, rule: str) -> Refused:
    """The refusal of a field of a pool or an addition that breaks `rule`."""
    return Refused(f"{field}: {value} is not valid here", code="pool-form", field=field, value=value, rule=rule)
