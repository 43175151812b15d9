"""`StoryWriter`: writes the scenario's records one after the other, and fills in the fields that all of them share."""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Literal, NamedTuple

import msgspec
from msgspec import Raw

from ledger.admission.checks.goods import SOLD
from ledger.cli.demo.actors import ACTORS, REGISTRAR, lot, product
from ledger.cli.demo.figures import DIESEL, FREIGHT, METHANE, WIND
from ledger.core.record import canonical
from ledger.core.record.kinds import (
    Acceptance,
    AnyRecord,
    Consumption,
    Declaration,
    Facility,
    Organization,
    Product,
    Transfer,
    Transformation,
)
from ledger.core.record.values import Evidence, Factor, Flow, Output, Quantity, Supply
from ledger.core.signatures.signing import SigningKey, public_key

Purpose = Literal["soldOutside", "finalUse", "ownUse", "loss", "stockCorrection", "disposed", "exported"]


@dataclass(frozen=True)
class StoryStep:
    """One record, the actor that signs it, and a note on its purpose."""

    actor: str
    record: AnyRecord
    note: str


@dataclass(frozen=True)
class NewProduct:
    """A product with its English name; `mass` is the mass of one unit."""

    en: str
    sector: str = "equipment"
    unit: str = "TNE"
    mass: str | None = None
    materials: Mapping[str, str] = field(default_factory=dict)
    elements: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class MadeBatch:
    """The outputs and inputs of a transformation."""

    outputs: list[Output]
    inputs: list[Flow] = field(default_factory=list)
    supplies: list[Supply] = field(default_factory=list)
    activity: Mapping[str, Any] = field(default_factory=dict)


class Lorry(NamedTuple):
    """A transport of `tonnes` over a distance by lorry."""

    tonnes: str
    kilometres: int


class Delivery(NamedTuple):
    """A transfer on a day (YYYY-MM-DD): the name of the new lot, a note, and the transport and packaging, if any."""

    name: str
    day: str
    note: str
    lorry: Lorry | None = None
    packaging: Sequence[Supply] = ()


class EndUse(NamedTuple):
    """The end of a lot on the ledger, on a day (YYYY-MM-DD)."""

    purpose: Purpose
    day: str
    destination: str | None = None


def amount(text: str) -> Quantity:
    """`"2 TNE"` as a quantity."""
    value, unit = text.split()
    return Quantity(value=value, unit=unit)


def supply(material: str, quantity: str, mass: str | None = None) -> Supply:
    return Supply(material=material, quantity=amount(quantity), mass=amount(mass) if mass else None)


def natural_gas(cubic_metres: str) -> Supply:
    """Gas in normal cubic metres, with its mass."""
    return supply("naturalGas", f"{cubic_metres} NM3", f"{METHANE.times(cubic_metres)} KGM")


def take(lot_id: str, quantity: str) -> Flow:
    return Flow(lot=lot_id, quantity=amount(quantity))


