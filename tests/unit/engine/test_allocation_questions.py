"""Allocation shares against the usual ones: each rule on both sides, solved by hand.

Every record emits 1,000 kg, so a tenth of the burdens is 100 kg. The usual prices per kg (low, usual, high) are: copper
4.5, 8, 12; copper slag 0.001, 0.01, 0.07; ethylene 0.4, 0.95, 1.5; hydrogen 0.8, 1.8, 6; power 0.025, 0.1, 0.35 per
kWh. The set `round` has no reference range for them, so that nothing else is questioned.
"""

from collections.abc import Mapping, Sequence
from decimal import Decimal, localcontext
from typing import Any, Final

import msgspec
import pytest
from support import factor_sets
from support.memory import MemoryLedger
from support.sectors import MAKE, Make
from support.site import END, START, Site, ore, raw, supply

from ledger.admission.facts import Composition, Facts, LotFacts
from ledger.admission.lots import Created, Plan, Supplied
from ledger.core.outcome.assessment import QUESTIONED, Assessment, Finding
from ledger.core.record.amounts import CONTEXT
from ledger.core.record.kinds import Transformation
from ledger.core.record.study import AllocationBasis
from ledger.core.record.values import Evidence, Money, Quantity
from ledger.engine.allocation_questions import (
    FAR_SHARE,
    NOT_MASSES,
    NOT_WHOLE,
    SAME_PRODUCT,
    UNKNOWN_GOODS,
    WRONG_KEY,
)
from ledger.engine.bounds.matter import KnownMatter, water_in_outputs
from ledger.sdk import NaturalInput
from ledger.sdk.sets.prices import is_prescribed, price_of_energy, price_of_mixture, usual_price
from ledger.sdk.tables import rows

BURDEN: Final = 1000.0
RULE: Final = AllocationBasis(rule="a product category rule")
SHOWN: Final = Evidence(digest="0" * 64, media_type="application/pdf", kind="productCategoryRules")
INVOICE: Final = Evidence(digest="7" * 64, media_type="application/pdf", kind="serviceInvoice:hours")
COPPER: Final = {"copper": "1"}
SLAG: Final = {"copperSlag": "1"}
ETHYLENE: Final = {"ethylene": "1"}
HYDROGEN: Final = {"hydrogen": "1"}
NEITHER: Final = {"classifications": {"hs": "9999"}}
"""A product with a code that no set knows: it says what it is, and has no price."""
METAL: Final = 8 * 250 / (8 * 250 + 0.01 * 750)
"""The share by usual prices of 250 kg of copper beside 750 kg of slag."""
POOR_METAL: Final = 4.5 * 250 / (4.5 * 250 + 0.07 * 750)
"""In a year that is bad for copper and good for slag."""
GAS: Final = 0.95 * 900 / (0.95 * 900 + 1.8 * 100)
"""Of 900 kg of ethylene beside 100 kg of hydrogen."""


class Works(Site):
    """Makes one record of lots `0`, `1`, ... and tells what is asked about them."""

    def run(self, *outputs: Mapping[str, Any], key: str = "declared", **fields: Any) -> Assessment:
        """An output is the fields of its product (or the name of an earlier one as `of`), `kg` or `quantity`, and other
        fields of the output."""
        lots = []
        for i, given in enumerate(outputs):
            stated = dict(given)
            product = {name: stated.pop(name) for name in ("materials", "classifications", "unit") if name in stated}
            short = stated.pop("of", None) or f"good-{i}"
            if self.name(short) not in self.ledger.state.products:
                self.product(short, **product)
            amount = stated.pop("quantity", None) or f"{stated.pop('kg')} KGM"
            value = stated.pop("value", None)
            lots.append(self.out(
                str(i), short, amount, stated.pop("role", "product"), **stated,
                value=None if value is None else Money(value=value, currency="CNY")))
        mass = sum([one.quantity.amount for one in lots if one.quantity.unit == "KGM"], Decimal(0))
        made: dict[str, Any] = {"activity": raw(Make(co2="1000")), **fields}
        if "allocation_basis" in made:
            made.setdefault("evidence", [SHOWN])
        supplies = [*([ore(f"{mass} KGM")] if mass else []), *made.pop("bought", [])]
        self._post(Transformation(
            issuer=self.id, nonce=self.ledger.nonce(), facility=self.facility, start=START, end=END, process=MAKE,
            supplies=supplies, outputs=lots, allocation=key, **made))
        return msgspec.json.decode(self.ledger.assessment(self.ledger.state.size - 1).assessment, type=Assessment)

    def asked(self) -> list[float]:
        """Kg that the figure of each lot questions, by its share or its range. Other rules question the record."""
        index = self.ledger.state.size - 1
        leaf = self.ledger.assessment(index)
        amounts = {question.output: float(question.escaped) + float(question.made) for question in leaf.questions}
        return [amounts.get(output, 0.0) for output in range(len(self.ledger.history.made[index]))]


