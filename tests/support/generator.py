"""Networks of records of any size, shaped like real ones, from a seed. Every record is admissible where it stands.

About 20 % of the transformations are raw (no lot taken), the others take about 3 lots, 80 % of them recent. There are
co-products, by-products, wastes with origin, losses, treatments without a product, all allocation keys, transfers with
and without priced transport, acceptances, declarations, electricity as lots, and two loops: waste that a transformation
takes, and machines that are sold, used, returned as cores and remanufactured as the same item.

The generator keeps exact balances in integers (`grains`: the least step of a lot's unit that it uses) of lots that have
one, and never more than a few hundred of those an organisation; so a million records stream in little memory.
"""

import random
from collections.abc import Callable, Iterator
from typing import Final, NamedTuple

import msgspec
from msgspec import Raw
from msgspec.structs import replace

from ledger.core.record import canonical
from ledger.core.record.kinds import (
    Acceptance,
    AnyRecord,
    Consumption,
    Declaration,
    Facility,
    Product,
    Transfer,
    Transformation,
)
from ledger.core.record.values import (
    AllocationKey,
    Evidence,
    Factor,
    Flow,
    Money,
    Origin,
    Output,
    PreviousLife,
    Quantity,
    Role,
    Supply,
)
from support.parties import Party, nonces, party
from support.sectors import MAKE, NAME, Carrier, Emission, Gap, Given, Make

Posted = tuple[Party, AnyRecord]

_STOCK: Final = 300
"""Lots of goods that an organisation keeps; beyond, it sells or discards old ones."""
_ITEMS: Final = 100
_RECENT: Final = 12
_INPUTS: Final = (1, 2, 3, 3, 3, 3, 4, 4, 5, 5)
_KEYS: Final[tuple[AllocationKey, ...]] = (
    "mass", "mass", "mass", "mass", "mass", "value", "value", "energy", "moles", "declared",
)
_MACHINE_GRAMS: Final = 12_500


class _Kind(NamedTuple):
    """A kind of good. A grain is 10^-places of the unit and weighs `grams`."""

    name: str
    unit: str
    places: int
    grams: int


_METAL: Final = _Kind("metal", "TNE", 3, 1_000)
_PART: Final = _Kind("part", "KGM", 3, 1)
_ALLOY: Final = _Kind("alloy", "KGM", 3, 1)
_TIMBER: Final = _Kind("timber", "KGM", 3, 1)
_SLAG: Final = _Kind("slag", "KGM", 3, 1)
_SCRAP: Final = _Kind("scrap", "KGM", 3, 1)
_MACHINE: Final = _Kind("machine", "H87", 0, _MACHINE_GRAMS)
_POWER: Final = _Kind("power", "KWH", 3, 0)


class _Lot:
    """A lot with balance, in grains."""

    __slots__ = ("id", "item", "kind", "left", "product", "role", "whole")

    def __init__(self, id_: str, kind: _Kind, product: str, role: Role, grains: int, item: str | None = None) -> None:
        self.id = id_
        self.kind = kind
        self.product = product
        self.role = role
        self.whole = grains
        self.left = grains
        self.item = item


class _Org:
    """An organisation and what it holds: goods and waste, machines in use, cores."""

    __slots__ = ("allocations", "cores", "declared", "facility", "goods", "lots", "machines", "party", "prefix")

    def __init__(self, owner: Party) -> None:
        self.party = owner
        self.prefix = owner.prefix
        self.facility = f"{owner.prefix}site"
        self.goods: list[_Lot] = []
        self.machines: list[_Lot] = []
        self.cores: list[_Lot] = []
        self.lots = 0
        self.declared = ""

    def new(self, what: str = "lot") -> str:
        self.lots += 1
        return f"{self.prefix}{what}-{self.lots}"


