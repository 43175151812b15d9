"""Burdens and contents once more, in exact fractions, from the records alone and the ledger's published formulas.

Written apart from `ledger.footprint` on purpose: it shares no code with it, knows the sector of `support.sectors` by
the meaning of its activity, and has its own tables of units and warming potentials.

    burden(o) = share(o) * (direct + sum_i q_i/Q_i * burden(i) - sum assigned) + assigned(o)
    content out + lost = content in + declared + arisen

Of a provisional record, all that it emits itself waits for a closing: provisionalAbs = absGhg, and so it is handed on.
"""

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction
from typing import Any, Final

from ledger.core.outcome.assessment import ADDITIVE
from ledger.core.record.kinds import AnyRecord, Consumption, Declaration, Product, Transfer, Transformation
from ledger.core.record.values import Flow, Output, Quantity, Supply

Figures = dict[str, Fraction]

ADDED: Final = frozenset({
    "fossilGhgEmissions", "landUseChangeGhgEmissions", "landManagementFossilGhgEmissions",
    "landManagementBiogenicCO2Emissions", "landManagementBiogenicCO2Removals", "biogenicNonCO2Emissions",
    "technologicalCO2Removals", "ccsTechnologicalCO2Capture",
})
COUNTED_APART: Final = frozenset({"electricityKwh", "energyMj", "renewableEnergyMj", "omittedAbs", "unestimated"})
"""Burdens of which no part is in absGhg."""
_WARMING: Final = {"CO2e": "1", "CO2": "1", "CH4": "29.8", "CH4biogenic": "27", "N2O": "273"}
_BASE: Final = {
    "KGM": ("mass", "1"), "TNE": ("mass", "1000"), "GRM": ("mass", "0.001"), "3B": ("energy", "1"),
    "GV": ("energy", "1000"), "KWH": ("energy", "3.6"), "H87": ("count", "1"), "TKM": ("freight", "1"),
    "NM3": ("volume", "1"), "MTQ": ("volume", "1"),
}
_APART: Final = {
    "transport": ("transportGhgEmissions",),
    "airTransport": ("transportGhgEmissions", "aircraftGhgEmissions"),
    "packaging": ("packagingGhgEmissions",),
    "electricity": ("electricityLocation", "electricityMarket"),
}
_NOTHING: Final = Fraction(0)


def scaled(quantity: Quantity, unit: str) -> Fraction:
    """A quantity in another unit of its dimension."""
    (have, from_), (want, to) = _BASE[quantity.unit], _BASE[unit]
    if have != want:
        raise ValueError(f"{quantity} is no {want}")
    return Fraction(quantity.value) * Fraction(from_) / Fraction(to)


class Lot:
    """A lot as made: `quantity` in its product's unit, `mass` in kg or None."""

    def __init__(
        self, name: str, quantity: Fraction, unit: str, mass: Fraction | None, role: str, origin: str | None,
        maker: tuple[str, str] | None, holder: str,
    ) -> None:
        self.name = name
        self.quantity = quantity
        self.left = quantity
        self.unit = unit
        self.mass = mass
        self.role = role
        self.origin = origin
        self.maker = maker
        self.holder = holder
        self.burdens: Figures = {}
        self.contents: Figures = {}
        self.index = 0


class Balance:
    """The content balance of one record."""

    def __init__(self) -> None:
        self.declared: Figures = defaultdict(Fraction)
        self.arisen: Figures = defaultdict(Fraction)
        self.lost: Figures = defaultdict(Fraction)


