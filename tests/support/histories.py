"""Histories as plants make them: stock in pools, months that are closed and opened again, deliveries that are short,
disputed or returned, credits and their claims, and amendments of all that at random; and the same log run from zero.

A history looks at the ledger that it writes, so that nearly all it posts is admitted. Some of what it posts is refused
(amendments that others rest on, mostly); the ledger must then be as before.
"""

import random
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from decimal import ROUND_DOWN, Decimal
from typing import Any, Final

import msgspec
from msgspec import Raw
from msgspec.structs import replace

from ledger.admission.admit import admit
from ledger.admission.apply import apply
from ledger.admission.facts import LotFacts
from ledger.admission.provenance.dates import kept
from ledger.admission.state import State
from ledger.core.log.entry import parse_entry
from ledger.core.record.kinds import (
    Acceptance,
    Addition,
    Amendment,
    AnyRecord,
    Closing,
    Consumption,
    Declaration,
    Facility,
    Pool,
    Product,
    Reopening,
    Transfer,
    Transformation,
)
from ledger.core.record.revisions import Change
from ledger.core.record.values import Claim, Credit, Evidence, Factor, Flow, Output, PreviousLife, Quantity, Supply
from ledger.engine.batch import Sequenced
from ledger.engine.prepare import prepare
from ledger.engine.prepared import Submission
from ledger.engine.record_outcome import outcome_of
from ledger.engine.revision.unspread import with_unspread
from ledger.errors import LedgerError
from ledger.footprint.stored.figures import LotFigures
from support.memory import MemoryLedger
from support.parties import Party
from support.sectors import MAKE, NAME, Make

_GRAM: Final = Decimal("0.001")
_NONE: Final = Decimal(0)
_GAS: Final = Factor(value="2.75", unit="KGM", source="histories", year=2025, boundary="cradleToGate")
_TRUCK: Final = Factor(value="0.1", unit="TKM", source="histories", year=2025, boundary="cradleToGate")
_ISSUED: Final = [Evidence(digest="8" * 64, media_type="application/pdf", kind="goodsIssue")]
_WEIGHED: Final = [Evidence(digest="5" * 64, media_type="application/pdf", kind="weighbridge")]
_STEEL: Final = "recycledPostConsumer:steel"
_encode = msgspec.json.Encoder().encode


def kilograms(amount: Decimal) -> Quantity:
    text = f"{amount:f}"
    return Quantity(value=text.rstrip("0").rstrip(".") if "." in text else text, unit="KGM")


def gas(amount: Decimal) -> Supply:
    return Supply(material="gas", quantity=kilograms(amount), factor=_GAS)


def ore(amount: Decimal) -> Supply:
    return Supply(material="ore", quantity=kilograms(amount), origin="nature")


class Plant:
    """An organisation with one facility. `silo` holds collected scrap and is the default pool of it, `stock` blends
    steel, `green` is a mass balance of steel's recycled content."""

    def __init__(self, party: Party) -> None:
        self.party = party
        self.id = party.id
        self.count = 0

    def name(self, short: str) -> str:
        return self.party.prefix + short

    def new(self) -> str:
        self.count += 1
        return self.name(f"lot-{self.count}")