def parties(seed: int, size: int, organizations: int | None = None) -> list[Party]:
    """The organisations whose records `generate` makes with the same arguments; enrol them first."""
    count = min(64, 4 + size // 500) if organizations is None else organizations
    return [party(seed, f"org-{i}") for i in range(count)]


def generate(
    seed: int, size: int, organizations: int | None = None, *, source: random.Random | None = None,
) -> Iterator[Posted]:
    """Facilities, products and one declaration an organisation, then `size` records of flows, in log order.

    `source` decides in place of a generator made from the seed (hypothesis passes its own). Removals have their
    document, and waste keeps its origin.
    """
    records = _Network(seed, parties(seed, size, organizations), source or random.Random(seed)).records(size)
    return map(_with_document, _with_origins(records))


def _with_origins(records: Iterator[Posted]) -> Iterator[Posted]:
    """The records, in which waste of production becomes no waste of end users."""
    production: set[str] = set()
    for signer, record in records:
        kept = record
        match record:
            case Transformation() | Consumption() if any(flow.lot in production for flow in record.inputs):
                kept = replace(record, outputs=[
                    replace(one, origin="preConsumer") if one.role == "waste" else one for one in record.outputs])
            case Transfer() if record.lot in production:
                production.add(record.new_lot)
        if isinstance(kept, Transformation | Consumption):
            production.update([one.lot for one in kept.outputs if one.origin == "preConsumer"])
        yield signer, kept


def _with_document(posted: Posted) -> Posted:
    signer, record = posted
    match record:
        case Declaration() if _REMOVAL in record.burdens:
            return signer, replace(record, evidence=[*record.evidence, *_STORED])
        case Transformation() if _REMOVAL.encode() in bytes(record.activity):
            return signer, replace(record, evidence=[*record.evidence, *_STORED])
        case _:
            return posted


class _Network:
    def __init__(self, seed: int, members: list[Party], source: random.Random) -> None:
        self._random: Callable[[], float] = source.random
        self._nonces = nonces(seed, "network")
        self._orgs = [_Org(member) for member in members]
        self._queue: list[Posted] = []
        self._minute = 0
        self._start = ""
        self._end = ""
        self._tick()

    def records(self, size: int) -> Iterator[Posted]:
        for org in self._orgs:
            yield from self._set_up(org)
        made = 0
        while made < size:
            yield self._queue.pop() if self._queue else self._next()
            made += 1
            if not made % 60:
                self._tick()

    # -- chance

    def _below(self, limit: int) -> int:
        return int(self._random() * limit)

    def _between(self, low: float, high: float) -> float:
        return low + (high - low) * self._random()

    def _tick(self) -> None:
        """An hour passes. Records last a shift."""
        self._start, self._end = _instant(self._minute), _instant(self._minute + 8 * 60)
        self._minute += 60

    # -- setting up

    def _set_up(self, org: _Org) -> Iterator[Posted]:
        owner, issuer, new = org.party, org.party.id, self._nonces
        yield owner, Facility(issuer=issuer, nonce=next(new), id=org.facility, country="CN", subdivision="CN-JS")
        for kind in (_METAL, _PART, _SLAG, _SCRAP, _POWER):
            yield owner, Product(
                issuer=issuer, nonce=next(new), id=org.prefix + kind.name, sector=NAME, unit=kind.unit
            )
        yield owner, Product(
            issuer=issuer, nonce=next(new), id=org.prefix + "alloy", sector=NAME, unit="KGM",
            materials={"steel": "0.93", "copper": "0.05"}, elements={"Cr": "0.012"}, fossil_carbon="0.004",
        )
        yield owner, Product(
            issuer=issuer, nonce=next(new), id=org.prefix + "timber", sector=NAME, unit="KGM",
            biogenic_carbon="0.47",
        )
        yield owner, Product(
            issuer=issuer, nonce=next(new), id=org.prefix + "machine", sector=NAME, unit="H87",
            mass_per_unit=Quantity(value="12.5", unit="KGM"),
        )
        declaration = Declaration(
            issuer=issuer, nonce=next(new), start=self._start, end=self._end, basis="pact", boundary="cradleToGate",
            per=Quantity(value="1", unit="TNE"), primary_share="0.4",
            burdens={"fossilGhgEmissions": "1830.5", "biogenicNonCO2Emissions": "2.25", "electricityKwh": "310",
                     "energyMj": "21500.5"},
        )
        org.declared = canonical.digest(canonical.encode(declaration)).hex()
        yield owner, declaration

    # -- choosing what happens next

    def _next(self) -> Posted:
        org = self._orgs[self._below(len(self._orgs))]
        if len(org.goods) > _STOCK:
            return self._clear(org)
        chance = self._random()
        if chance < 0.17 and org.goods:
            return self._send(org, self._pick(org.goods), whole=False)
        if chance < 0.25 and org.goods:
            return self._use(org)
        if chance < 0.28:
            return self._declare(org)
        if chance < 0.32 and org.machines:
            return self._retire(org) if self._random() < 0.5 else self._send(org, org.machines[-1], whole=True)
        if chance < 0.36 and org.cores:
            if self._random() < 0.4 and len(org.cores) < _ITEMS:
                return self._send(org, org.cores[-1], whole=True)
            return self._remanufacture(org)
        if chance < 0.50 or not org.goods:
            return self._raw(org)
        return self._transform(org)

    def _pick(self, lots: list[_Lot]) -> _Lot:
        """A lot of the list: with 80 % one of the latest dozen."""
        count = len(lots)
        if count <= _RECENT or self._random() < 0.8:
            return lots[count - 1 - self._below(min(count, _RECENT))]
        return lots[self._below(count)]

    def _take(self, org: _Org, lot: _Lot, grains: int) -> Flow:
        """Books `grains` out of a lot, which leaves its list when it is empty."""
        lot.left -= grains
        if not lot.left:
            stock = org.machines if lot.kind is _MACHINE and lot.role != "core" else org.goods
            (org.cores if lot.role == "core" else stock).remove(lot)
        return Flow(lot=lot.id, quantity=self._quantity(lot.kind, grains))

    def _quantity(self, kind: _Kind, grains: int) -> Quantity:
        if kind is _METAL and self._random() < 0.2:
            return Quantity(value=str(grains), unit="KGM")
        return Quantity(value=_decimal(grains, kind.places), unit=kind.unit)

    def _part(self, lot: _Lot) -> int:
        """All of a lot, or some."""
        if self._random() < 0.5:
            return lot.left
        return max(1, int(lot.left * self._between(0.1, 0.9)))

    # -- transformations

    def _raw(self, org: _Org) -> Posted:
        chance = self._random()
        if chance < 0.1:
            return self._generation(org)
        if chance < 0.25:
            return self._machines(org)
        grams = 1_000 * (100 + self._below(30_000))
        supplies = [
            _supply("ore", _decimal(grams, 3), "KGM", origin="nature"),
            Supply(material="coal", quantity=Quantity(value=_decimal(grams // 4, 3), unit="KGM"), factor=_COAL),
        ]
        if self._random() < 0.5:
            supplies.append(self._bought(org, grams // 10))
        timber = self._random() < 0.15
        return self._transformation(org, [], supplies, grams, timber=timber, composed=self._random() < 0.6)

    def _transform(self, org: _Org) -> Posted:
        flows: list[Flow] = []
        grams = 0
        taken: set[str] = set()
        recycled = False
        for _ in range(_INPUTS[self._below(len(_INPUTS))]):
            if not org.goods:
                break
            lot = self._pick(org.goods)
            if lot.id in taken:
                continue
            taken.add(lot.id)
            recycled = recycled or lot.role == "waste"
            grains = self._part(lot)
            flows.append(self._take(org, lot, grains))
            grams += grains * lot.kind.grams
        supplies: list[Supply] = []
        if grams < 1_000:
            added = 1_000 * (10 + self._below(200))
            grams += added
            supplies.append(_supply("ore", _decimal(added, 3), "KGM", origin="nature"))
        chance = self._random()
        if chance < 0.25:
            supplies.append(self._bought(org, max(1, grams // 20)))
            grams += max(1, grams // 20)
        elif chance < 0.5:
            supplies.append(_power(str(1 + self._below(5_000)), priced=chance < 0.45))
        if recycled and self._random() < 0.08:
            return self._treatment(org, flows, supplies, grams)
        return self._transformation(org, flows, supplies, grams, composed=self._random() < 0.1)

    def _bought(self, org: _Org, grams: int) -> Supply:
        """Alloy from elsewhere: with a declaration, with a factor, or with no price."""
        amount = Quantity(value=_decimal(max(1, grams), 3), unit="KGM")
        chance = self._random()
        product = f"{org.prefix}alloy"
        if chance < 0.4:
            return Supply(material="alloy", quantity=amount, product=product, declaration=org.declared)
        if chance < 0.8:
            return Supply(material="alloy", quantity=amount, product=product, factor=_FERRO)
        return Supply(material="alloy", quantity=amount)

    def _transformation(
        self, org: _Org, flows: list[Flow], supplies: list[Supply], grams: int, *, timber: bool = False,
        composed: bool = False,
    ) -> Posted:
        key = _KEYS[self._below(len(_KEYS))]
        plan = self._split(grams, timber)
        outputs: list[Output] = []
        for role, kind, grains in plan:
            composition = {"steel": "0.97", "copper": "0.02"} if composed and role != "waste" and not timber else {}
            outputs.append(self._output(org, kind, role, grains, key, composition))
        follows = not composed and self._random() < 0.1
        return self._made(org, flows, supplies, outputs, key, self._activity(grams, plan if follows else []))

    def _split(self, grams: int, timber: bool) -> list[tuple[Role, _Kind, int]]:
        """What becomes of `grams`: at most 8 % are lost, one product, often others."""
        rest = int(grams * self._between(0.92, 1.0)) if self._random() < 0.6 else grams
        whole = rest
        found: list[tuple[Role, _Kind, int]] = []
        chances = self._random()
        for role, kind, low, high in _BESIDES[int(chances * len(_BESIDES))]:
            grains = int(whole * self._between(low, high))
            if grains:
                found.append((role, kind, grains))
                rest -= grains
        main = _TIMBER if timber else (_METAL if rest >= 100_000 and self._random() < 0.6 else _PART)
        found.insert(0, ("product", main, max(1, rest // main.grams)))
        return found

    def _output(
        self, org: _Org, kind: _Kind, role: Role, grains: int, key: AllocationKey, composition: dict[str, str]
    ) -> Output:
        lot = org.new()
        product = org.prefix + kind.name
        org.goods.append(_Lot(lot, kind, product, role, grains))
        amount = self._quantity(kind, grains)
        if role == "waste":
            origin: Origin = "preConsumer" if self._random() < 0.8 else "postConsumer"
            return Output(lot=lot, product=product, quantity=amount, role=role, origin=origin)
        worth = str(1 + self._below(90_000))
        if key == "mass":
            return Output(lot=lot, product=product, quantity=amount, role=role, materials=composition)
        return Output(
            lot=lot, product=product, quantity=amount, role=role, materials=composition,
            value=Money(value=worth, currency="CNY") if key == "value" else None,
            heating_value=Quantity(value=worth, unit="GV") if key == "energy" else None,
            moles=f"{worth}.5" if key == "moles" else None,
            share=f"0.{worth}1" if key == "declared" else None,
        )

    def _activity(self, grams: int, followed: list[tuple[Role, _Kind, int]]) -> Make:
        kilograms = grams // 1_000
        chance = self._random()
        co2 = _decimal(int(grams * self._between(0.05, 1.5)) or 1, 3)
        if chance < 0.5 and not followed:
            return Make(co2=co2)
        emissions: list[Emission] = []
        gaps: list[Gap] = []
        assigned: list[Given] = []
        if chance > 0.9:
            emissions.append(Emission(
                amount=f"-{1 + kilograms // 50}", burden="technologicalCO2Removals", source="capture",
                ratings=(2, 1, 3),
            ))
        if chance > 0.8:
            emissions.append(Emission(
                gas="N2O", amount="0.013", source="bath", primary=False, ratings=(3, 2, 2),
            ))
            emissions.append(Emission(
                gas="CH4biogenic", amount="0.125", source="digester", burden="biogenicNonCO2Emissions", primary=False,
            ))
        if chance > 0.7:
            gaps.append(Gap(what="lubricants", estimate=f"{1 + kilograms // 200}" if chance > 0.75 else None))
        if 0.65 < chance < 0.75:
            assigned.append(Given(output=0, burden="fossilGhgEmissions", amount="0.75"))
        matter = {}
        if followed:
            total = max(grams, 1)
            matter = {"material:steel": [_fraction(grains * kind.grams, total) for _, kind, grains in followed]}
        return Make(
            co2=co2, ch4="0.25" if chance > 0.6 else "0", emissions=emissions, gaps=gaps, assigned=assigned,
            matter=matter, energy=[
                Carrier(carrier="naturalGas", amount=str(1 + kilograms * 3)),
                Carrier(carrier="electricity", amount="36.54", renewable=chance > 0.8),
            ],
        )

    def _generation(self, org: _Org) -> Posted:
        """Electricity as a lot: no mass, so its record shares by value."""
        grains = 1_000 * (500 + self._below(90_000))
        lot = org.new()
        org.goods.append(_Lot(lot, _POWER, f"{org.prefix}power", "product", grains))
        output = Output(
            lot=lot, product=f"{org.prefix}power", quantity=self._quantity(_POWER, grains), role="product",
            value=Money(value="1", currency="CNY"),
        )
        return self._made(org, [], [], [output], "value", Make(co2=_decimal(grains // 3, 3)))

    def _machines(self, org: _Org) -> Posted:
        """Serial-numbered machines, one to three, out of bought parts and what is in stock."""
        count = 1 + self._below(3)
        flows: list[Flow] = []
        grams = 0
        if org.goods:
            lot = self._pick(org.goods)
            grains = max(1, lot.left // 4)
            flows.append(self._take(org, lot, grains))
            grams = grains * lot.kind.grams
        need = count * _MACHINE_GRAMS
        supplies = [self._bought(org, need + 500 - min(grams, need))]
        outputs: list[Output] = []
        for _ in range(count):
            outputs.append(self._machine(org, org.new("serial")))
        return self._made(org, flows, supplies, outputs, "mass", Make(co2=str(3 + self._below(9)), ch4="0.01"))

    def _machine(self, org: _Org, item: str) -> Output:
        lot = org.new()
        org.machines.append(_Lot(lot, _MACHINE, f"{org.prefix}machine", "product", 1, item))
        return Output(
            lot=lot, product=f"{org.prefix}machine", quantity=Quantity(value="1", unit="H87"), role="product",
            item=item,
        )

    def _remanufacture(self, org: _Org) -> Posted:
        """A core gets new parts and another life as the same item; what is replaced becomes scrap."""
        core = org.cores[-1]
        flows = [self._take(org, core, 1)]
        supplies = [_supply("parts", "2.5", "KGM"), _power("18.75", priced=True)]
        outputs = [self._machine(org, core.item or org.new("serial"))]
        lot = org.new()
        org.goods.append(_Lot(lot, _SCRAP, f"{org.prefix}scrap", "waste", 2_250))
        outputs.append(Output(
            lot=lot, product=f"{org.prefix}scrap", quantity=Quantity(value="2.25", unit="KGM"), role="waste",
            origin="postConsumer",
        ))
        return self._made(org, flows, supplies, outputs, "mass", Make(co2="1.5"))

    def _treatment(self, org: _Org, flows: list[Flow], supplies: list[Supply], grams: int) -> Posted:
        """Waste burnt or buried: a record without product keeps its burden."""
        outputs: list[Output] = []
        if self._random() < 0.5:
            lot, grains = org.new(), max(1, grams // 3)
            org.goods.append(_Lot(lot, _SCRAP, f"{org.prefix}scrap", "waste", grains))
            outputs.append(Output(
                lot=lot, product=f"{org.prefix}scrap", quantity=self._quantity(_SCRAP, grains), role="waste",
                origin="postConsumer",
            ))
        return self._made(org, flows, supplies, outputs, "mass", Make(co2=_decimal(grams, 3), ch4="0.5"))

    def _made(
        self, org: _Org, flows: list[Flow], supplies: list[Supply], outputs: list[Output], key: AllocationKey,
        activity: Make,
    ) -> Posted:
        return org.party, Transformation(
            issuer=org.party.id, nonce=next(self._nonces), facility=org.facility, start=self._start, end=self._end,
            process=MAKE, outputs=outputs, activity=Raw(_encode(activity)), inputs=flows, supplies=supplies,
            allocation=key, evidence=_CAPTURED if any(one.source == "capture" for one in activity.emissions) else [],
        )

    # -- all other records

    def _send(self, org: _Org, lot: _Lot, *, whole: bool) -> Posted:
        """To another organisation, with the transport priced, unpriced, or by air; sometimes it says that it came."""
        receiver = self._orgs[self._below(len(self._orgs))]
        if receiver is org:
            receiver = self._orgs[(self._orgs.index(org) + 1) % len(self._orgs)]
        grains = 1 if whole else self._part(lot)
        flow = self._take(org, lot, grains)
        new = org.new()
        moved = _Lot(new, lot.kind, lot.product, lot.role, grains, lot.item)
        if lot.role == "core":
            receiver.cores.append(moved)
        elif lot.kind is _MACHINE:
            receiver.machines.append(moved)
        else:
            receiver.goods.append(moved)
        chance = self._random()
        transport: list[Supply] = []
        packaging: list[Supply] = []
        if chance < 0.7:
            freight = Quantity(value=str(1 + self._below(900)), unit="TKM")
            transport.append(Supply(material="airFreight" if chance < 0.05 else "truck", quantity=freight,
                                    factor=_AIR if chance < 0.05 else _TRUCK))
        elif chance < 0.8:
            transport.append(_supply("truck", "25", "TKM"))
        if chance < 0.15:
            packaging.append(Supply(material="crate", quantity=Quantity(value="1.5", unit="KGM"), factor=_CRATE))
        record = Transfer(
            issuer=org.party.id, nonce=next(self._nonces), lot=flow.lot, quantity=flow.quantity, to=receiver.party.id,
            new_lot=new, time=self._end, transport=transport, packaging=packaging,
        )
        if self._random() < 0.2:
            self._queue.append((receiver.party, Acceptance(
                issuer=receiver.party.id, nonce=next(self._nonces),
                transfer=canonical.digest(canonical.encode(record)).hex(),
            )))
        return org.party, record

    def _use(self, org: _Org) -> Posted:
        """Goods are used, lost or sold outside; sometimes scrap is left of them."""
        lot = self._pick(org.goods)
        grains = self._part(lot)
        flows = [self._take(org, lot, grains)]
        outputs: list[Output] = []
        grams = grains * lot.kind.grams
        if grams > 1_000 and self._random() < 0.3:
            scrap, left = org.new(), int(grams * self._between(0.2, 1.0))
            org.goods.append(_Lot(scrap, _SCRAP, f"{org.prefix}scrap", "waste", left))
            outputs.append(Output(
                lot=scrap, product=f"{org.prefix}scrap", quantity=Quantity(value=_decimal(left, 3), unit="KGM"),
                role="waste", origin="postConsumer",
            ))
        purpose = "disposed" if lot.role == "waste" else _PURPOSES[self._below(len(_PURPOSES))]
        return self._consumption(org, flows, outputs, purpose)

    def _clear(self, org: _Org) -> Posted:
        """The oldest lots go, so that stock stays bounded."""
        flows = [self._take(org, lot, lot.left) for lot in org.goods[:40]]
        return self._consumption(org, flows, [], "soldOutside")

    def _retire(self, org: _Org) -> Posted:
        """A machine's life ends: mostly it comes back as a core, else as scrap."""
        machine = self._pick(org.machines)
        flows = [self._take(org, machine, 1)]
        lot = org.new()
        if self._random() < 0.8 and len(org.cores) < _ITEMS:
            org.cores.append(_Lot(lot, _MACHINE, machine.product, "core", 1, machine.item))
            output = Output(
                lot=lot, product=machine.product, quantity=Quantity(value="1", unit="H87"), role="core",
                item=machine.item,
            )
        else:
            org.goods.append(_Lot(lot, _SCRAP, f"{org.prefix}scrap", "waste", _MACHINE_GRAMS))
            output = Output(
                lot=lot, product=f"{org.prefix}scrap", quantity=Quantity(value="12.5", unit="KGM"), role="waste",
                origin="postConsumer",
            )
        return self._consumption(org, flows, [output], "finalUse")

    def _consumption(self, org: _Org, flows: list[Flow], outputs: list[Output], purpose: str) -> Posted:
        return org.party, Consumption(
            issuer=org.party.id, nonce=next(self._nonces), inputs=flows, time=self._end,
            purpose=purpose, outputs=outputs, evidence=_LEFT,  # type: ignore[arg-type]  # from _PURPOSES
        )

    def _declare(self, org: _Org) -> Posted:
        """Collected scrap, a lot with a footprint made elsewhere, or a core whose first life nobody knows."""
        issuer, nonce, chance, lot = org.party.id, next(self._nonces), self._random(), org.new()
        if chance < 0.5:
            grains = 1_000 * (50 + self._below(9_000))
            org.goods.append(_Lot(lot, _SCRAP, f"{org.prefix}scrap", "waste", grains))
            return org.party, Declaration(
                issuer=issuer, nonce=nonce, start=self._start, end=self._end, basis="collected", boundary="none",
                collector=issuer, evidence=_WEIGHBRIDGE,
                lot=Output(lot=lot, product=f"{org.prefix}scrap", quantity=self._quantity(_SCRAP, grains),
                           role="waste", origin="postConsumer", materials={"steel": "0.96", "copper": "0.004"}),
            )
        if chance < 0.9 or len(org.cores) >= _ITEMS:
            grains = 1_000 * (50 + self._below(9_000))
            org.goods.append(_Lot(lot, _ALLOY, f"{org.prefix}alloy", "product", grains))
            return org.party, Declaration(
                issuer=issuer, nonce=nonce, start=self._start, end=self._end, basis="study",
                boundary="cradleToGate" if chance < 0.8 else "gateToGate", primary_share="0.25", evidence=_CAPTURED,
                burdens={"fossilGhgEmissions": _decimal(grains * 2, 3), "landUseChangeGhgEmissions": "1.5",
                         "technologicalCO2Removals": "-0.5", "transportGhgEmissions": "3", "energyMj": "900"},
                lot=Output(lot=lot, product=f"{org.prefix}alloy", quantity=self._quantity(_ALLOY, grains),
                           role="product"),
            )
        item = org.new("serial")
        org.cores.append(_Lot(lot, _MACHINE, f"{org.prefix}machine", "core", 1, item))
        return org.party, Declaration(
            issuer=issuer, nonce=nonce, start=self._start, end=self._end, basis="collected", boundary="none",
            collector=issuer, evidence=_WEIGHBRIDGE,
            lot=Output(lot=lot, product=f"{org.prefix}machine", quantity=Quantity(value="1", unit="H87"), role="core",
                       item=item, previous_life=PreviousLife(estimated_years="12")),
        )


def transformations(seed: int, n: int, inputs: int = 2, outputs: int = 2, signers: int = 1) -> Iterator[Posted]:
    """For benchmarks: facilities, products and lots of ore, then `n` transformations of exactly so many inputs and
    outputs, in turn by `parties(seed, n, signers)`. Each works with its own lots only, so that the records of one can
    be posted beside those of another."""
    source, nonce = random.Random(seed), nonces(seed, "transformations")
    orgs = [_Org(member) for member in parties(seed, n, signers)]
    pools: list[list[_Lot]] = []
    for org in orgs:
        yield org.party, Facility(issuer=org.party.id, nonce=next(nonce), id=org.facility, country="CN")
        for kind in (_PART, _SLAG):
            yield org.party, Product(
                issuer=org.party.id, nonce=next(nonce), id=org.prefix + kind.name, sector=NAME, unit="KGM",
                materials={"steel": "0.97"} if kind is _PART else {},
            )
        pool: list[_Lot] = []
        for _ in range(inputs * 4):
            lot = org.new()
            pool.append(_Lot(lot, _PART, f"{org.prefix}part", "product", 10**12))
            yield org.party, Transformation(
                issuer=org.party.id, nonce=next(nonce), facility=org.facility, start=_instant(0), end=_instant(480),
                process=MAKE, activity=Raw(_encode(Make(co2="1000"))),
                supplies=[_supply("ore", "1000000000", "KGM", origin="nature")],
                outputs=[Output(lot=lot, product=f"{org.prefix}part",
                                quantity=Quantity(value="1000000000", unit="KGM"), role="product")],
            )
        pools.append(pool)
    for i in range(n):
        yield _mix(orgs[i % len(orgs)], pools[i % len(orgs)], source, next(nonce), i, inputs, outputs)


def _mix(
    org: _Org, pool: list[_Lot], source: random.Random, nonce: str, i: int, inputs: int, outputs: int
) -> Posted:
    """Takes from lots of the pool and gives back what comes of them, keeping pool and mass about the same."""
    flows: list[Flow] = []
    begun: list[_Lot] = []
    grams = 0
    for _ in range(inputs):
        recent = len(pool) if len(pool) < 16 or source.random() < 0.2 else 16
        lot = pool.pop(len(pool) - 1 - int(source.random() * recent))
        grains = lot.left if len(pool) > 64 * inputs or lot.left < 1_000 * outputs else lot.left // 2
        lot.left -= grains
        grams += grains
        flows.append(Flow(lot=lot.id, quantity=Quantity(value=_decimal(grains, 3), unit="KGM")))
        if lot.left:
            begun.append(lot)
    made: list[Output] = []
    new: list[_Lot] = []
    for position in range(outputs):
        grains = grams // outputs + (grams % outputs if not position else 0)
        kind = _SLAG if position == 1 else _PART
        lot = _Lot(org.new(), kind, org.prefix + kind.name, "coProduct" if position else "product", grains)
        new.append(lot)
        made.append(Output(lot=lot.id, product=lot.product, quantity=Quantity(value=_decimal(grains, 3), unit="KGM"),
                           role=lot.role))
    pool[:0] = begun
    pool.extend(new)
    start = i // 60 * 60
    return org.party, Transformation(
        issuer=org.party.id, nonce=nonce, facility=org.facility, start=_instant(start), end=_instant(start + 480),
        process=MAKE, activity=_STEADY, inputs=flows, outputs=made,
    )


def _supply(material: str, value: str, unit: str, origin: str = "technosphere") -> Supply:
    return Supply(material=material, quantity=Quantity(value=value, unit=unit),
                  origin="nature" if origin == "nature" else "technosphere")


def _power(kilowatt_hours: str, *, priced: bool) -> Supply:
    return Supply(material="electricity", quantity=Quantity(value=kilowatt_hours, unit="KWH"),
                  factor=_GRID if priced else None)


def _decimal(grains: int, places: int) -> str:
    """The one spelling of grains of 10^-places, for places 0 and 3."""
    if not places:
        return str(grains)
    whole, rest = divmod(grains, 1_000)
    return f"{whole}.{rest:03d}".rstrip("0") if rest else str(whole)


def _fraction(part: int, whole: int) -> str:
    """part/whole, rounded down to 6 decimals, in its one spelling."""
    millionths = min(part * 1_000_000 // whole, 1_000_000)
    if millionths in (0, 1_000_000):
        return str(millionths // 1_000_000)
    return f"0.{millionths:06d}".rstrip("0")


def _instant(minutes: int) -> str:
    """Minutes after the start of 2024, in a calendar of twelve months of 28 days."""
    days, minute = divmod(minutes, 1_440)
    years, day = divmod(days, 336)
    return f"{2024 + years}-{1 + day // 28:02d}-{1 + day % 28:02d}T{minute // 60:02d}:{minute % 60:02d}:00Z"


def _factor(value: str, unit: str, boundary: str = "cradleToGate", gas: str = "CO2e") -> Factor:
    return msgspec.convert(
        {"value": value, "unit": unit, "source": "generator", "year": 2024, "boundary": boundary, "gas": gas}, Factor
    )


_encode = msgspec.json.Encoder().encode
_COAL: Final = _factor("2.66", "KGM", "combustion", "CO2")
_FERRO: Final = _factor("4.25", "KGM")
_GRID: Final = _factor("0.5306", "KWH", "generation", "CO2")
_TRUCK: Final = _factor("0.089", "TKM")
_AIR: Final = _factor("1.13", "TKM")
_CRATE: Final = _factor("0.31", "KGM")
_STEADY: Final = Raw(_encode(Make(co2="12.5", ch4="0.01")))
_REMOVAL: Final = "technologicalCO2Removals"
_STORED: Final = [Evidence(digest="6" * 64, media_type="application/pdf", kind="storageCertificate")]
_WEIGHBRIDGE: Final = [Evidence(digest="5" * 64, media_type="application/pdf", kind="weighbridge")]
_CAPTURED: Final = [Evidence(digest="6" * 64, media_type="application/pdf", kind="captureMeter")]
_LEFT: Final = [Evidence(digest="8" * 64, media_type="application/pdf", kind=kind)
                for kind in ("goodsIssue", "salesInvoice")]
_PURPOSES: Final = ("soldOutside", "finalUse", "ownUse", "loss", "stockCorrection", "exported")
_BESIDES: Final[tuple[tuple[tuple[Role, _Kind, float, float], ...], ...]] = (
    (),
    (("waste", _SCRAP, 0.05, 0.3),),
    (("waste", _SCRAP, 0.02, 0.1),),
    (("coProduct", _PART, 0.1, 0.4),),
    (("byProduct", _SLAG, 0.05, 0.2), ("waste", _SCRAP, 0.02, 0.1)),
    (("coProduct", _PART, 0.1, 0.3), ("byProduct", _SLAG, 0.05, 0.1), ("waste", _SCRAP, 0.01, 0.1)),
)
"""What may come beside the main product, with the shares of mass between which each lies."""