class Book:
    """Follows admitted records in log order. Raises ValueError where a lot is taken beyond its balance or too early."""

    def __init__(self, *, figures: bool = True) -> None:
        self._figures = figures
        self.size = 0
        self.lots: dict[str, Lot] = {}
        self.direct: Figures = defaultdict(Fraction)
        self.retained: dict[int, Figures] = {}
        self.balances: dict[int, Balance] = {}
        self._products: dict[str, Product] = {}
        self._declarations: dict[str, Declaration] = {}

    def add(self, record: AnyRecord, digest: bytes) -> None:
        """The record at index `size`."""
        match record:
            case Product():
                self._products[record.id] = record
            case Declaration() if record.lot is None:
                self._declarations[digest.hex()] = record
            case Transformation() | Transfer() | Consumption() | Declaration():
                self._flow(record)
            case _:
                pass
        self.size += 1

    def _flow(self, record: Transformation | Transfer | Consumption | Declaration) -> None:
        taken = [self._take(flow, record.issuer) for flow in _flows(record)]
        made = self._made(record, taken)
        direct = direct_of(record, self._declarations)
        for name, amount in direct.items():
            self.direct[name] += amount
        if self._figures:
            self._burdens(record, direct, taken, made)
            self._contents(record, taken, made)
        for lot in made:
            if lot.name in self.lots:
                raise ValueError(f"{lot.name} is made twice")
            lot.index = self.size
            self.lots[lot.name] = lot

    def _take(self, flow: Flow, issuer: str) -> tuple[Lot, Fraction]:
        lot = self.lots.get(flow.lot)
        if lot is None or lot.holder != issuer:
            raise ValueError(f"{flow.lot} is taken before it is made, or by another")
        amount = scaled(flow.quantity, lot.unit)
        lot.left -= amount
        if amount <= 0 or lot.left < 0:
            raise ValueError(f"{flow.lot} is taken beyond its balance")
        return lot, amount / lot.quantity

    def _made(
        self, record: Transformation | Transfer | Consumption | Declaration, taken: Sequence[tuple[Lot, Fraction]]
    ) -> list[Lot]:
        if isinstance(record, Transfer):
            lot, part = taken[0]
            mass = None if lot.mass is None else lot.mass * part
            whole = lot.quantity * part
            return [Lot(record.new_lot, whole, lot.unit, mass, lot.role, lot.origin, lot.maker, record.to)]
        maker = (record.facility, record.process) if isinstance(record, Transformation) else None
        return [self._output(output, maker, record.issuer) for output in _outputs(record)]

    def _output(self, output: Output, maker: tuple[str, str] | None, issuer: str) -> Lot:
        product = self._products[output.product]
        amount = scaled(output.quantity, product.unit)
        mass = None
        if output.mass is not None:
            mass = scaled(output.mass, "KGM")
        elif _BASE[product.unit][0] == "mass":
            mass = scaled(output.quantity, "KGM")
        elif product.mass_per_unit is not None:
            mass = scaled(product.mass_per_unit, "KGM") * amount
        return Lot(output.lot, amount, product.unit, mass, output.role, output.origin, maker, issuer)

    # -- burdens

    def _burdens(
        self, record: AnyRecord, direct: Figures, taken: Sequence[tuple[Lot, Fraction]], made: Sequence[Lot]
    ) -> None:
        total = defaultdict(Fraction, direct)
        for lot, part in taken:
            for name, amount in lot.burdens.items():
                total[name] += part * amount
        shares = self._shares(record, made)
        if not any(shares):
            self.retained[self.size] = {name: amount for name, amount in total.items() if amount}
            return
        own: list[Figures] = [defaultdict(Fraction) for _ in made]
        for given in _activity(record).get("assigned", ()):
            own[given["output"]][given["burden"]] += Fraction(given["amount"])
            total[given["burden"]] -= Fraction(given["amount"])
        for lot, share, extra in zip(made, shares, own, strict=True):
            names = [*total, *(name for name in extra if name not in total)]
            found = {name: share * total.get(name, _NOTHING) + extra.get(name, _NOTHING) for name in names}
            lot.burdens = {name: amount for name, amount in found.items() if amount}

    def _shares(self, record: AnyRecord, made: Sequence[Lot]) -> list[Fraction]:
        if isinstance(record, Transfer | Declaration):
            return [Fraction(1) for _ in made]
        if not isinstance(record, Transformation):
            return []
        given = _activity(record).get("weights", {}).get(record.allocation)
        weights = []
        for i, (output, lot) in enumerate(zip(record.outputs, made, strict=True)):
            if lot.role in ("waste", "core"):
                weights.append(_NOTHING)
            elif given is not None:
                weights.append(Fraction(given[i]))
            else:
                weights.append(_weight(record.allocation, output, lot))
        total = sum(weights, _NOTHING)
        return [weight / total for weight in weights] if total else []

    # -- contents

    def _contents(self, record: AnyRecord, taken: Sequence[tuple[Lot, Fraction]], made: Sequence[Lot]) -> None:
        balance = self.balances[self.size] = Balance()
        transformation = record if isinstance(record, Transformation) else None
        came: Figures = defaultdict(Fraction)
        for lot, part in taken:
            carried = {name: part * amount for name, amount in lot.contents.items()}
            for name, amount in _renewed(carried, self._origin(transformation, lot)).items():
                came[name] += amount
                balance.arisen[name] += amount - carried.get(name, _NOTHING)
            for name, amount in carried.items():
                if name not in _renewed(carried, self._origin(transformation, lot)):
                    balance.arisen[name] -= amount
        for name, amount in self._supplied(transformation).items():
            came[name] += amount
            balance.declared[name] += amount
        matter = {name: [Fraction(part) for part in parts]
                  for name, parts in _activity(record).get("matter", {}).items()}
        whole = max(came["mass"], sum(((lot.mass or _NOTHING) for lot in made), _NOTHING))
        outputs = [] if isinstance(record, Transfer) else _outputs(record)
        for i, lot in enumerate(made):
            part = (lot.mass or _NOTHING) / whole if whole else _NOTHING
            lot.contents = {
                name: _matter_part(matter, name, i, part) * amount for name, amount in came.items()
            }
            self._settle(lot, outputs[i] if outputs else None, balance)
        for name in {*came, *balance.declared, *(name for lot in made for name in lot.contents)}:
            out = sum((lot.contents.get(name, _NOTHING) for lot in made), _NOTHING)
            before = sum((part * lot.contents.get(name, _NOTHING) for lot, part in taken), _NOTHING)
            balance.lost[name] = before + balance.declared[name] + balance.arisen[name] - out

    def _origin(self, record: Transformation | None, lot: Lot) -> str | None:
        if record is None or lot.role != "waste" or lot.maker == (record.facility, record.process):
            return None
        return lot.origin

    def _supplied(self, record: Transformation | None) -> Figures:
        found: Figures = defaultdict(Fraction)
        for one in record.supplies if record else ():
            mass = _supply_mass(one)
            if mass is None:
                continue
            found["mass"] += mass
            if one.product is not None:
                for name, fraction in _composition(self._products[one.product], None).items():
                    found[name] += fraction * mass
        return found

    def _settle(self, lot: Lot, output: Output | None, balance: Balance) -> None:
        """What the composition declares replaces what was traced; recycled content stays within its material."""
        held = lot.contents
        declared = {"mass": lot.mass or _NOTHING}
        if output is not None and lot.mass:
            composition = _composition(self._products[output.product], output)
            declared.update({name: fraction * lot.mass for name, fraction in composition.items()})
            if any(name.startswith("material:") for name in composition):
                for name in held:
                    if name.startswith("material:") and name not in declared:
                        held[name] = _NOTHING
        for name, amount in declared.items():
            traced = held.get(name, _NOTHING)
            if amount > traced:
                balance.declared[name] += amount - traced
            held[name] = amount
        for material in {name.partition(":")[2] for name in held if name.startswith("recycled")}:
            names = [name for name in held if name.startswith("recycled") and name.partition(":")[2] == material]
            recycled = sum((held[name] for name in names), _NOTHING)
            most = held.get(f"material:{material}", _NOTHING)
            if recycled > most:
                for name in names:
                    held[name] *= most / recycled