class History:
    """`step` posts something; `counts` says what was posted and what became of it; `left` are the balances by tree
    size."""

    def __init__(self, memory: MemoryLedger, source: random.Random, plants: int = 2) -> None:
        self.memory = memory
        self.counts: Counter[str] = Counter()
        self.left: dict[int, dict[str, Decimal]] = {}
        self._random = source.random
        self.plants = [Plant(memory.enrol(f"plant-{i}")) for i in range(plants)]
        for plant in self.plants:
            for record in self._opening(plant):
                memory.must((plant.party, record))
        self._keep()

    def step(self, *, revising: bool = True) -> bool:
        """Whether something was revised, if it may be."""
        plant = self._one_of(self.plants)
        record = self._one_of(_ACTIONS if revising else _PLAIN)(self, plant)
        if record is None:
            record = self._mine(plant)
        return self.post(plant, record)

    def amendment(self) -> Amendment | None:
        """One that could be posted next; whether it would be admitted is for the ledger to say."""
        found = self._amend(self._one_of(self.plants))
        return found if isinstance(found, Amendment) else None

    def post(self, plant: Plant, record: AnyRecord) -> bool:
        revises = isinstance(record, Amendment | Closing)
        before = self.memory.fingerprint() if revises else ""
        kind = type(record).__name__
        (verdict,) = self.memory.post([(plant.party, record)])
        if isinstance(verdict, Sequenced):
            self.counts[kind] += 1
            self._keep()
            return revises
        if not isinstance(verdict, LedgerError):
            raise TypeError(verdict)
        self.counts[f"{kind} {verdict.code}"] += 1
        if revises and self.memory.fingerprint() != before:
            raise AssertionError(f"a refused {kind} left a trace: {verdict}")
        return False

    def _keep(self) -> None:
        self.left[self.memory.state.size] = dict(self.memory.state.remaining)

    def _opening(self, plant: Plant) -> Iterator[AnyRecord]:
        by: dict[str, Any] = {"issuer": plant.id}
        site = plant.name("site")
        yield Facility(**by, nonce=self._nonce(), id=site, country="CN")
        for product in ("scrap", "steel", "part"):
            yield Product(**by, nonce=self._nonce(), id=plant.name(product), sector=NAME, unit="KGM",
                          classifications={"hs": "7208"})
        yield Product(**by, nonce=self._nonce(), id=plant.name("machine"), sector=NAME, unit="H87",
                      mass_per_unit=Quantity(value="10", unit="KGM"))
        fields: list[dict[str, Any]] = [
            {"id": "silo", "product": "scrap", "role": "waste", "origin": "postConsumer", "default": True},
            {"id": "stock", "product": "steel"},
            {"id": "green", "product": "steel", "custody": "massBalance", "attribute": _STEEL, "balance_months": 12,
             "conversion": "0.8"},
        ]
        for one in fields:
            yield Pool(**by, nonce=self._nonce(), facility=site, **{
                **one, "id": plant.name(one["id"]), "product": plant.name(one["product"])})

    # -- chance

    def _nonce(self) -> str:
        return self.memory.nonce()

    def _one_of(self, choices: Sequence[Any]) -> Any:
        return choices[int(self._random() * len(choices))]

    def _amount(self, most: Decimal, least: Decimal = _GRAM) -> Decimal:
        """Grams, or now and then all."""
        if self._random() < 0.3:
            return most
        part = Decimal(int(self._random() * 900) + 50) / 1_000
        return max((most * part).quantize(_GRAM, ROUND_DOWN), min(least, most))

    def _moment(self, plant: Plant) -> str:
        """In a month that is open, where there is one."""
        closed = {period.start[5:7] for period in self.memory.state.closed.get(plant.name("site"), {}).values()}
        month = self._one_of(sorted({"01", "02", "03"} - closed) or ["01"])
        return f"2025-{month}-{1 + int(self._random() * 27):02d}T06:00:00Z"

    # -- what there is

    def _stock(self, plant: Plant, product: str | tuple[str, ...], *roles: str) -> list[LotFacts]:
        """Lots with a balance, the last dozen of them, that a plant holds and could use."""
        state = self.memory.state
        found = [
            lot for lot in state.lots.values()
            if lot.holder == plant.id and state.remaining[lot.id] and lot.role in roles and lot.id not in state.frozen
            and lot.product.endswith(product) and lot.pool is None
        ]
        return found[-12:]

    def _generation(self, plant: Plant, pool: str) -> tuple[str, Decimal]:
        """The newest lot of a pool, and what it holds."""
        line = self.memory.state.lines.get(plant.name(pool), ())
        return (line[-1], self.memory.state.remaining[line[-1]]) if line else ("", _NONE)

    def _flow(self, lot: LotFacts) -> Flow:
        return Flow(lot=lot.id, quantity=kilograms(self._amount(self.memory.state.remaining[lot.id])))

    def _drawn(self, plant: Plant, pool: str, names: Sequence[str]) -> list[Flow]:
        """A flow that names a pool, by one of `names`."""
        _, left = self._generation(plant, pool)
        return [Flow(lot=self._one_of(names), quantity=kilograms(self._amount(left)))] if left else []

    # -- records

    def _declare(self, plant: Plant) -> AnyRecord:
        amount = Decimal(int(50 + self._random() * 2_000))
        if self._random() < 0.2:
            machine = plant.new()
            return self._declaration(plant, "collected", Output(
                lot=machine, product=plant.name("machine"), quantity=Quantity(value="1", unit="H87"), role="core",
                item=machine, previous_life=PreviousLife(estimated_years="7")))
        return self._declaration(plant, "collected", Output(
            lot=plant.new(), product=plant.name("scrap"), quantity=kilograms(amount), role="waste",
            origin="postConsumer", materials={"steel": self._one_of(["0.9", "0.95", "1"])}))

    def _declaration(self, plant: Plant, basis: Any, lot: Output, **fields: Any) -> AnyRecord:
        return Declaration(
            issuer=plant.id, nonce=self._nonce(), start="2025-01-01T00:00:00Z", end="2025-01-02T00:00:00Z", basis=basis,
            boundary="none", collector=plant.id, evidence=_WEIGHED, lot=lot, **fields)

    def _bought(self, plant: Plant) -> AnyRecord:
        return Declaration(
            issuer=plant.id, nonce=self._nonce(), start="2025-01-01T00:00:00Z", end="2025-01-02T00:00:00Z",
            basis="statement", boundary="cradleToGate",
            burdens={"fossilGhgEmissions": str(1 + int(self._random() * 998))},
            lot=Output(lot=plant.new(), product=plant.name("steel"), quantity=kilograms(Decimal(500)), role="product",
                       materials={"steel": "0.97"}))

    def _mine(self, plant: Plant) -> AnyRecord:
        amount = Decimal(int(100 + self._random() * 3_000))
        return self._made(plant, [], [ore(amount)], [self._out(plant, "steel", self._amount(amount, _GRAM))])

    def _out(self, plant: Plant, product: str, amount: Decimal, role: Any = "product", **fields: Any) -> Output:
        return Output(lot=plant.new(), product=plant.name(product), quantity=kilograms(amount), role=role, **fields)

    def _made(
        self, plant: Plant, inputs: list[Flow], supplies: list[Supply], outputs: list[Output], **fields: Any
    ) -> AnyRecord:
        start = self._moment(plant)
        if self._random() < 0.4:
            supplies = [*supplies, gas(Decimal(int(1 + self._random() * 50)))]
        return Transformation(
            issuer=plant.id, nonce=self._nonce(), facility=plant.name("site"), start=start,
            end=start.replace("T06", "T14"), process=MAKE, inputs=inputs, supplies=supplies, outputs=outputs,
            activity=Raw(_encode(Make(co2=str(int(self._random() * 500))))),
            basis="provisional" if self._random() < 0.5 else "final", **fields)

    def _melt(self, plant: Plant) -> AnyRecord | None:
        """Scrap becomes steel, home scrap and, often, credits."""
        own = [lot for lot in self._stock(plant, "scrap", "waste") if lot.owned_by == plant.id]
        inputs = [self._flow(lot) for lot in own[-2:]]
        inputs += self._drawn(plant, "silo", [plant.name("silo"), plant.name("scrap")])
        if not inputs:
            return None
        mass = sum([flow.quantity.amount for flow in inputs], _NONE)
        steel = self._amount(mass, _GRAM)
        outputs = [self._out(plant, "steel", steel)]
        if mass - steel > 1:
            outputs.append(self._out(plant, "scrap", (mass - steel) / 2 // _GRAM * _GRAM, "waste",
                                     origin="preConsumer"))
        post = sum([flow.quantity.amount for flow in inputs if self._credited(plant, flow)], _NONE)
        if self._random() < 0.7 and post:
            outputs.append(self._out(plant, "steel", self._amount(min(post, steel)), "credit",
                                     credit=Credit(material="steel")))
        return self._made(plant, inputs, [], outputs)

    def _credited(self, plant: Plant, flow: Flow) -> bool:
        """Whether scrap comes from elsewhere."""
        lot = self.memory.state.lots.get(flow.lot)
        return lot is None or lot.maker is None

    def _work(self, plant: Plant) -> AnyRecord | None:
        """Steel of one owner becomes parts, with credits of the mass balance where there are some."""
        steel = self._stock(plant, ("steel", "part"), "product", "coProduct")
        if not steel:
            return None
        owner = self._one_of(steel).owned_by
        inputs = [self._flow(lot) for lot in steel if lot.owned_by == owner and self._random() < 0.6][:3]
        if owner == plant.id:
            pool = self._one_of(["stock", "green"])
            inputs += self._drawn(plant, pool, [plant.name(pool)])
        if not inputs:
            return None
        mass = sum([flow.quantity.amount for flow in inputs], _NONE)
        for lot in self._stock(plant, "steel", "credit"):
            if lot.credit == f"massBalance:{_STEEL}" and owner == plant.id:
                inputs.append(self._flow(lot))
                break
        whose = {"owner": owner} if owner != plant.id else {}
        part = self._amount(mass, _GRAM)
        outputs = [self._out(plant, "part", part, **whose)]
        if mass - part > 1 and self._random() < 0.6:
            rest = (mass - part) / 3 // _GRAM * _GRAM
            outputs.append(self._out(plant, "part", rest, "coProduct", **whose))
            outputs.append(self._out(plant, "scrap", rest, "waste", origin="preConsumer", **whose))
        return self._made(plant, inputs, [], outputs)

    def _build(self, plant: Plant) -> AnyRecord | None:
        """A machine, of new parts or of a core."""
        cores = self._stock(plant, "machine", "core")
        if cores and self._random() < 0.6:
            core = cores[0]
            return self._made(plant, [Flow(lot=core.id, quantity=Quantity(value="1", unit="H87"))], [ore(Decimal(1))], [
                Output(lot=plant.new(), product=plant.name("machine"), quantity=Quantity(value="1", unit="H87"),
                       role="product", item=core.item)
            ]) if core.product == plant.name("machine") else None
        lot = plant.new()
        return self._made(plant, [], [ore(Decimal(10))], [Output(
            lot=lot, product=plant.name("machine"), quantity=Quantity(value="1", unit="H87"), role="product",
            item=lot)])

    def _retire(self, plant: Plant) -> AnyRecord | None:
        machines = [one for one in self._stock(plant, "machine", "product") if one.owned_by == plant.id]
        if not machines:
            return None
        machine = machines[0]
        return Consumption(
            issuer=plant.id, nonce=self._nonce(), time=self._moment(plant), purpose="finalUse",
            inputs=[Flow(lot=machine.id, quantity=Quantity(value="1", unit="H87"))],
            outputs=[Output(lot=plant.new(), product=machine.product, quantity=Quantity(value="1", unit="H87"),
                            role="core", item=machine.item)], evidence=_ISSUED)

    def _send(self, plant: Plant) -> AnyRecord | None:
        lots = self._stock(plant, "", "product", "coProduct", "waste", "core")
        if not lots:
            return None
        lot = self._one_of(lots)
        others = [one for one in self.plants if one is not plant]
        purpose, to = self._one_of(["sale", "sale", "custody", "storage"]), self._one_of(others).id
        if lot.sender is not None and self._random() < 0.5:
            purpose, to = "return", lot.sender
        elif lot.owned_by != plant.id and purpose == "sale":
            purpose = "custody"
        amount = Quantity(value="1", unit="H87") if lot.unit == "H87" else self._flow(lot).quantity
        return Transfer(
            issuer=plant.id, nonce=self._nonce(), lot=lot.id, quantity=amount, to=to, new_lot=plant.new(),
            time=self._moment(plant), purpose=purpose, tolerance=self._one_of([None, "0.02"]), transport=[
                Supply(material="truck", quantity=Quantity(value="12.5", unit="TKM"), factor=_TRUCK)])

    def _accept(self, plant: Plant) -> AnyRecord | None:
        """A delivery that is open comes whole, short or disputed. One that was accepted on arrival is disputed or half
        missing, now and then."""
        state = self.memory.state
        for digest, transfer in state.transfers.items():
            lot = state.lots[transfer.new_lot]
            presumed = digest in state.presumed
            if transfer.to != plant.id or (digest in state.accepted and not presumed) or not state.remaining[lot.id]:
                continue
            fields: dict[str, Any] = {}
            chance = self._random()
            whole = state.remaining[lot.id] == lot.quantity
            if presumed and (chance > 0.4 or not whole or lot.unit != "KGM"):
                continue
            if presumed and chance > 0.2:
                fields = {"received": kilograms((lot.quantity / 2).quantize(_GRAM)), "return_lot": plant.new()}
            elif chance < 0.25 and whole and lot.id not in state.frozen:
                fields = {"disputed": True, "reason": "wet"}
            elif chance < 0.7 and lot.unit == "KGM" and state.remaining[lot.id] > 1:
                short = Decimal("0.5") if self._random() < 0.5 else Decimal("0.001")
                fields = {"received": kilograms(lot.quantity - short)}
                if short > lot.quantity * transfer.tolerance:
                    fields["return_lot"] = plant.new()
            return Acceptance(issuer=plant.id, nonce=self._nonce(), transfer=digest, **fields)
        return None

    def _use(self, plant: Plant) -> AnyRecord | None:
        lots = self._stock(plant, "", "product", "coProduct", "waste")
        lots = [lot for lot in lots if lot.unit == "KGM"]
        if not lots:
            return None
        lot = self._one_of(lots)
        flow = self._flow(lot)
        outputs = []
        if self._random() < 0.3:
            outputs.append(self._out(plant, "scrap", self._amount(flow.quantity.amount), "waste",
                                     origin="postConsumer",
                                     **({"owner": lot.owned_by} if lot.owned_by != plant.id else {})))
        purpose: Any = self._one_of(["ownUse", "loss"] + ["finalUse"] * (lot.owned_by == plant.id))
        return Consumption(issuer=plant.id, nonce=self._nonce(), time=self._moment(plant), purpose=purpose,
                           inputs=[flow], outputs=outputs, evidence=_ISSUED)

    def _claim(self, plant: Plant) -> AnyRecord | None:
        credits_ = [lot for lot in self._stock(plant, "steel", "credit") if lot.credit == "recycling:steel"]
        return Consumption(
            issuer=plant.id, nonce=self._nonce(), time=self._moment(plant), purpose="claim",
            inputs=[self._flow(self._one_of(credits_))], claim=Claim(method="endOfLife"),
        ) if credits_ else None

    def _fill(self, plant: Plant) -> AnyRecord | None:
        """Something goes into a pool."""
        if self._random() < 0.5:
            lots = [one for one in self._stock(plant, "scrap", "waste") if one.origin == "postConsumer"]
            return self._addition(plant, "silo", lots)
        lots = [one for one in self._stock(plant, "steel", "product") if one.product.startswith(plant.party.prefix)]
        pool = self._one_of(["stock", "green"])
        return self._addition(plant, pool, lots, booking=pool == "green")

    def _addition(
        self, plant: Plant, pool: str, lots: Sequence[LotFacts], *, booking: bool = False
    ) -> AnyRecord | None:
        inputs = [self._flow(lot) for lot in lots if lot.owned_by == plant.id][:2]
        if not inputs:
            return None
        content = sum([
            Decimal(self.memory.contents(flow.lot).get(_STEEL, 0.0)) * flow.quantity.amount
            / self.memory.state.lots[flow.lot].quantity for flow in inputs
        ], _NONE)
        credits_ = (content * Decimal("0.5")).quantize(_GRAM, ROUND_DOWN) if booking else _NONE
        return Addition(
            issuer=plant.id, nonce=self._nonce(), pool=plant.name(pool), inputs=inputs, time=self._moment(plant),
            credit_lot=plant.new() if credits_ else None, credits=kilograms(credits_) if credits_ else None)

    def _close(self, plant: Plant) -> AnyRecord:
        month = 1 + int(self._random() * 3)
        retired = [lot for lot in self._stock(plant, "part", "product") if lot.owned_by == plant.id][:1]
        return Closing(
            issuer=plant.id, nonce=self._nonce(), facility=plant.name("site"), start=f"2025-{month:02d}-01T00:00:00Z",
            end=f"2025-{month + 1:02d}-01T00:00:00Z", spread=self._one_of(["mass", "hours", "stated"]),
            measured=[gas(Decimal(int(200 + self._random() * 999)))], overheads=[gas(Decimal(7))],
            retired=[self._flow(lot) for lot in retired] if self._random() < 0.4 else [])

    def _reopen(self, plant: Plant) -> AnyRecord | None:
        closed = list(self.memory.state.closed.get(plant.name("site"), ()))
        return Reopening(issuer=plant.id, nonce=self._nonce(), closing=self._one_of(closed),
                         reason="late papers") if closed else None

    # -- amendments

    def _amend(self, plant: Plant) -> AnyRecord | None:
        prepared = self.memory.history.prepared
        own = [index for index in sorted(prepared) if prepared[index].submission.record.issuer == plant.id]
        changes: dict[str, Change] = {}
        for _ in range(self._one_of([1, 1, 1, 2, 3])):
            index = self._one_of(own[-25:] if self._random() < 0.5 else own) if own else -1
            change = self._change(plant, index) if own else None
            if change is not None:
                changes[change.record] = change
        return Amendment(issuer=plant.id, nonce=self._nonce(), changes=list(changes.values()),
                         reason="another reading") if changes else None

    def _change(self, plant: Plant, index: int) -> Change | None:
        record = self.memory.history.prepared[index].submission.record
        digest = self.memory.digests[index].hex()
        if self._random() < 0.15:
            return Change(record=digest, withdrawn=True)
        fields: dict[str, Any] = {}
        match record:
            case Transformation():
                fields = self._transformed(plant, record, index)
            case Transfer() if record.quantity.unit == "KGM":
                fields = self._one_of([{"quantity": self._scaled(record.quantity)}, {"transport": []}])
            case Consumption() if record.inputs[0].quantity.unit == "KGM":
                fields = {"inputs": self._otherwise(record.inputs)}
            case Declaration() if record.lot is not None and record.lot.quantity.unit == "KGM":
                lot = replace(record.lot, quantity=self._scaled(record.lot.quantity))
                fields = {"lot": lot if self._random() < 0.7 else replace(record.lot, materials={"steel": "0.85"})}
                if record.burdens and self._random() < 0.5:
                    fields = {"burdens": {"fossilGhgEmissions": str(int(self._random() * 999))}}
            case Addition():
                fields = {"inputs": self._otherwise(record.inputs)}
            case _:
                return None
        return Change(record=digest, fields={name: Raw(_encode(value)) for name, value in fields.items()})

    def _transformed(self, plant: Plant, record: Transformation, index: int) -> dict[str, Any]:
        chance = self._random()
        if chance < 0.15:
            return {"activity": Make(co2=str(int(self._random() * 500)))}
        if chance < 0.25:
            return {"supplies": [*[one for one in record.supplies if one.material != "gas"],
                                 gas(Decimal(int(1 + self._random() * 50)))]}
        if chance < 0.55 and record.outputs and record.outputs[0].quantity.unit == "KGM":
            first = replace(record.outputs[0], quantity=self._scaled(record.outputs[0].quantity))
            return {"outputs": [first, *record.outputs[1:]]}
        if chance < 0.65 and record.outputs and record.outputs[0].quantity.unit == "KGM":
            return {"outputs": [replace(record.outputs[0], materials={"steel": "0.9"}), *record.outputs[1:]]}
        if chance < 0.7:
            return {"start": record.start.replace("T06", "T05")}
        if record.inputs and record.inputs[0].quantity.unit == "KGM":
            # Another lot in its place, if there was one before it: that is for the ledger to see.
            lots = [lot for lot in self._stock(plant, "steel", "product") if lot.index < index]
            if lots and self._random() < 0.4:
                return {"inputs": [self._flow(self._one_of(lots)), *record.inputs[1:]]}
            return {"inputs": self._otherwise(record.inputs)}
        return {"activity": Make(co2="1", ch4="0.5")}

    def _scaled(self, quantity: Quantity) -> Quantity:
        """Somewhat more or less."""
        times = Decimal(int(800 + self._random() * 300)) / 1_000
        return kilograms(max((quantity.amount * times).quantize(_GRAM, ROUND_DOWN), _GRAM))

    def _otherwise(self, flows: Sequence[Flow]) -> list[Flow]:
        at = int(self._random() * len(flows))
        return [replace(flow, quantity=self._scaled(flow.quantity)) if i == at else flow
                for i, flow in enumerate(flows)]


