"""`Book`: writes the scenario's records one after the other, with the little that all of them share."""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Literal

import msgspec
from msgspec import Raw

from ledger.cli.demo.actors import ACTORS, REGISTRAR, lot, product
from ledger.cli.demo.figures import DIESEL, FREIGHT, METHANE
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
    """One record, who signs it, and what it is for in a sentence."""

    actor: str
    record: AnyRecord
    note: str


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
    """Steps in log order. `nonce` gives each record's; `keys` are needed for proofs of possession only."""

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
        """The organisation, signed by the registrar, and its site."""
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

    def define(
        self, actor: str, name: str, en: str, *, sector: str = "equipment", unit: str = "TNE", mass: str | None = None,
        materials: Mapping[str, str] | None = None, elements: Mapping[str, str] | None = None,
    ) -> None:
        """A product; `mass` is of one unit."""
        self._add(actor, Product(
            issuer=ACTORS[actor].id, nonce=self._nonce(), id=product(actor, name), sector=sector, unit=unit,
            names={"en": en}, mass_per_unit=amount(mass) if mass else None, materials=dict(materials or {}),
            elements=dict(elements or {}),
        ), f"product: {en}")

    def make(
        self, actor: str, process: str, day: str, outputs: list[Output], note: str, *, inputs: list[Flow] | None = None,
        supplies: list[Supply] | None = None, activity: Mapping[str, Any] | None = None,
    ) -> str:
        """A transformation within `day` (YYYY-MM-DD); returns its digest."""
        return self._add(actor, Transformation(
            issuer=ACTORS[actor].id, nonce=self._nonce(), facility=ACTORS[actor].facility, start=f"{day}T00:00:00Z",
            end=f"{day}T23:59:59Z", process=process, outputs=outputs, inputs=inputs or [], supplies=supplies or [],
            activity=Raw(msgspec.json.encode(activity or {}, order="sorted")),
        ), note)

    def ship(
        self, seller: str, buyer: str, lot_id: str, quantity: str, name: str, day: str, note: str, *,
        tonnes: str | None = None, kilometres: int = 0, packaging: list[Supply] | None = None,
    ) -> str:
        """A transfer by lorry and its acceptance; returns the new lot. `tonnes` as moved; without them, nothing is."""
        new_lot = lot(seller, name)
        digest = self._add(seller, Transfer(
            issuer=ACTORS[seller].id, nonce=self._nonce(), lot=lot_id, quantity=amount(quantity), to=ACTORS[buyer].id,
            new_lot=new_lot, time=f"{day}T12:00:00Z", packaging=packaging or [],
            transport=[_lorry(tonnes, kilometres)] if tonnes else [],
        ), note)
        self._add(buyer, Acceptance(
            issuer=ACTORS[buyer].id, nonce=self._nonce(), transfer=digest,
        ), f"{ACTORS[buyer].en} accepts it")
        return new_lot

    def consume(
        self, actor: str, inputs: list[Flow], purpose: Purpose, day: str, note: str,
        outputs: list[Output] | None = None, destination: str | None = None,
    ) -> str:
        return self._add(actor, Consumption(
            issuer=ACTORS[actor].id, nonce=self._nonce(), inputs=inputs, time=f"{day}T18:00:00Z", purpose=purpose,
            outputs=outputs or [], destination=destination,
        ), note)

    def collect(self, actor: str, output: Output, day: str, note: str) -> str:
        """A declared lot of waste or a core, with a weighbridge ticket as its evidence. Returns the lot."""
        self._add(actor, Declaration(
            issuer=ACTORS[actor].id, nonce=self._nonce(), start=f"{day}T00:00:00Z", end=f"{day}T23:59:59Z",
            basis="collected", boundary="none", lot=output, facility=ACTORS[actor].facility, collector=ACTORS[actor].id,
            evidence=[_document(output.lot, "weighbridgeTicket")],
        ), note)
        return output.lot

    def generate(self, actor: str, output: Output, start: str, end: str, note: str) -> str:
        """Metered electricity without direct emissions, whose upstream (turbines, grid) nobody has declared."""
        self._add(actor, Declaration(
            issuer=ACTORS[actor].id, nonce=self._nonce(), start=f"{start}T00:00:00Z", end=f"{end}T00:00:00Z",
            basis="study", boundary="gateToGate", lot=output, facility=ACTORS[actor].facility,
            evidence=[_document(output.lot, "meterReading")],
        ), note)
        return output.lot


def _lorry(tonnes: str, kilometres: int) -> Supply:
    burnt = FREIGHT.times(str(Decimal(tonnes) * kilometres))
    factor = Factor(value=DIESEL.value, unit="KGM", source=DIESEL.source, year=2015, boundary="combustion", gas="CO2")
    return Supply(material="diesel", quantity=Quantity(value=burnt, unit="KGM"), factor=factor)


def _document(name: str, kind: str) -> Evidence:
    digest = hashlib.sha256(f"{kind} of {name}".encode()).hexdigest()
    return Evidence(digest=digest, media_type="application/pdf", kind=kind)