@pytest.fixture
def works() -> Works:
    memory = MemoryLedger(factor_sets.registry())
    memory.activate_sets()
    return Works(memory, "works")


def about(assessment: Assessment, severity: str = "warning") -> list[tuple[str, int | None]]:
    """Code and output of the findings about shares."""
    return [(one.code, one.output) for one in shares(assessment) if one.severity == severity]


def shares(assessment: Assessment) -> Sequence[Finding]:
    return [one for one in assessment.findings if one.unit == "share"]


def value(amount: str) -> dict[str, Any]:
    return {"value": amount}


@pytest.mark.parametrize(("share", "amount"), [("0.491", 0), ("0.489", 11), ("0.1", 400), ("0.5", 0)])
def test_lots_of_one_product_carry_the_same(works: Works, share: str, amount: float) -> None:
    """500 kg each: declared shares differ by rounding alone."""
    rest = str(1 - Decimal(share))
    made = works.run({"of": "bar", **COPPER_ONLY, "kg": 500, "share": share}, {"of": "bar", "kg": 500, "share": rest})
    assert (works.asked(), about(made)) == (pytest.approx([amount, 0]), [(SAME_PRODUCT, 0)] if amount else [])


COPPER_ONLY: Final = {"materials": COPPER}


@pytest.mark.parametrize(("key", "fields", "amount"), [
    ("mass", ({}, {}), 0),
    ("value", (value("45.1"), value("54.9")), 0),
    ("value", (value("44.9"), value("55.1")), 51),
    ("moles", ({"moles": "49.1"}, {"moles": "50.9"}), 0),
    ("moles", ({"moles": "48.9"}, {"moles": "51.1"}), 11),
    ("energy", tuple({"heating_value": Quantity(value=amount, unit="3B")} for amount in ("45.1", "54.9")), 0),
    ("energy", tuple({"heating_value": Quantity(value=amount, unit="3B")} for amount in ("32", "68")), 180),
])
def test_by_whatever_key(works: Works, key: str, fields: Any, amount: float) -> None:
    """Prices and heating values differ by a tenth at most; one product has one molar mass."""
    works.run({"of": "bar", **COPPER_ONLY, "kg": 500, **fields[0]}, {"of": "bar", "kg": 500, **fields[1]}, key=key)
    assert works.asked() == pytest.approx([amount, 0])


def test_a_rule_gives_one_product_no_two_shares(works: Works) -> None:
    works.run({"of": "bar", "kg": 500, "share": "0.4"}, {"of": "bar", "kg": 500, "share": "0.6"},
              allocation_basis=RULE)
    assert works.asked() == pytest.approx([100, 0])


@pytest.mark.parametrize(("shares", "total"), [
    (("0.6", "0.3"), "0.9"), (("0.333333333", "0.333333333", "0.333333332"), "0.999999998"), (("0.9", "0.2"), "1.1"),
])
def test_declared_shares_are_a_whole(works: Works, shares: Sequence[str], total: str) -> None:
    """Three shares may miss 3e-9 of the whole by their last decimals."""
    found = works.run(*[{"of": "bar", "kg": 500, "share": share} for share in shares])
    noted = [(one.severity, one.value, one.amount) for one in found.findings if one.code == NOT_WHOLE]
    assert noted == ([] if abs(Decimal(total) - 1) <= Decimal("3e-9") else [("note", Decimal(total), None)])


def test_weights_of_a_sector_are_no_declared_shares(works: Works) -> None:
    found = works.run({"of": "bar", "kg": 500, "share": "0.1"}, {"of": "bar", "kg": 500, "share": "0.2"},
                      activity=raw(Make(co2="1000", weights={"declared": ["1", "1"]})))
    assert NOT_WHOLE not in [one.code for one in found.findings]


