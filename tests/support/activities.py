"""What the records of a ledger say of lots, read once more: each lot as an activity, for others to solve.

Written apart from the ledger's figures, and in exact fractions: no figure, share or part of its own is among them. An
activity stands for one whole lot, so of a record

    takes(lot, i) = share(lot) * q_i/Q_i
    emits(lot)    = share(lot) * (direct - sum assigned) + assigned(lot)
"""

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction
from typing import Any, Final, NamedTuple

from ledger.core.record.kinds import (
    Acceptance,
    Addition,
    AnyRecord,
    Closing,
    Consumption,
    Declaration,
    Pool,
    Product,
    Transfer,
    Transformation,
)
from ledger.core.record.values import Flow, Output
from support.exact import Figures, direct_of, scaled
from support.memory import MemoryLedger

_BEARING: Final = ("product", "coProduct", "byProduct")
_KILOGRAMS: Final = ("KGM", "TNE", "GRM")
_NOTHING: Final = Fraction(0)


class Activity(NamedTuple):
    """What one whole lot takes of other lots, and what is emitted for it beside that."""

    lot: str
    takes: Mapping[str, Fraction]
    emits: Mapping[str, Fraction]


class _Lot(NamedTuple):
    quantity: Fraction
    unit: str


class Reader:
    """Reads records in log order, each as it reads now, into `activities`. Of the period averages of pools, which a
    closing moves afterwards, it knows nothing."""

    def __init__(self) -> None:
        self.activities: list[Activity] = []
        self.left: dict[str, Fraction] = {}
        self._lots: dict[str, _Lot] = {}
        self._products: dict[str, Product] = {}
        self._declarations: dict[str, Declaration] = {}
        self._transfers: dict[str, Transfer] = {}
        self._pools: dict[str, Pool] = {}
        self._generations: dict[str, int] = defaultdict(int)

    def add(self, record: AnyRecord, digest: bytes) -> None:
        match record:
            case Product():
                self._products[record.id] = record
            case Pool():
                self._pools[record.id] = record
            case Transformation():
                taken = self._taken(record.inputs, record.issuer)
                made = [self._made(output) for output in record.outputs]
                self._enter(record, taken, made, _shares(record, made, self._products))
            case Consumption():
                taken = self._taken(record.inputs, record.issuer)
                made = [self._made(output) for output in record.outputs]
                self._enter(record, taken, made, [_NOTHING for _ in made])
            case Closing():
                self._taken(record.retired, record.issuer)
            case Transfer():
                self._transfers[digest.hex()] = record
                taken = self._taken([Flow(lot=record.lot, quantity=record.quantity)], record.issuer)
                self._enter(record, taken, [(record.new_lot, self._part(*taken[0]))], [Fraction(1)])
            case Acceptance():
                self._accept(record)
            case Addition():
                self._fill(record)
            case Declaration() if record.lot is not None:
                self._enter(record, [], [self._made(record.lot)], [Fraction(1)])
            case Declaration():
                self._declarations[digest.hex()] = record
            case _:
                pass

    def _taken(self, flows: Iterable[Flow], issuer: str) -> list[tuple[str, Fraction]]:
        """The lots that flows mean, and the parts of them."""
        found = []
        for flow in flows:
            name = self._meant(flow.lot, issuer)
            found.append((name, self._take(name, scaled(flow.quantity, self._lots[name].unit))))
        return found

    def _meant(self, name: str, issuer: str) -> str:
        """A lot, or the newest generation of a pool, or of the issuer's default pool of a product."""
        if name in self._lots:
            return name
        for pool in self._pools.values():
            if name == pool.id or (name == pool.product and pool.default and pool.issuer == issuer):
                return f"{pool.id}:{self._generations[pool.id]}"
        raise ValueError(f"{name} is no lot and no pool")

    def _take(self, name: str, amount: Fraction) -> Fraction:
        self.left[name] -= amount
        if self.left[name] < 0:
            raise ValueError(f"{name} is taken beyond its balance")
        return amount / self._lots[name].quantity

    def _part(self, name: str, part: Fraction) -> _Lot:
        lot = self._lots[name]
        return _Lot(lot.quantity * part, lot.unit)

    def _made(self, output: Output) -> tuple[str, _Lot]:
        unit = self._products[output.product].unit
        if output.role == "credit":
            unit = output.quantity.unit
        return output.lot, _Lot(scaled(output.quantity, unit), unit)

    def _accept(self, record: Acceptance) -> None:
        """What is short goes back as a lot, with its burden, or is lost with it."""
        transfer = self._transfers.get(record.transfer)
        if transfer is None or record.received is None:
            return
        name = transfer.new_lot
        lot = self._lots[name]
        short = lot.quantity - scaled(record.received, lot.unit)
        if short:
            part = self._take(name, short)
            made = [] if record.return_lot is None else [(record.return_lot, self._part(name, part))]
            self._enter(record, [(name, part)], made, [Fraction(1) for _ in made])

    def _fill(self, record: Addition) -> None:
        """All that is left in a pool, and what is added, are its next lot. Credits carry nothing."""
        pool = self._pools[record.pool]
        newest = f"{pool.id}:{self._generations[pool.id]}"
        added = self._taken(record.inputs, record.issuer)
        rest = self.left.get(newest, _NOTHING)
        taken = [*([(newest, self._take(newest, rest))] if rest else []), *added]
        self._generations[pool.id] += 1
        quantity = sum((self._part(name, part).quantity for name, part in taken), _NOTHING)
        made = [(f"{pool.id}:{self._generations[pool.id]}", _Lot(quantity, self._lots[taken[0][0]].unit))]
        if record.credit_lot is not None and record.credits is not None:
            made.append((record.credit_lot, _Lot(scaled(record.credits, "KGM"), "KGM")))
        self._enter(record, taken, made, [Fraction(1), _NOTHING][: len(made)])

    def _enter(
        self, record: AnyRecord, taken: Sequence[tuple[str, Fraction]], made: Sequence[tuple[str, _Lot]],
        shares: Sequence[Fraction],
    ) -> None:
        rest = dict(direct_of(record, self._declarations))
        own: list[Figures] = [defaultdict(Fraction) for _ in made]
        if any(shares):
            for given in _activity(record).get("assigned", ()):
                own[given["output"]][given["burden"]] += Fraction(given["amount"])
                rest[given["burden"]] = rest.get(given["burden"], _NOTHING) - Fraction(given["amount"])
        for (name, lot), share, extra in zip(made, shares, own, strict=True):
            if name in self._lots:
                raise ValueError(f"{name} is made twice")
            self._lots[name], self.left[name] = lot, lot.quantity
            takes: Figures = defaultdict(Fraction)
            for source, part in taken:
                takes[source] += share * part
            emits = {burden: share * rest.get(burden, _NOTHING) + extra.get(burden, _NOTHING)
                     for burden in {*rest, *extra}}
            self.activities.append(Activity(name, _without_zeros(takes), _without_zeros(emits)))