def direct_of(record: AnyRecord, declarations: Mapping[str, Declaration]) -> Figures:
    """What a record emits itself and with its supplies."""
    found: Figures = defaultdict(Fraction)
    match record:
        case Transformation():
            activity = _activity(record)
            _add_activity(found, activity)
            # A line of a part of the burden, such as that of aircraft, leaves the rest of the supply open.
            covered = {one.get("source", "process") for one in activity.get("emissions", ())
                       if one.get("burden", "fossilGhgEmissions") in ADDITIVE}
            if any(activity.get(key, "0") != "0" for key in ("co2", "ch4")):
                covered.add("site")
            gaps = [gap["what"] for gap in activity.get("gaps", ())]
            for one in record.supplies:
                kind = "electricity" if one.material == "electricity" else "upstream"
                named = one.material in covered or any(
                    gap == one.material or gap.startswith(f"{one.material} ") for gap in gaps
                )
                _add_supply(found, one, kind, declarations, named=named)
            if record.basis == "provisional":
                found["provisionalAbs"] = found["absGhg"]
                if not found["absGhg"]:
                    found["unestimated"] += 1
        case Transfer():
            for one in record.transport:
                kind = "airTransport" if one.material.startswith("air") else "transport"
                _add_supply(found, one, kind, declarations, named=False)
            for one in record.packaging:
                _add_supply(found, one, "packaging", declarations, named=False)
        case Declaration() if record.lot is not None:
            _add_declared(found, record, Fraction(1), "upstream")
            if record.basis == "pact" and "electricityMarket" in record.burdens:
                location = Fraction(record.burdens.get("electricityLocation", "0"))
                found["electricityOverLocation"] += Fraction(record.burdens["electricityMarket"]) - location
            if record.boundary == "gateToGate" or (record.boundary == "none" and record.lot.role == "product"):
                found["unestimated"] += 1
        case _:
            pass
    return found


