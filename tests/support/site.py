"""Short words for hand-written cases: an organisation with one facility that posts a record at a time."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import msgspec
from msgspec import Raw

from ledger.core.record.kinds import (
    Consumption,
    Declaration,
    Facility,
    PassportPublication,
    Product,
    Transfer,
    Transformation,
)
from ledger.core.record.values import Evidence, Flow, Output, Quantity, Role, Supply
from ledger.engine.batch import Sequenced
from support.memory import MemoryLedger
from support.sectors import NAME, Make

START: Final = "2025-03-01T00:00:00Z"
END: Final = "2025-03-02T00:00:00Z"


def quantity(text: str) -> Quantity:
    """`1.1 TNE`."""
    value, unit = text.split()
    return Quantity(value=value, unit=unit)


def supply(material: str, amount: str, **fields: Any) -> Supply:
    return Supply(material=material, quantity=quantity(amount), **fields)


def ore(amount: str) -> Supply:
    """Matter out of nature: it has no upstream that could be missing."""
    return supply("ore", amount, origin="nature")


def document(kind: str) -> Evidence:
    return Evidence(digest="0" * 64, media_type="application/pdf", kind=kind)


def raw(activity: msgspec.Struct | Mapping[str, Any]) -> Raw:
    return Raw(msgspec.json.encode(activity))


class Site:
    """Methods post their record and return its entry, or raise the error that refused it."""

    def __init__(self, ledger: MemoryLedger, name: str) -> None:
        self.ledger = ledger
        self.party = ledger.enrol(name)
        self.facility = self.another_facility("site")

    @property
    def id(self) -> str:
        return self.party.id

    def name(self, short: str) -> str:
        """An identifier of this organisation; whole URNs stay as they are."""
        return short if short.startswith("urn:") else self.party.prefix + short

    def another_facility(self, short: str) -> str:
        self._post(Facility(issuer=self.id, nonce=self.ledger.nonce(), id=self.name(short), country="CN"))
        return self.name(short)

    def product(self, short: str, unit: str = "KGM", **fields: Any) -> str:
        self._post(Product(
            issuer=self.id, nonce=self.ledger.nonce(), id=self.name(short), sector=NAME, unit=unit, **fields
        ))
        return self.name(short)

    def out(self, lot: str, product: str, amount: str, role: Role = "product", **fields: Any) -> Output:
        return Output(
            lot=self.name(lot), product=self.name(product), quantity=quantity(amount), role=role, **fields
        )

    def flows(self, inputs: Mapping[str, str]) -> list[Flow]:
        return [Flow(lot=self.name(lot), quantity=quantity(amount)) for lot, amount in inputs.items()]

    def make(
        self, outputs: Sequence[Output], inputs: Mapping[str, str] | None = None, supplies: Sequence[Supply] = (), *,
        route: str = "make", activity: msgspec.Struct | Mapping[str, Any] | None = None, allocation: str = "mass",
        facility: str | None = None, evidence: Sequence[Evidence] = (),
    ) -> Sequenced:
        fields: Any = {"allocation": allocation, "evidence": list(evidence)}
        return self._post(Transformation(
            issuer=self.id, nonce=self.ledger.nonce(), facility=facility or self.facility, start=START, end=END,
            process=f"{NAME}.{route}", activity=raw(Make() if activity is None else activity),
            inputs=self.flows(inputs or {}), supplies=list(supplies), outputs=list(outputs), **fields,
        ))

    def send(
        self, lot: str, amount: str, to: "Site", new_lot: str, transport: Sequence[Supply] = (),
        packaging: Sequence[Supply] = (), purpose: Any = "sale", time: str = END,
    ) -> Sequenced:
        return self._post(Transfer(
            issuer=self.id, nonce=self.ledger.nonce(), lot=self.name(lot), quantity=quantity(amount), to=to.id,
            new_lot=self.name(new_lot), time=time, transport=list(transport), packaging=list(packaging),
            purpose=purpose,
        ))

    def consume(
        self, inputs: Mapping[str, str], outputs: Sequence[Output] = (), purpose: Any = "finalUse",
        evidence: Sequence[Evidence] = (),
    ) -> Sequenced:
        return self._post(Consumption(
            issuer=self.id, nonce=self.ledger.nonce(), inputs=self.flows(inputs), time=END, purpose=purpose,
            outputs=list(outputs), evidence=list(evidence),
        ))

    def declare(self, *, basis: Any = "study", boundary: Any = "cradleToGate", **fields: Any) -> Sequenced:
        return self._post(Declaration(**{
            "issuer": self.id, "nonce": self.ledger.nonce(), "start": START, "end": END, "basis": basis,
            "boundary": boundary, **fields,
        }))

    def publish(self, **thing: Any) -> Sequenced:
        """Shows a product, a lot or a declaration to everybody."""
        return self._post(PassportPublication(issuer=self.id, nonce=self.ledger.nonce(), **thing))

    def _post(self, record: Any) -> Sequenced:
        return self.ledger.must((self.party, record))[0]
