"""Short words for revisions: an organisation that posts, amends, withdraws and closes on a ledger in memory."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, Final

import msgspec
import pytest
from msgspec import Raw
from support.memory import MemoryLedger
from support.sectors import MAKE, Make
from support.site import Site, ore, quantity, raw, supply

from ledger.core.record.kinds import (
    Acceptance,
    Addition,
    Amendment,
    Closing,
    Consumption,
    Declaration,
    Pool,
    Reopening,
    Transfer,
    Transformation,
)
from ledger.core.record.revisions import Change
from ledger.core.record.values import Evidence, Factor, Flow, Output, Supply
from ledger.engine.batch import Sequenced
from ledger.engine.revision.recompute import Revised
from ledger.errors import LedgerError
from ledger.footprint.stored.burdens import SLOT, location_based, market_based

GHG: Final = "fossilGhgEmissions"
MARCH: Final = ("2025-03-01T00:00:00Z", "2025-04-01T00:00:00Z")
APRIL: Final = ("2025-04-01T00:00:00Z", "2025-05-01T00:00:00Z")


def day(of_march: int, hour: int = 0) -> str:
    return f"2025-03-{of_march:02d}T{hour:02d}:00:00Z"


def gas(amount: str, unit: str = "KGM", **fields: Any) -> Supply:
    """2 kg CO2e a unit."""
    return supply("gas", f"{amount} {unit}", factor=Factor(
        value="2", unit=unit, source="measured", year=2025, boundary="cradleToGate"), **fields)


def change(entry: Sequenced | str, **fields: Any) -> Change:
    """Fields are named as on the wire."""
    digest = entry if isinstance(entry, str) else entry.digest.hex()
    return Change(record=digest, fields={name: Raw(msgspec.json.encode(value)) for name, value in fields.items()})


def withdrawal(entry: Sequenced) -> Change:
    return Change(record=entry.digest.hex(), withdrawn=True)


class Works(Site):
    """Products `metal`, `part` and `scrap` in kg, `gear` in pieces. Lots are short names."""

    def __init__(self, ledger: MemoryLedger, name: str = "works") -> None:
        super().__init__(ledger, name)
        for product in ("metal", "part", "scrap"):
            self.product(product)
        self.product("gear", "H87")

    def post(self, kind: Any, **fields: Any) -> Sequenced:
        return self._post(kind(issuer=self.id, nonce=self.ledger.nonce(), **fields))

    def outputs(self, outputs: Mapping[str, str | Output]) -> list[Output]:
        """Kg of metal, or whole outputs."""
        return [
            one if isinstance(one, Output) else self.out(lot, "metal", f"{one} KGM") for lot, one in outputs.items()
        ]

    def kilograms(self, inputs: Mapping[str, str]) -> list[Flow]:
        return [Flow(lot=self.name(lot), quantity=quantity(amount if " " in amount else f"{amount} KGM"))
                for lot, amount in inputs.items()]

    def run(
        self, outputs: Mapping[str, str | Output], inputs: Mapping[str, str] | None = None,
        supplies: Sequence[Supply] = (), *, co2: str = "0", activity: Any = None, **fields: Any,
    ) -> Sequenced:
        """A transformation of the first of March."""
        return self.post(Transformation, **{
            "facility": self.facility, "start": day(1), "end": day(2), "process": MAKE,
            "outputs": self.outputs(outputs), "inputs": self.kilograms(inputs or {}), "supplies": list(supplies),
            "activity": raw(Make(co2=co2) if activity is None else activity), **fields})

    def mine(self, lot: str, kilograms: str, co2: str = "0", **fields: Any) -> Sequenced:
        """Metal out of as much ore."""
        return self.run({lot: kilograms}, supplies=[ore(f"{kilograms} KGM")], co2=co2, **fields)

    def hand(self, lot: str, amount: str, to: Site, new_lot: str, **fields: Any) -> Sequenced:
        return self.post(Transfer, **{
            "lot": self.name(lot), "quantity": quantity(amount if " " in amount else f"{amount} KGM"), "to": to.id,
            "new_lot": self.name(new_lot), "time": day(5), **fields})

    def accept(self, transfer: Sequenced, **fields: Any) -> Sequenced:
        return self.post(Acceptance, transfer=transfer.digest.hex(), **fields)

    def use(self, inputs: Mapping[str, str], outputs: Sequence[Output] = (), **fields: Any) -> Sequenced:
        return self.post(Consumption, **{"inputs": self.kilograms(inputs), "time": day(9), "purpose": "finalUse",
                                         "outputs": list(outputs), **fields})

    def declared(self, lot: Output | None, **fields: Any) -> Sequenced:
        """By default a document shows that the lot has no emissions."""
        shown: dict[str, Any] = {}
        if (lot is None or lot.role == "product") and fields.keys().isdisjoint(("burdens", "boundary")):
            paper = Evidence(digest="0" * 64, media_type="application/pdf", kind="productFootprint")
            shown = {"burdens": {GHG: "0"}, "evidence": [paper]}
        return self.post(Declaration, **{
            "start": day(1), "end": day(2), "basis": "study", "boundary": "cradleToGate", "lot": lot, **shown,
            **fields})

    def pool(self, name: str = "pool", **fields: Any) -> Sequenced:
        return self.post(Pool, **{"id": self.name(name), "facility": self.facility, "product": self.name("metal"),
                                  **fields})

    def add(self, inputs: Mapping[str, str], pool: str = "pool", **fields: Any) -> Sequenced:
        return self.post(Addition, **{"pool": self.name(pool), "inputs": self.kilograms(inputs), "time": day(10),
                                      **fields})

    def amend(self, *changes: Change) -> Sequenced:
        return self.post(Amendment, changes=list(changes), reason="another reading")

    def close(self, *measured: Supply, period: tuple[str, str] = MARCH, **fields: Any) -> Sequenced:
        return self.post(Closing, **{"facility": self.facility, "start": period[0], "end": period[1],
                                     "measured": list(measured), **fields})

    def reopen(self, closing: Sequenced) -> Sequenced:
        return self.post(Reopening, closing=closing.digest.hex(), reason="late papers")

    # -- what there is

    def co2(self, lot: str) -> float:
        return self.ledger.burdens(self.name(lot))[GHG]

    def left(self, lot: str) -> Decimal:
        return self.ledger.state.remaining[self.name(lot)]

    def reading(self, entry: Sequenced) -> Any:
        return self.ledger.reading(entry.index)

    def stated(self, entry: Sequenced, material: str = "gas") -> list[str]:
        """Amounts of a material in a transformation as it reads now."""
        return [one.quantity.value for one in self.reading(entry).supplies if one.material == material]


def revised(ledger: MemoryLedger) -> dict[int, Revised]:
    """What the last revision came to, by log index."""
    return {one.index: one for one in ledger.revisions[-1][1].revised}


def indexes(ledger: MemoryLedger) -> list[int]:
    """Which records the last revision has recomputed, in its own order."""
    return [one.index for one in ledger.revisions[-1][1].revised]


def refused(
    works: Works, attempt: Any, code: str, field: str | None, value: object = ..., *, names: Sequenced | None = None,
    says: str = "",
) -> LedgerError:
    """What is attempted is refused with this code at this field, and leaves no trace. `names`: the record that the
    error names by digest and index."""
    before = works.ledger.fingerprint()
    with pytest.raises(LedgerError) as caught:
        attempt()
    error = caught.value
    assert (error.code, error.field) == (code, field), error
    assert works.ledger.fingerprint() == before
    if value is not ...:
        assert error.value == (None if value is None else str(value))
    if names is not None:
        assert f"record {names.digest.hex()} (entry {names.index})" in error.message
    assert says in error.message, error.message
    assert error.rule
    return error


def check_conserved(works: Works) -> None:
    """Of every burden: what is left in lots and with records is what the records' own assessments have."""
    memory = works.ledger
    made = [prepared.work.direct for prepared in memory.history.prepared.values()]
    for name, slot in SLOT.items():
        left = sum(float(memory.left(lot)) * figures.burdens[slot] for lot, figures in memory.figures.items())
        left += sum(memory.retained(index).get(name, 0.0) for index in memory.history.prepared)
        scale = sum(abs(direct[slot]) for direct in made)
        assert abs(left - sum(direct[slot] for direct in made)) <= 1e-9 * scale, name
    for figures in memory.figures.values():
        assert market_based(figures.burdens) >= location_based(figures.burdens) * (1 - 1e-12)