def _add_activity(found: Figures, activity: Mapping[str, Any]) -> None:
    for gas, key in (("CO2", "co2"), ("CH4", "ch4")):
        _add_line(found, Fraction(activity.get(key, "0")) * Fraction(_WARMING[gas]), primary=True, ratings=(1, 1, 1))
    for one in activity.get("emissions", ()):
        amount = Fraction(one["amount"]) * Fraction(_WARMING[one.get("gas", "CO2")])
        market = one.get("market")
        _add_line(
            found, amount, one.get("burden", "fossilGhgEmissions"), one.get("kind", "onSite"),
            primary=one.get("primary", True), ratings=one.get("ratings", (1, 1, 1)),
            market=None if market is None else Fraction(market),
        )
    for use in activity.get("energy", ()):
        megajoules = Fraction(use["amount"])
        found["energyMj"] += megajoules
        if use.get("renewable"):
            found["renewableEnergyMj"] += megajoules
        if use["carrier"] == "electricity":
            found["electricityKwh"] += megajoules / Fraction("3.6")
    for gap in activity.get("gaps", ()):
        if gap.get("estimate") is None:
            found["unestimated"] += 1
        else:
            found["omittedAbs"] += Fraction(gap["estimate"])


def _add_supply(
    found: Figures, one: Supply, kind: str, declarations: Mapping[str, Declaration], *, named: bool
) -> None:
    if one.factor is not None:
        amount = scaled(one.quantity, one.factor.unit) * Fraction(one.factor.value)
        _add_line(found, amount * Fraction(_WARMING[one.factor.gas or "CO2e"]), kind=kind)
        if one.factor.boundary != "cradleToGate":
            found["unestimated"] += 1
    elif one.declaration is not None:
        declared = declarations[one.declaration]
        if declared.per is None:
            raise ValueError("a supply names a declaration of a lot")
        _add_declared(found, declared, scaled(one.quantity, declared.per.unit) / Fraction(declared.per.value), kind)
        if declared.boundary != "cradleToGate":
            found["unestimated"] += 1
    elif one.origin != "nature" and not named:
        found["unestimated"] += 1