def _without_zeros(figures: Mapping[str, Fraction]) -> Figures:
    return {name: amount for name, amount in figures.items() if amount}


def _activity(record: AnyRecord) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(bytes(record.activity)) if isinstance(record, Transformation) else {}
    return found


def _shares(
    record: Transformation, made: Sequence[tuple[str, _Lot]], products: Mapping[str, Product]
) -> list[Fraction]:
    """By the weights that the activity states, else by what the outputs say of the key."""
    given = _activity(record).get("weights", {}).get(record.allocation)
    weights = []
    for i, (output, (_, lot)) in enumerate(zip(record.outputs, made, strict=True)):
        if output.role not in _BEARING:
            weights.append(_NOTHING)
        elif given is not None:
            weights.append(Fraction(given[i]))
        else:
            weights.append(_weight(record.allocation, output, lot, products[output.product]))
    total = sum(weights, _NOTHING)
    return [weight / total for weight in weights] if total else weights


def _weight(key: str, output: Output, lot: _Lot, product: Product) -> Fraction:
    match key:
        case "mass" if output.mass is not None:
            return scaled(output.mass, "KGM")
        case "mass" if output.quantity.unit in _KILOGRAMS:
            return scaled(output.quantity, "KGM")
        case "mass" if product.mass_per_unit is not None:
            return scaled(product.mass_per_unit, "KGM") * lot.quantity
        case "value" if output.value is not None:
            return Fraction(output.value.value)
        case "energy" if output.heating_value is not None:
            return scaled(output.heating_value, "3B")
        case "moles" if output.moles:
            return Fraction(output.moles)
        case "declared" if output.share:
            return Fraction(output.share)
    raise ValueError(f"{output.lot} has no weight by {key}")


def reader_of(memory: MemoryLedger) -> Reader:
    """Has read all records of a ledger as they read now; those that were withdrawn are not there."""
    reader = Reader()
    for index, digest in enumerate(memory.digests):
        record = memory.reading(index)
        if record is not None:
            reader.add(record, digest)
    return reader
