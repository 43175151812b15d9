"""Reads the goods that an organisation bought in a period, from all suppliers or from one."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, NamedTuple

from msgspec import structs

from ledger.answers.lists import TransferAnswer
from ledger.answers.purchases import (
    ApartAnswer,
    PurchaseCoverageAnswer,
    ReceivedFootprintAnswer,
    SupplierCoverageAnswer,
)
from ledger.answers.stored import VerifiedAnswer
from ledger.errors import InvalidInput, NotFound
from ledger.footprint.derived.inventory.reconciliation import COUNTED
from ledger.footprint.stored.burdens import SLOT, footprint
from ledger.host.threads import in_thread
from ledger.service.access.sight import EVERYTHING, Sight
from ledger.service.queries.bought.sums import BoughtLot, BoughtSums, BurdenSums, figures_of
from ledger.service.queries.chain.load import pinned
from ledger.service.queries.findings import NEAR_PRODUCT
from ledger.service.queries.footprint.attestations import tree_time
from ledger.service.queries.footprint.verified import read_verified
from ledger.service.queries.lists.lots import PageRequest
from ledger.service.queries.lists.titles import read_title_limits
from ledger.service.queries.lists.transfers import (
    TransferQuery,
    TransferRow,
    check_parties,
    read_transfer_keys,
    read_transfer_rows,
    transfer_answer,
)
from ledger.service.queries.periods import Period, period_of
from ledger.service.queries.tree_size import AsOf, as_of_size
from ledger.store.database import DatabasePool
from ledger.store.sql import queries

SHOWN: Final = 20
MAX_SHOWN: Final = 1_000
_CHUNK: Final = 1_000
_GOODS: Final = 20
_VERIFIED_SUPPLIERS: Final = 50
"""The number of suppliers, largest first, whose chains are searched for attestations."""
_ABSOLUTE = SLOT["absGhg"]
_PURCHASE: Final = "sale"


class ReadLimits(NamedTuple):
    """The most transfers of a question that are read in full, and the most that are `examined` for them. No index holds
    stated times, so the transfers of every period are examined."""

    transfers: int = 100_000
    examined: int = 500_000


_LIMITS: Final = ReadLimits()


class Purchases:
    """The purchases of a question: `together` and by supplier in `sums`; the received parts of the lots by supplier
    and number in `parts`; in `apart`, by reason, the transfers that do not count. `newest`: the newest transfers that
    count, at most `shown`. `open`: the number of lots that were neither accepted nor used."""

    def __init__(self, shown: int) -> None:
        self.together = BoughtSums()
        self.sums: dict[str, BoughtSums] = {}
        self.parts: dict[str, dict[int, float]] = {}
        self.apart: dict[str, BurdenSums] = {}
        self.newest: list[TransferAnswer] = []
        self.open = 0
        self._shown = shown

    def take(self, rows: Iterable[TransferRow]) -> None:
        for row in rows:
            reason = _reason_apart(row)
            if reason is None:
                self._count(row)
            else:
                self.apart.setdefault(reason, BurdenSums()).add(row.burdens)

    def _count(self, row: TransferRow) -> None:
        supplier, lot = row.parties["issuer"], row.lot
        bought = BoughtLot(lot["product"], lot["unit"], row.received, row.burdens, row.title, lot["made"])
        self.together.take(bought)
        self.sums.setdefault(supplier, BoughtSums()).take(bought)
        self.parts.setdefault(supplier, {})[lot["number"]] = row.part
        self.open += row.state == "open"
        if len(self.newest) < self._shown:
            self.newest.append(transfer_answer(row))

    def apart_answers(self) -> list[ApartAnswer]:
        return [ApartAnswer(reason=reason, lots=amounts.lots, footprint=footprint(amounts.total()))
                for reason, amounts in sorted(self.apart.items())]


def _reason_apart(row: TransferRow) -> str | None:
    """Why a transfer does not count as a purchase; None if it counts."""
    if row.state in ("disputed", "withdrawn"):
        return row.state
    role: str = row.lot["role"]
    if role not in COUNTED:
        # A certificate has the unit of the goods that it is about, and would raise their quantity.
        return role
    purpose: str = row.parties["purpose"] or _PURCHASE
    return None if purpose == _PURCHASE else purpose


async def read_received_footprint(
    pool: DatabasePool, query: TransferQuery, shown: int = SHOWN, limits: ReadLimits = _LIMITS,
    sight: Sight = EVERYTHING,
) -> ReceivedFootprintAnswer:
    """The footprint of the goods that an organisation bought from the party of the question in a period, with the
    `shown` newest transfers.

    Raises as `read_transfer_list`, InvalidInput for more transfers than `limits`, and NotFound without a purchase.
    """
    as_of, party = await pinned(pool, await as_of_size(pool, query.at)), query.party or ""
    purchases = await _read(pool, query, as_of, shown, limits)
    sums, period = purchases.together, period_of(query.since, query.until)
    if not sums.lots:
        raise _nothing(query, period, purchases)
    verified = None
    if sight.whole and await _any_attested(pool, as_of):
        verified = await read_verified(pool, purchases.parts[party], as_of, NEAR_PRODUCT)
    figures: Mapping[str, Any] = await in_thread(figures_of, sums, await tree_time(pool, as_of.size))
    return ReceivedFootprintAnswer(
        organization=query.organization, party=party, at=as_of.size, since=period.since, until=period.until,
        quantities=sums.quantities(), goods=sums.goods(), transfers=purchases.newest,
        left_off=sums.lots - len(purchases.newest), open=purchases.open, apart=purchases.apart_answers(),
        verified=verified, **figures,
    )


async def read_coverage(
    pool: DatabasePool, query: TransferQuery, limits: ReadLimits = _LIMITS, sight: Sight = EVERYTHING
) -> PurchaseCoverageAnswer:
    """The goods that an organisation bought in a period, by supplier. The shares that attestations cover are read over
    the suppliers' chains, so only a caller who sees everything gets them. Raises as `read_received_footprint`."""
    as_of = await pinned(pool, await as_of_size(pool, query.at))
    purchases, period = await _read(pool, query, as_of, 0, limits), period_of(query.since, query.until)
    if not purchases.together.lots:
        raise _nothing(query, period, purchases)
    now = await tree_time(pool, as_of.size)
    amounts = {party: sums.burdens()[_ABSOLUTE] for party, sums in purchases.sums.items()}
    parties = sorted(amounts, key=lambda party: (-amounts[party], party))
    verified: dict[str, VerifiedAnswer | None] = {}
    if sight.whole and await _any_attested(pool, as_of):
        for party in parties[:_VERIFIED_SUPPLIERS]:
            verified[party] = await read_verified(pool, purchases.parts[party], as_of, NEAR_PRODUCT)
    suppliers = await in_thread(_suppliers, purchases, parties, now)
    together: Mapping[str, Any] = await in_thread(figures_of, purchases.together, now)
    return PurchaseCoverageAnswer(
        organization=query.organization, at=as_of.size, since=period.since, until=period.until,
        suppliers=[structs.replace(one, verified=verified.get(one.party)) for one in suppliers],
        unsearched=max(0, len(parties) - _VERIFIED_SUPPLIERS) if verified else 0, open=purchases.open,
        apart=purchases.apart_answers(), **together,
    )