@pytest.mark.parametrize(("key", "asked"), [("mass", 0), ("declared", 200)])
def test_services_of_one_product_may_differ(works: Works, key: str, asked: float) -> None:
    """A sector weighs how each was rendered; a declared share says nothing about that."""
    freight = {"of": "freight", "unit": "TKM", "quantity": "10 TKM"}
    works.run({**freight, "share": "0.3"}, {**freight, "share": "0.7"}, key=key,
              activity=raw(Make(co2="1000", weights={"mass": ["3", "7"]})))
    assert works.asked() == pytest.approx([asked, 0])


@pytest.mark.parametrize(("key", "fields", "codes", "asked"), [
    # The prices differ by 800, so a physical key needs a rule.
    ("mass", {}, [(WRONG_KEY, 0)], [(METAL - 0.25) * BURDEN, 0]),
    ("mass", {"allocation_basis": RULE}, [], [0, 0]),
    ("moles", {"moles": ("30", "70")}, [(WRONG_KEY, 0)], [(METAL - 0.3) * BURDEN, 0]),
    ("moles", {"moles": ("30", "70"), "allocation_basis": RULE}, [], [0, 0]),
    ("moles", {"moles": ("4", "96"), "allocation_basis": RULE}, [(FAR_SHARE, 0)], [(0.25 - 0.04) * BURDEN, 0]),
    # By value, a bad year of copper is believed.
    ("value", {"value": ("955500", "44500")}, [], [0, 0]),
    ("value", {"value": ("955300", "44700")}, [(FAR_SHARE, 0)], [(METAL - 0.9553) * BURDEN, 0]),
    ("value", {"value": ("999900", "100")}, [(FAR_SHARE, 1)], [0, (1 - METAL - 0.0001) * BURDEN]),
    ("value", {"value": ("999700", "300")}, [], [0, 0]),
    ("declared", {"share": ("0.9553", "0.0447")}, [(FAR_SHARE, 0)], [(METAL - 0.9553) * BURDEN, 0]),
    # With a rule, the share may be as low as the mass or the price allows.
    ("declared", {"share": ("0.226", "0.774"), "allocation_basis": RULE}, [], [0, 0]),
    ("declared", {"share": ("0.22", "0.78"), "allocation_basis": RULE}, [(FAR_SHARE, 0)], [30, 0]),
])
def test_far_prices(works: Works, key: str, fields: dict[str, Any], codes: Any, asked: Any) -> None:
    """250 kg of copper beside 750 kg of slag."""
    assert pytest.approx(0.955414) == POOR_METAL
    pairs = _pairs(fields)
    made = works.run({"materials": COPPER, "kg": 250, **pairs[0]},
                     {"materials": SLAG, "kg": 750, "role": "coProduct", **pairs[1]}, key=key, **_record(fields))
    assert (works.asked(), about(made)) == (pytest.approx(asked, abs=1e-5), codes)
    assert about(made, "note") == ([(WRONG_KEY if key != "declared" else FAR_SHARE, 0)]
                                   if "allocation_basis" in fields and not codes else [])


@pytest.mark.parametrize(("key", "fields", "codes", "asked"), [
    # The prices differ by 1.9, so the value needs a rule.
    ("mass", {}, [], [0, 0]),
    ("value", {"value": ("820", "180")}, [], [0, 0]),
    ("value", {"value": ("800", "200")}, [(WRONG_KEY, 0)], [100, 0]),
    ("value", {"value": ("800", "200"), "allocation_basis": RULE}, [], [0, 0]),
    ("value", {"value": ("374", "626"), "allocation_basis": RULE}, [(FAR_SHARE, 0)], [(GAS - 0.374) * BURDEN, 0]),
    ("declared", {"share": ("0.811", "0.189")}, [], [0, 0]),
    ("declared", {"share": ("0.8", "0.2")}, [(FAR_SHARE, 0)], [100, 0]),
    # Other physical keys may come to two thirds of the share by mass.
    ("moles", {"moles": ("600", "400")}, [], [0, 0]),
    ("moles", {"moles": ("590", "410")}, [(FAR_SHARE, 0)], [310, 0]),
])
def test_near_prices(works: Works, key: str, fields: dict[str, Any], codes: Any, asked: Any) -> None:
    """900 kg of ethylene beside 100 kg of hydrogen."""
    pairs = _pairs(fields)
    made = works.run({"materials": ETHYLENE, "kg": 900, **pairs[0]},
                     {"materials": HYDROGEN, "kg": 100, "role": "coProduct", **pairs[1]}, key=key, **_record(fields))
    assert (works.asked(), about(made)) == (pytest.approx(asked), codes)