def _add_declared(found: Figures, record: Declaration, times: Fraction, kind: str) -> None:
    for burden, text in record.burdens.items():
        amount, primary = Fraction(text) * times, Fraction(record.primary_share or 0)
        if burden in ADDED:
            _add_line(found, amount * primary, burden, kind, primary=True)
            _add_line(found, amount * (1 - primary), burden, kind)
        elif burden not in _APART.get(kind, ()):  # those the kind of the line counts
            found[burden] += amount


def _add_line(
    found: Figures, amount: Fraction, burden: str = "fossilGhgEmissions", kind: str = "upstream", *,
    primary: bool = False, ratings: Sequence[int] = (3, 3, 3), market: Fraction | None = None,
) -> None:
    found[burden] += amount
    if burden not in ADDED:
        return
    weight = abs(amount)
    found["absGhg"] += weight
    if primary:
        found["primaryAbs"] += weight
    for name, rating in zip(("technologyAbs", "timeAbs", "geographyAbs"), ratings, strict=True):
        found[name] += rating * weight
    for name in _APART.get(kind, ()):
        found[name] += market if name == "electricityMarket" and market is not None else amount


def _weight(key: str, output: Output, lot: Lot) -> Fraction:
    if key == "mass" and lot.mass is not None:
        return lot.mass
    if key == "value" and output.value:
        return Fraction(output.value.value)
    if key == "energy" and output.heating_value:
        return scaled(output.heating_value, "3B")
    text = output.moles if key == "moles" else output.share
    if not text:
        raise ValueError(f"{output.lot} has no weight by {key}")
    return Fraction(text)


def _renewed(carried: Mapping[str, Fraction], origin: str | None) -> Figures:
    """Contents of waste that is recycled: each material's whole mass is recycled content of that origin."""
    if origin is None:
        return dict(carried)
    prefix = {"preConsumer": "recycledPreConsumer:", "postConsumer": "recycledPostConsumer:"}[origin]
    found = {
        name: amount for name, amount in carried.items()
        if not (name.startswith("recycled") and f"material:{name.partition(':')[2]}" in carried)
    }
    for name, amount in carried.items():
        if name.startswith("material:"):
            found[prefix + name.partition(":")[2]] = amount
    return found


def _matter_part(matter: Mapping[str, Sequence[Fraction]], name: str, i: int, default: Fraction) -> Fraction:
    parts = matter.get(name)
    if parts is None and name.startswith("recycled"):
        parts = matter.get(f"material:{name.partition(':')[2]}")
    return default if parts is None else parts[i]


def _composition(product: Product, output: Output | None) -> Figures:
    """Mass fractions that a product declares, or an output in its place."""
    materials = (output.materials if output else None) or product.materials
    elements = (output.elements if output else None) or product.elements
    found = {f"material:{name}": Fraction(text) for name, text in materials.items()}
    found |= {f"element:{name}": Fraction(text) for name, text in elements.items()}
    for name, text in (("fossilCarbon", product.fossil_carbon), ("biogenicCarbon", product.biogenic_carbon)):
        if text is not None:
            found[name] = Fraction(text)
    return found


def _supply_mass(one: Supply) -> Fraction | None:
    if one.mass is not None:
        return scaled(one.mass, "KGM")
    return scaled(one.quantity, "KGM") if _BASE[one.quantity.unit][0] == "mass" else None


def _activity(record: AnyRecord) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(bytes(record.activity)) if isinstance(record, Transformation) else {}
    return found


def _flows(record: AnyRecord) -> Iterable[Flow]:
    if isinstance(record, Transfer):
        return [Flow(lot=record.lot, quantity=record.quantity)]
    return record.inputs if isinstance(record, Transformation | Consumption) else []


def _outputs(record: AnyRecord) -> list[Output]:
    if isinstance(record, Declaration):
        return [record.lot] if record.lot else []
    return record.outputs if isinstance(record, Transformation | Consumption) else []