class StoryWriter:
    """Writes steps in log order. `nonce` returns a fresh nonce for each record; `keys` serve only to prove possession.
    """

    def __init__(
        self, keys: Mapping[str, SigningKey], origin: str, nonce: Callable[[], str], registrar: str
    ) -> None:
        self.steps: list[StoryStep] = []
        self._keys, self._origin, self._nonce, self._registrar = keys, origin, nonce, registrar

    def _add(self, actor: str, record: AnyRecord, note: str) -> str:
        """Adds a step; returns the record's digest in hex."""
        self.steps.append(StoryStep(actor, record, note))
        return canonical.digest(canonical.encode(record)).hex()

    def enrol(self, actor: str) -> None:
        """Adds the organisation, signed by the registrar, and its site."""
        who, key = ACTORS[actor], self._keys[actor]
        public = public_key(key, self._origin, who.id)
        self._add(REGISTRAR, Organization(
            issuer=self._registrar, nonce=self._nonce(), id=who.id, keys=[public], prefixes=[who.prefix],
            names={"en": who.en, "zh": who.zh},
        ), f"{who.en} is enrolled")
        self._add(actor, Facility(
            issuer=who.id, nonce=self._nonce(), id=who.facility, country="CN", subdivision=who.province,
            names={"en": who.site},
        ), f"{who.site} of {who.en}")

    def define(self, actor: str, name: str, facts: NewProduct) -> None:
        """Adds a product."""
        self._add(actor, Product(
            issuer=ACTORS[actor].id, nonce=self._nonce(), id=product(actor, name), sector=facts.sector, unit=facts.unit,
            names={"en": facts.en}, mass_per_unit=amount(facts.mass) if facts.mass else None,
            materials=dict(facts.materials), elements=dict(facts.elements),
        ), f"product: {facts.en}")

    def make(self, actor: str, process: str, day: str, batch: MadeBatch, note: str) -> str:
        """Adds a transformation within `day` (YYYY-MM-DD); returns its digest."""
        return self._add(actor, Transformation(
            issuer=ACTORS[actor].id, nonce=self._nonce(), facility=ACTORS[actor].facility, start=f"{day}T00:00:00Z",
            end=f"{day}T23:59:59Z", process=process, outputs=batch.outputs, inputs=batch.inputs,
            supplies=batch.supplies, activity=Raw(msgspec.json.encode(batch.activity, order="sorted")),
        ), note)

    def ship(self, seller: str, buyer: str, goods: Flow, delivery: Delivery) -> str:
        """Adds a transfer and its acceptance; returns the new lot. Without a lorry, the lot does not move."""
        new_lot = lot(seller, delivery.name)
        digest = self._add(seller, Transfer(
            issuer=ACTORS[seller].id, nonce=self._nonce(), lot=goods.lot, quantity=goods.quantity, to=ACTORS[buyer].id,
            new_lot=new_lot, time=f"{delivery.day}T12:00:00Z", packaging=list(delivery.packaging),
            transport=[_diesel(delivery.lorry)] if delivery.lorry else [],
        ), delivery.note)
        self._add(buyer, Acceptance(
            issuer=ACTORS[buyer].id, nonce=self._nonce(), transfer=digest,
        ), f"{ACTORS[buyer].en} accepts it")
        return new_lot

    def consume(
        self, actor: str, inputs: list[Flow], use: EndUse, note: str, outputs: list[Output] | None = None
    ) -> str:
        """Adds a consumption, with an invoice for goods that are sold outside; returns its digest."""
        return self._add(actor, Consumption(
            issuer=ACTORS[actor].id, nonce=self._nonce(), inputs=inputs, time=f"{use.day}T18:00:00Z",
            purpose=use.purpose, outputs=outputs or [], destination=use.destination,
            evidence=[_document(flow.lot, "salesInvoice") for flow in inputs] if use.purpose in SOLD else [],
        ), note)

    def collect(self, actor: str, output: Output, day: str, note: str) -> str:
        """Adds the declaration of a lot of waste or of a core, with a weighbridge ticket as evidence. Returns the lot.
        """
        self._add(actor, Declaration(
            issuer=ACTORS[actor].id, nonce=self._nonce(), start=f"{day}T00:00:00Z", end=f"{day}T23:59:59Z",
            basis="collected", boundary="none", lot=output, facility=ACTORS[actor].facility, collector=ACTORS[actor].id,
            evidence=[_document(output.lot, "weighbridgeTicket")],
        ), note)
        return output.lot

    def generate(self, actor: str, output: Output, start: str, end: str, note: str) -> str:
        """Adds the declaration of metered wind power that comes by a direct line, with the life cycle of the turbines.
        Returns the lot."""
        self._add(actor, Declaration(
            issuer=ACTORS[actor].id, nonce=self._nonce(), start=f"{start}T00:00:00Z", end=f"{end}T00:00:00Z",
            basis="study", boundary="cradleToGate", lot=output, facility=ACTORS[actor].facility,
            burdens={"fossilGhgEmissions": WIND.times(output.quantity.value)},
            evidence=[_document(output.lot, kind) for kind in ("meterReading", "directLine")],
        ), note)
        return output.lot


def _diesel(lorry: Lorry) -> Supply:
    burnt = FREIGHT.times(str(Decimal(lorry.tonnes) * lorry.kilometres))
    factor = Factor(value=DIESEL.value, unit="KGM", source=DIESEL.source, year=2015, boundary="combustion", gas="CO2")
    return Supply(material="diesel", quantity=Quantity(value=burnt, unit="KGM"), factor=factor)


def _document(name: str, kind: str) -> Evidence:
    digest = hashlib.sha256(f"{kind} of {name}".encode()).hexdigest()
    return Evidence(digest=digest, media_type="application/pdf", kind=kind)