def _suppliers(purchases: Purchases, parties: Sequence[str], now: str) -> list[SupplierCoverageAnswer]:
    whole = purchases.together.burdens()[_ABSOLUTE]
    answers = []
    for party in parties:
        sums = purchases.sums[party]
        goods, figures = sums.goods(), figures_of(sums, now)
        answers.append(SupplierCoverageAnswer(
            party=party, weight=sums.burdens()[_ABSOLUTE] / whole if whole else 0.0, goods=goods[:_GOODS],
            goods_left_off=max(0, len(goods) - _GOODS), **figures))
    return answers


async def _read(
    pool: DatabasePool, query: TransferQuery, as_of: AsOf, shown: int, limits: ReadLimits
) -> Purchases:
    """All purchases of the question. Raises InvalidInput for more transfers than `limits`."""
    purchases, count, examined, page = Purchases(shown), 0, 0, PageRequest(_CHUNK)
    await check_parties(pool, query, as_of)
    titles = await read_title_limits(pool, as_of.size)
    while True:
        keys = await read_transfer_keys(pool, query, page, as_of)
        count, examined = count + len(keys.keys), examined + keys.examined
        if examined > limits.examined:
            raise _too_many(
                f"{query.organization} received more than {limits.examined:,} transfers before the tree size "
                f"{as_of.size}, in all periods", "at", as_of.size,
                f"a tree size with at most {limits.examined:,} transfers to the organisation")
        if count > limits.transfers:
            raise _too_many(
                f"{query.organization} received more than {limits.transfers:,} transfers in the period", "from",
                query.since, f"a shorter period, with at most {limits.transfers:,} transfers")
        await in_thread(purchases.take, await read_transfer_rows(pool, keys.keys, as_of, titles))
        if keys.next is None:
            return purchases
        page = PageRequest(_CHUNK, keys.next)


def _too_many(message: str, field: str, value: object, rule: str) -> InvalidInput:
    return InvalidInput(message, code="too-many-transfers", field=field, value=value, rule=rule)


async def _any_attested(pool: DatabasePool, as_of: AsOf) -> bool:
    return bool(await pool.fetchval(queries("lists")["any_attested"], as_of.size))


def _nothing(query: TransferQuery, period: Period, purchases: Purchases) -> NotFound:
    """The error without a purchase. It names the transfers that do not count."""
    source = "" if query.party is None else f" from {query.party}"
    apart = ", ".join([f"{one.lots:,} {one.reason}" for one in purchases.apart_answers()])
    others = f"; transfers that do not count: {apart}" if apart else ""
    return NotFound(
        f"{query.organization} bought nothing{source}{period}{others}",
        code="no-purchases", field="organization", value=query.organization,
        rule="an organisation that received transfers for sale in the period; /v1/received lists transfers")