@pytest.mark.parametrize(("kind", "asked"), [
    ("productCategoryRules", 0), ("sectorRules:copper", 0), ("allocationRules", 0),
    ("", (METAL - 0.25) * BURDEN), ("photograph", (METAL - 0.25) * BURDEN),
])
def test_a_rule_by_word_answers_nothing(works: Works, kind: str, asked: float) -> None:
    """250 kg of copper beside 750 kg of slag, by mass."""
    works.run({"materials": COPPER, "kg": 250}, {"materials": SLAG, "kg": 750, "role": "coProduct"}, key="mass",
              allocation_basis=RULE, evidence=[msgspec.structs.replace(SHOWN, kind=kind)] if kind else [])
    assert works.asked() == pytest.approx([asked, 0])


def _pairs(fields: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The fields of the two outputs."""
    pairs: list[dict[str, Any]] = [{}, {}]
    for name, stated in fields.items():
        if name != "allocation_basis":
            for pair, text in zip(pairs, stated, strict=True):
                pair[name] = text
    return pairs


def _record(fields: Mapping[str, Any]) -> dict[str, Any]:
    return {name: stated for name, stated in fields.items() if name == "allocation_basis"}


@pytest.mark.parametrize(("key", "fields", "codes", "notes", "asked"), [
    # Stated prices stand in for usual ones.
    ("mass", {"value": ("500", "100")}, [], [], [0, 0]),
    ("mass", {"value": ("510", "100")}, [(WRONG_KEY, 0)], [], [(510 / 610 - 0.5) * BURDEN, 0]),
    ("mass", {"value": ("510", "100"), "allocation_basis": RULE}, [], [(WRONG_KEY, 0)], [0, 0]),
    ("mass", {}, [], [], [0, 0]),
    ("value", {"value": ("460", "540")}, [], [], [0, 0]),
    ("value", {"value": ("440", "560")}, [(WRONG_KEY, 0)], [], [60, 0]),
    ("value", {"value": ("440", "560"), "allocation_basis": RULE}, [], [(WRONG_KEY, 0)], [0, 0]),
    ("value", {"value": ("160", "840")}, [], [], [0, 0]),
    ("value", {"value": ("90", "910")}, [], [(FAR_SHARE, 0)], [0, 0]),
    # Without prices, a fifth of the share by mass.
    ("declared", {"share": ("0.46", "0.54")}, [], [], [0, 0]),
    ("declared", {"share": ("0.44", "0.56")}, [], [(FAR_SHARE, 0)], [0, 0]),
    ("declared", {"share": ("0.11", "0.89")}, [], [(FAR_SHARE, 0)], [0, 0]),
    ("declared", {"share": ("0.09", "0.91")}, [(FAR_SHARE, 0)], [], [410, 0]),
    ("declared", {"share": ("0.09", "0.91"), "allocation_basis": RULE}, [], [(FAR_SHARE, 0)], [0, 0]),
    ("moles", {"moles": ("26", "74")}, [], [], [0, 0]),
    ("moles", {"moles": ("24", "76")}, [], [(FAR_SHARE, 0)], [0, 0]),
    ("moles", {"moles": ("9", "91")}, [(FAR_SHARE, 0)], [], [410, 0]),
])
def test_goods_without_a_usual_price(
    works: Works, key: str, fields: dict[str, Any], codes: Any, notes: Any, asked: Any
) -> None:
    """500 kg each."""
    pairs = _pairs(fields)
    made = works.run({**NEITHER, "kg": 500, **pairs[0]}, {**NEITHER, "kg": 500, **pairs[1]}, key=key,
                     **_record(fields))
    assert (works.asked(), about(made), about(made, "note")) == (pytest.approx(asked), codes, notes)


@pytest.mark.parametrize(("share", "amount"), [("0.46", 0), ("0.44", 60)])
def test_goods_of_one_composition_have_one_price(works: Works, share: str, amount: float) -> None:
    """Nobody knows a price of it, and the by-product is no dearer than the product."""
    alike = {"materials": {"unheardOf": "1"}, "kg": 500}
    works.run({**alike, "share": share}, {**alike, "role": "byProduct", "share": str(1 - Decimal(share))})
    assert works.asked() == pytest.approx([amount, 0])


@pytest.mark.parametrize(("bought", "kilograms", "role", "values", "code", "usual"), [
    ("steel", 250, "coProduct", None, None, 0), ("steel", 260, "coProduct", None, FAR_SHARE, 1),
    ("steel", 260, "byProduct", None, FAR_SHARE, 1), ("steel", 260, "product", None, None, 0),
    ("zinc", 260, "coProduct", None, FAR_SHARE, 1),  # of the class of metals
    ("gravel", 260, "coProduct", None, None, 0),  # nobody cuts steel off gravel
    # 740 kg at 1 beside 260 kg at 0.2, and at less.
    ("steel", 260, "coProduct", ("740", "52"), None, 0),
    ("steel", 260, "coProduct", ("740", "45"), WRONG_KEY, 740 / 785),
    ("gravel", 260, "coProduct", ("740", "45"), WRONG_KEY, 740 / 785),
])
def test_offcuts_of_bought_goods_need_a_value(
    works: Works, bought: str, kilograms: int, role: Any, values: Any, code: str | None, usual: float
) -> None:
    """Parts and swarf of steel, by mass."""
    steel = {"materials": {"steel": "1"}}
    stated = [{}, {}] if values is None else [value(one) for one in values]
    made = works.run({**steel, "kg": 1000 - kilograms, **stated[0]},
                     {**steel, "kg": kilograms, "role": role, **stated[1]}, key="mass",
                     bought=[supply(bought, "1000 KGM")])
    assert about(made) == ([(code, 0)] if code else [])
    assert [float(one.share) for one in made.usual_shares] == ([pytest.approx(usual)] if code else [])


@pytest.mark.parametrize(("weights", "asked"), [
    (["50", "50"], [0, 0]), (["46", "54"], [0, 0]), (["44", "56"], [60, 0]), (["1", "99"], [490, 0]),
    (["1", "0"], [0, 0]),  # set aside by the sector
])
def test_weights_by_mass_are_the_masses(works: Works, weights: list[str], asked: list[float]) -> None:
    made = works.run({**NEITHER, "kg": 500}, {**NEITHER, "kg": 500}, key="mass",
                     activity=raw(Make(co2="1000", weights={"mass": weights})))
    assert (works.asked(), about(made)) == (pytest.approx(asked), [(NOT_MASSES, 0)] if any(asked) else [])


@pytest.mark.parametrize(("weights", "asked"), [(["500", "250"], []), (["500", "500"], []), (["500", "200"], [1])])
def test_weights_by_mass_may_be_dry_masses(works: Works, weights: list[str], asked: list[int]) -> None:
    lye = {"materials": {"causticSoda": "0.5"}, "kg": 500, "role": "coProduct"}
    made = works.run({"materials": {"chlorine": "1"}, "kg": 500}, lye, key="mass",
                     activity=raw(Make(co2="1000", weights={"mass": weights})))
    assert [output for code, output in about(made) if code == NOT_MASSES] == asked


@pytest.mark.parametrize(("role", "product", "kilograms", "asked"), [
    ("byProduct", {}, 250, 0), ("byProduct", {}, 260, 260), ("coProduct", {}, 260, 260), ("product", {}, 260, 0),
    ("coProduct", NEITHER, 260, 0), ("byProduct", NEITHER, 260, 260),
])
def test_goods_that_nobody_can_price_carry_at_most_a_quarter(
    works: Works, role: Any, product: dict[str, Any], kilograms: int, asked: float
) -> None:
    made = works.run({**COPPER_ONLY, "kg": 1000 - kilograms}, {**product, "kg": kilograms, "role": role}, key="mass")
    assert (works.asked(), about(made)) == (pytest.approx([asked, 0]), [(UNKNOWN_GOODS, 0)] if asked else [])


@pytest.mark.parametrize(("role", "share", "asked"), [
    ("coProduct", "0.25", 0), ("coProduct", "0.26", 260), ("product", "0.26", 260), ("byProduct", "0.9", 900),
])
def test_a_service_beside_goods_carries_at_most_a_quarter(works: Works, role: Any, share: str, asked: float) -> None:
    """By stated values and an invoice."""
    made = works.run({**COPPER_ONLY, "kg": 1000, "share": str(1 - Decimal(share)), **value("75")},
                     {"unit": "HUR", "quantity": "10 HUR", "role": role, "share": share, **value("25")},
                     evidence=[INVOICE])
    assert (works.asked(), about(made)) == (pytest.approx([asked, 0]), [(UNKNOWN_GOODS, 0)] if asked else [])


@pytest.mark.parametrize(("stated", "papers"), [({}, [INVOICE]), (value("1"), []), (value("1"), [SHOWN]), ({}, [])])
def test_a_service_by_word_carries_nothing(works: Works, stated: Mapping[str, Any], papers: Any) -> None:
    made = works.run({**COPPER_ONLY, "kg": 1000, "share": "0.76", **stated},
                     {"unit": "HUR", "quantity": "10 HUR", "role": "coProduct", "share": "0.24", **stated},
                     evidence=papers)
    assert (works.asked(), about(made)) == (pytest.approx([240, 0]), [(UNKNOWN_GOODS, 0)])


@pytest.mark.parametrize(("share", "stated", "papers", "asked"), [
    ("0.26", {}, [], 0), ("0.24", {}, [], 260), ("0.000001", {}, [], 499.999), ("0.1", value("1"), [], 400),
    ("0.1", value("1"), [INVOICE], 0), ("0.1", {}, [INVOICE], 400),
])
def test_services_alone_carry_alike(
    works: Works, share: str, stated: Mapping[str, Any], papers: Any, asked: float
) -> None:
    works.run(*[{"of": name, "unit": "HUR", "quantity": "10 HUR", "share": part, **stated}
                for name, part in (("melting", share), ("packing", str(1 - Decimal(share))))], evidence=papers)
    assert works.asked() == pytest.approx([asked, 0])


@pytest.mark.parametrize("unit", ["KWH", "3B", "TKM"])
def test_nobody_weighs_energy_by_moles(works: Works, unit: str) -> None:
    lot = {"of": "thing", "unit": unit, "quantity": f"10 {unit}"}
    works.run({**lot, "moles": "1"}, {**lot, "moles": "99"}, key="moles")
    assert works.asked() == pytest.approx([490, 0])


def test_materials_make_no_service_a_good(works: Works) -> None:
    works.run({**COPPER_ONLY, "kg": 1000, "share": "0.1"},
              {**COPPER_ONLY, "unit": "HUR", "quantity": "10 HUR", "share": "0.9"})
    assert works.asked() == pytest.approx([900, 0])


@pytest.mark.parametrize(("products", "share", "asked"), [
    (("freight", "freight"), "0.44", 60), (("clean", "other"), "0.44", 60), (("clean", "other"), "0.491", 0),
])
def test_freight_carries_the_same_under_any_name(
    works: Works, products: tuple[str, str], share: str, asked: float
) -> None:
    first, second = [{"of": name, "unit": "TKM", "quantity": "10 TKM"} for name in products]
    works.run({**first, "share": share}, {**second, "share": str(1 - Decimal(share))})
    assert works.asked() == pytest.approx([asked, 0])


def test_a_stated_value_says_what_the_by_product_is_worth(works: Works) -> None:
    """At a ratio of 5 it may carry by mass."""
    works.run({**COPPER_ONLY, "kg": 500, **value("500")}, {"kg": 500, "role": "byProduct", **value("100")}, key="mass")
    assert works.asked() == [0, 0]


@pytest.mark.parametrize(("share", "amount"), [("0.993", 0), ("0.99", 800 / 801 - 0.99), ("0.1", 800 / 801 - 0.1)])
def test_power_carries_no_more_than_it_is_worth(works: Works, share: str, amount: float) -> None:
    """100 kg of copper beside 10 kWh: 4.5 * 100 / (450 + 3.5) = 0.9923 in a bad year."""
    works.run({**COPPER_ONLY, "kg": 100, "share": share},
              {"unit": "KWH", "quantity": "10 KWH", "role": "coProduct", "share": str(1 - Decimal(share))})
    assert works.asked() == pytest.approx([amount * BURDEN, 0], abs=1e-5)


def test_the_figure_below_its_range_asks_for_the_rest(works: Works) -> None:
    """Steel begins at 1.5 kg per kg, and 3 are usual. Of 2,000 kg the first lot carries 20 and escapes 980; it makes up
    for the 500 that are left of 1,500."""
    steel = {"materials": {"steel": "1"}, "kg": 500}
    works.run({**steel, "of": "bar"}, {**steel, "of": "bar"}, key="mass",
              activity=raw(Make(co2="2000", weights={"mass": ["1", "99"]})))
    assert works.asked() == pytest.approx([980 + 500, 0])


def test_omissions_escape_too(works: Works) -> None:
    (omission,) = works.run({"of": "bar", "kg": 500, "share": "0.1"}, {"of": "bar", "kg": 500, "share": "0.9"},
                            bought=[supply("unheardOfAlloy", "10 KGM")]).omissions
    assert omission.estimate is not None
    assert works.asked() == pytest.approx([0.4 * (1000 + float(omission.estimate)), 0])


def test_at_each_step_a_slice(works: Works) -> None:
    """A tenth of the mass takes a quarter of the burdens, twice: figure and question keep nine tenths of the burdens a
    kg, and the question of the first step comes along."""
    metal = {"materials": COPPER}
    works.run({**metal, "of": "bar", "kg": 900, "share": "0.75"},
              {**metal, "of": "chips", "kg": 100, "role": "coProduct", "share": "0.25"})
    assert works.asked() == pytest.approx([150, 0])
    works.make(
        [works.out("second", "bar", "810 KGM", share="0.75"),
         works.out("chips", "chips", "90 KGM", "coProduct", share="0.25")],
        {"0": "900 KGM"}, allocation="declared",
    )
    burdens = works.ledger.burdens(works.name("second"))
    assert burdens["fossilGhgEmissions"] == pytest.approx(1000 * 0.75**2)
    assert burdens["fossilGhgEmissions"] + burdens[QUESTIONED] == pytest.approx(810)


def test_the_finding_says_both_shares(works: Works) -> None:
    made = works.run({"materials": ETHYLENE, "kg": 900, "share": "0.8"}, {"materials": HYDROGEN, "kg": 100,
                                                                         "share": "0.2"})
    (finding,) = shares(made)
    (usual,) = made.usual_shares
    assert (usual.output, usual.share, usual.code) == (0, Decimal("0.9"), FAR_SHARE)
    assert (finding.value, finding.amount, finding.usual and finding.usual.low) == (
        Decimal("0.8"), None, Decimal("0.81"))
    assert "80.0 % of the burdens where 90.0 % are usual" in finding.message


def test_a_single_carrier_is_not_compared(works: Works) -> None:
    works.run({**COPPER_ONLY, "kg": 10}, {"materials": SLAG, "kg": 990, "role": "waste", "origin": "preConsumer"},
              key="mass")
    assert works.asked() == [0, 0]


def test_prices() -> None:
    assert price_of_mixture([], {"copper": Decimal("0.5"), "copperSlag": Decimal("0.5")}) == (
        Decimal("2.2505"), Decimal("4.005"), Decimal("6.035"))
    assert price_of_mixture([], {"copper": Decimal("0.89")}) is None
    assert price_of_mixture([], {"copper": Decimal("0.9")}) == (
        Decimal("4.05"), Decimal("7.2"), Decimal("10.8"))
    assert price_of_mixture([], {"copper": Decimal("0.9"), "unheardOf": Decimal("0.1")}) is None
    assert usual_price([], "unheardOf") is None
    assert (price_of_energy(Decimal(2), "MWH"), price_of_energy(Decimal(2), "GV")) == ((50, 200, 700), (6, 24, 90))
    assert price_of_energy(Decimal(2), "KGM") is None


def test_rules_of_sectors_prescribe_keys() -> None:
    assert is_prescribed("petrochemicals.steamCracking", "mass")
    assert not is_prescribed("petrochemicals.steamCracking", "moles")
    assert is_prescribed("petrochemicals.hydrogen", "moles")


@pytest.mark.parametrize(("process", "key", "goods", "prescribed"), [
    ("hydrogen", "mass", (["chlorine"], ["causticSoda"], ["hydrogen"]), True),
    ("hydrogen", "mass", (["chlorine"], ["causticSoda", "water"]), True),
    ("hydrogen", "mass", (["hydrogen"], ["oxygen"]), False), ("hydrogen", "moles", (["hydrogen"], ["oxygen"]), True),
    ("hydrogen", "mass", (["hydrogen"], ["water"]), False), ("hydrogen", "mass", (["hydrogen"], []), False),
    ("steamCracking", "mass", (["ethylene"], ["propylene"], []), True),
    ("steamCracking", "mass", (["ethylene"], ["water"]), False),
])
def test_a_rule_prescribes_its_key_among_its_goods(process: str, key: str, goods: Any, prescribed: bool) -> None:
    assert is_prescribed(f"petrochemicals.{process}", key, goods) == prescribed


def test_the_table_of_prices_is_sound() -> None:
    """Each row has a source, bounds around the usual price, and a name of its own."""
    table = rows("ledger.sdk.data", "usual-prices.csv")
    names = [row["material"] for row in table]
    assert (names, len({row["sector"] for row in table})) == (sorted(set(names)), 5)
    for row in table:
        low, usual, high = (Decimal(row[column]) for column in ("low", "usual", "high"))
        assert 0 < low <= usual <= high, row
        assert row["source"]
        assert row["status"] in ("read", "recalled")
        assert row["unit"] == {"electricity": "KWH", "heat": "3B"}.get(row["material"], "KGM")


# Water, which carries nothing


@pytest.mark.parametrize(("water", "fields", "asked"), [
    ("0.5", {}, (450 / 900 - 450 / 1350) * BURDEN), ("0.5", {"allocation_basis": RULE}, 0),
    # 810 kg of dry matter would leave 0.357 with the product: near enough.
    ("0.1", {}, 0), ("0", {}, 0),
])
def test_stated_water_carries_nothing(works: Works, water: str, fields: Any, asked: float) -> None:
    wet = {"ethylene": str(1 - Decimal(water)), **({"water": water} if water != "0" else {})}
    found = works.run({"materials": ETHYLENE, "kg": 450}, {"materials": wet, "kg": 900, "role": "coProduct"},
                      key="mass", **fields)
    assert (works.asked(), about(found)) == (pytest.approx([asked, 0]), [(FAR_SHARE, 0)] if asked else [])


def test_goods_of_one_moisture(works: Works) -> None:
    wet = {"ethylene": "0.5", "water": "0.5"}
    works.run({"materials": wet, "kg": 450}, {"materials": wet, "kg": 900, "role": "coProduct"}, key="mass")
    assert works.asked() == [0, 0]


def test_of_slag_the_value_decides(works: Works) -> None:
    """Its water changes little of that."""
    slag = {"copperSlag": "0.5", "water": "0.5"}
    found = works.run({"materials": COPPER, "kg": 250}, {"materials": slag, "kg": 750}, key="mass")
    assert about(found) == [(WRONG_KEY, 0)]


def _water(
    outputs: Sequence[tuple[str, int, Mapping[str, str]]], dry: int, water: int, most: str = "0.6"
) -> list[float]:
    """Kg of water in outputs of these roles, masses and materials, which leave with `dry` and `water` kg coming in."""
    created = [Created(LotFacts(
        id=f"lot-{i}", number=i, product="good", holder="works", role=role, quantity=Decimal(kg), unit="KGM",
        mass=Decimal(kg), composition=Composition(materials)), None) for i, (role, kg, materials) in enumerate(outputs)]
    supplied = [Supplied(supply(name, f"{kg} KGM"), Decimal(kg)) for name, kg in (("ethylene", dry), ("water", water))]
    nature = NaturalInput(group="water", most=Decimal(most), source="by hand")
    goods = KnownMatter((factor_sets.version("1"),), (nature,))
    with localcontext(CONTEXT):
        found = water_in_outputs(Plan((), tuple(created), tuple(supplied)), Facts(), goods)
    return [float(kilograms) for kilograms in found]


def test_water_that_no_output_states() -> None:
    """What weighs more than dry matter and two scales explain: 1,450 kg of 1,000 kg and water hold 400 kg of it."""
    pair: Any = [("product", 450, ETHYLENE), ("coProduct", 1000, ETHYLENE)]
    assert (_water(pair, 1000, 5000), _water(pair, 1000, 100)) == ([0, 400], [0, 100])
    assert _water(pair, 1000, 0) == _water(pair, 1400, 5000) == _water(pair, 1000, 5000, "1") == [0, 0]
    assert _water([*pair[:1], ("coProduct", 1000, {"ethylene": "0.6", "water": "0.4"})], 1000, 5000) == [0, 400]


def test_waste_is_wet_before_goods_are() -> None:
    pair: Any = [("product", 450, ETHYLENE), ("waste", 300, {}), ("byProduct", 350, {}), ("coProduct", 350, {})]
    assert _water(pair, 1000, 5000) == [0, 300, 50, 50]
    assert _water([("product", 450, {}), ("product", 1000, {})], 1000, 5000) == [0, 0]
