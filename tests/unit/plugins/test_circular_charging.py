"""Treatment charged to the generator of the waste, through a whole ledger in memory. Kg and kg CO2e."""

from typing import Any, Final

import carbon_ledger_circular
import carbon_ledger_equipment
import msgspec
import pytest
from msgspec import Raw
from support.memory import MemoryLedger
from support.parties import Party

from ledger.core.record.kinds import Facility, Product, Transfer, Transformation
from ledger.core.record.values import Factor, Flow, Output, Quantity, Supply
from ledger.engine.batch import Sequenced
from ledger.engine.sectors import Installed, Registry
from ledger.errors import LedgerError
from ledger.footprint.stored.burdens import footprint

START: Final = "2025-03-01T00:00:00Z"
END: Final = "2025-03-02T00:00:00Z"
PRICE: Final = Factor(value="1", unit="KGM", source="a supplier", year=2025, boundary="cradleToGate")
# 100 kg of plastic: 100 * 0.75 * 44/12 = 275; N2O 0.1 t * 0.05 * 273 = 1.365; CH4 0.1 * 0.0002 * 29.8 = 0.000596
BURNT: Final = 275 + 1.365 + 0.000596


def amount(text: str) -> Quantity:
    value, _, unit = text.partition(" ")
    return Quantity(value=value, unit=unit)


class Site:
    """An organisation with one facility, that writes records in a line each. Names are short ones below its prefix."""

    def __init__(self, ledger: MemoryLedger, name: str) -> None:
        self.ledger = ledger
        self.party: Party = ledger.enrol(name)
        self._post(Facility(issuer=self.party.id, nonce=ledger.nonce(), id=self.name("site"), country="DE"))

    def name(self, short: str) -> str:
        return self.party.prefix + short

    def _post(self, record: Any) -> None:
        self.ledger.must((self.party, record))

    def define(self, short: str, unit: str, **fields: Any) -> None:
        self._post(Product(
            issuer=self.party.id, nonce=self.ledger.nonce(), id=self.name(short), sector="circular", unit=unit,
            **fields,
        ))

    def output(self, lot: str, product: str, quantity: str, role: Any = "product", **fields: Any) -> Output:
        return Output(
            lot=self.name(lot), product=self.name(product), quantity=amount(quantity), role=role, **fields,
        )

    def record(self, process: str, outputs: list[Output], inputs: dict[str, str], **fields: Any) -> Transformation:
        activity = fields.pop("activity", {})
        return Transformation(
            issuer=self.party.id, nonce=self.ledger.nonce(), facility=self.name("site"), start=START, end=END,
            process=process, outputs=outputs, activity=Raw(msgspec.json.encode(activity)),
            inputs=[Flow(lot=lot, quantity=amount(text)) for lot, text in inputs.items()], **fields,
        )

    def make(self, *arguments: Any, **fields: Any) -> None:
        self._post(self.record(*arguments, **fields))

    def send(self, lot: str, quantity: str, to: "Site", new_lot: str) -> str:
        self._post(Transfer(
            issuer=self.party.id, nonce=self.ledger.nonce(), lot=self.name(lot), quantity=amount(quantity),
            to=to.party.id, new_lot=self.name(new_lot), time=END,
        ))
        return self.name(new_lot)


class Story:
    """A maker of machines sends plastic waste to an incinerator, and takes the service back into its next machine."""

    def __init__(self) -> None:
        plugins = (carbon_ledger_circular, carbon_ledger_equipment)
        self.ledger = MemoryLedger(Registry([Installed(one.plugin(), "0" * 64, one.__name__) for one in plugins]))
        self.maker, self.burner = Site(self.ledger, "maker"), Site(self.ledger, "burner")
        self.maker.define("machine", "H87", mass_per_unit=amount("1000 KGM"))
        self.maker.define("offcut", "KGM", materials={"plastic": "1"})
        self.burner.define("treatment", "HUR")
        self.burner.define("power", "KWH")
        self.burner.define("ash", "KGM")
        self.assemble("machine-1", {}, [
            self.maker.output("waste-1", "offcut", "100 KGM", "waste", origin="preConsumer"),
        ], parts="1100")
        taken = self.maker.send("waste-1", "100 KGM", self.burner, "waste-1-sent")
        self.burner.make(
            "circular.incineration",
            [self.burner.output("service-1", "treatment", "1 HUR"),
             self.burner.output("power-1", "power", "100 KWH", "coProduct"),
             self.burner.output("ash-1", "ash", "5 KGM", "waste", origin="preConsumer")],
            {taken: "100 KGM"}, activity={"composition": [{"kind": "plastic", "share": "1"}]},
        )
        self.service = self.burner.send("service-1", "1 HUR", self.maker, "service-1-sent")

    def next_machine(self, lot: str, inputs: dict[str, str], more: list[Output], parts: str) -> Transformation:
        return self.maker.record(
            "equipment.assembly", [self.maker.output(lot, "machine", "1 H87"), *more], inputs,
            supplies=[Supply(material="part", quantity=amount(f"{parts} KGM"), factor=PRICE)],
        )

    def assemble(self, lot: str, inputs: dict[str, str], more: list[Output], parts: str) -> None:
        self.ledger.must((self.maker.party, self.next_machine(lot, inputs, more, parts)))

    def of(self, name: str) -> float:
        return footprint(self.ledger.figures[name].burdens)


def test_the_burden_of_the_waste_lands_in_the_generators_next_product() -> None:
    story = Story()
    # waste leaves without burden, and so do the power and the ash that are made of it
    assert story.of(story.maker.name("machine-1")) == pytest.approx(1100.0)
    for name in (story.maker.name("waste-1"), story.burner.name("power-1"), story.burner.name("ash-1")):
        assert story.of(name) == 0.0
    assert story.of(story.service) == pytest.approx(BURNT)
    story.assemble("machine-2", {story.service: "1 HUR"}, [], parts="1000")
    assert story.of(story.maker.name("machine-2")) == pytest.approx(1000.0 + BURNT)


def test_nobody_pays_twice() -> None:
    story = Story()
    half = {story.service: "0.5 HUR"}
    story.assemble("machine-2", half, [], parts="1000")
    story.assemble("machine-3", half, [], parts="1000")
    assert story.of(story.maker.name("machine-3")) == pytest.approx(1000.0 + BURNT / 2)
    verdict = story.ledger.post([(story.maker.party, story.next_machine("machine-4", half, [], parts="1000"))])[0]
    assert isinstance(verdict, LedgerError)


def test_what_would_hand_out_free_power_without_a_service_is_refused() -> None:
    story = Story()
    burner = story.burner
    story.assemble("machine-2", {}, [
        story.maker.output("waste-2", "offcut", "100 KGM", "waste", origin="preConsumer"),
    ], parts="1100")
    taken = story.maker.send("waste-2", "100 KGM", burner, "waste-2-sent")
    verdict = story.ledger.post([(burner.party, burner.record(
        "circular.incineration", [burner.output("power-2", "power", "100 KWH")], {taken: "100 KGM"},
        activity={"composition": [{"kind": "plastic", "share": "1"}]},
    ))])[0]
    assert not isinstance(verdict, Sequenced)
    assert getattr(verdict, "code", None) == "no-carrier"