_PLAIN: Final[tuple[Callable[[History, Plant], AnyRecord | None], ...]] = (
    *[History._declare] * 3, *[History._bought] * 2, *[History._mine] * 3, *[History._melt] * 4, *[History._work] * 5,
    *[History._build] * 2, *[History._retire] * 1, *[History._send] * 5, *[History._accept] * 3, *[History._use] * 2,
    *[History._claim] * 2, *[History._fill] * 6,
)
_ACTIONS: Final = (*_PLAIN, *[History._close] * 1, *[History._reopen] * 2, *[History._amend] * 16)


class FromZero:
    """The log of `size` run again, each record in the form that holds then: withdrawn ones are left out, and so are
    amendments, and what closings and reopenings do to others. Only the dates of lots are as first stated. `figures` by
    lot id, `leaves` by log index."""

    def __init__(self, memory: MemoryLedger, size: int) -> None:
        self.state = State(memory.state.origin)
        self.state.time = memory.state.time
        self.figures: dict[str, LotFigures] = {}
        self.leaves: dict[int, tuple[bytes, ...]] = {}
        self._readings: list[AnyRecord | None] = []
        self._run(memory, [memory.reading(index, size) for index in range(size)])

    def at(self, memory: MemoryLedger, size: int) -> "FromZero":
        """The log of another size: this one, gone on, if all of its records still read as they did, else a new one."""
        readings = [memory.reading(index, size) for index in range(size)]
        have = len(self._readings)
        if readings[:have] != self._readings:
            return FromZero(memory, size)
        self._run(memory, readings[have:])
        return self

    def _run(self, memory: MemoryLedger, readings: Sequence[AnyRecord | None]) -> None:
        for index, record in enumerate(readings, start=len(self._readings)):
            if record is None or isinstance(record, Amendment | Reopening) or self._of_withdrawn(record):
                self.state.size += 1
                continue
            keyid = parse_entry(memory.entries[index]).keyid
            self._append(memory, Submission(record, b"", memory.digests[index], keyid, b""))
        self._readings += readings

    def _of_withdrawn(self, record: AnyRecord) -> bool:
        return isinstance(record, Acceptance) and record.transfer not in self.state.transfers

    def _append(self, memory: MemoryLedger, submission: Submission) -> None:
        state, record = self.state, submission.record
        prepared = prepare(submission, state, memory.registry)
        # What stays with a closing depends on the records of its period, which this run does not compare.
        unspread = [one.unspread for index, one in memory.revisions if index == state.size]
        for stays in unspread if isinstance(record, Closing) else ():
            prepared = with_unspread(prepared, stays, state, memory.registry)
        # Only a closing gives a record its share of overheads, so nobody could post it.
        posted = replace(record, overheads=[]) if isinstance(record, Transformation) else record
        admit(posted, submission.keyid, prepared.plan, state)
        # Whether it was accepted on arrival is as first decided, however it reads now.
        leaf = memory.assessment(state.size)
        accepted_by = None if leaf is None else leaf.accepted_by
        outcome = outcome_of(prepared._replace(accepted_by=accepted_by), self.figures)
        lots = apply(state, record, submission.digest, prepared.plan)
        if isinstance(record, Transfer):
            _settle_arrival(state, submission.digest.hex(), accepted_by)
        state.closed.clear()
        for lot, figures in zip(lots, outcome.figures.outputs, strict=True):
            self.figures[lot.id] = figures
            state.lots[lot.id] = kept(lot, memory.state.lots[lot.id])
        self.leaves[state.size - 1] = outcome.leaves


def _settle_arrival(state: State, transfer: str, accepted_by: int | None) -> None:
    rules = [rule for rules in state.standing.values() for rule in rules.values() if rule.index == accepted_by]
    state.accepted.discard(transfer)
    state.presumed.pop(transfer, None)
    if accepted_by is not None:
        state.accepted.add(transfer)
        # A rule that was replaced since had another tolerance; all rules of histories have this one.
        state.presumed[transfer] = rules[0].tolerance if rules else Decimal("0.02")
