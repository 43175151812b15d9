"""Whether an output is scrap, whose scrap, and used before. Solved by hand; masses in kg, both sides of each rule."""

from decimal import Decimal
from typing import Any, Final

import pytest
from msgspec import Raw, json
from support.memory import MemoryLedger
from support.raising import raised
from support.sectors import Make
from support.site import ore, quantity, supply
from unit.engine.scrap import Works, document, registry, version

from ledger.admission.lots import Created, Plan
from ledger.core.outcome.assessment import Assessment
from ledger.core.record.kinds import Amendment, ParentEnd
from ledger.core.record.revisions import Change
from ledger.core.record.values import PreviousLife
from ledger.engine.end_of_waste.lives import service_life
from ledger.engine.pricing.surroundings import Surroundings
from ledger.engine.references import Purchase, ranges_of_lot
from ledger.errors import Refused

PRE, POST = "recycledPreConsumer:steel", "recycledPostConsumer:steel"
IN_QUESTION: Final = f"questioned:{PRE}"


@pytest.fixture
def ledger() -> MemoryLedger:
    memory = MemoryLedger(registry())
    memory.activate_sets()
    return memory


@pytest.fixture
def mill(ledger: MemoryLedger) -> Works:
    return Works(ledger, "mill")


# Scrap of the same group


def melted(mill: Works, scrap: str, **fields: Any) -> dict[str, float]:
    """Recycled contents of 90 kg of bars of 100 kg of scrap, in another process than the scrap's."""
    mill.run([mill.out("melted", "bar", "90 KGM")], {scrap: "100 KGM"}, facility=mill.hall, **fields)
    return mill.recycled("melted")


def test_scrap_of_another_organisation_is_recycled_content(ledger: MemoryLedger, mill: Works) -> None:
    shop = Works(ledger, "shop")
    shop.send(shop.swarf(), "100 KGM", mill, "sold")
    assert melted(mill, shop.name("sold")) == {PRE: pytest.approx(90)}


def test_a_treatment_of_waste_dilutes_no_recycled_content(ledger: MemoryLedger, mill: Works) -> None:
    shop = Works(ledger, "shop")
    shop.send(shop.swarf(), "100 KGM", mill, "sold")
    assert melted(mill, shop.name("sold"), supplies=[supply("landfillSlag", "10 KGM")]) == {PRE: pytest.approx(90)}


@pytest.mark.parametrize(("share", "content"), [
    (None, IN_QUESTION), ("1", IN_QUESTION), ("0.51", IN_QUESTION), ("0.5", PRE), ("0.2", PRE),
])
def test_scrap_of_a_sister_is_in_question(
    ledger: MemoryLedger, mill: Works, share: str | None, content: str
) -> None:
    """A parent controls what it owns by more than half (GHG Protocol, chapter 3)."""
    shop = Works(ledger, "shop", mill, share)
    shop.send(shop.swarf(), "100 KGM", mill, "sold")
    assert melted(mill, shop.name("sold")) == {content: pytest.approx(90)}


def test_scrap_of_a_sister_that_has_left(ledger: MemoryLedger, mill: Works) -> None:
    """What it made in the group, and twelve months later, stays in question whenever it is melted."""
    shop = Works(ledger, "shop", mill)
    shop.send(shop.swarf(), "100 KGM", mill, "old")
    ledger.must((shop.party, ParentEnd(issuer=shop.id, nonce=ledger.nonce(), organization=shop.id)))
    ledger.pass_seconds(3 * 365 * 24 * 3_600)
    for name, start, end in (("within", "2030-12-01T00:00:00Z", "2030-12-02T00:00:00Z"),
                             ("after", "2031-02-01T00:00:00Z", "2031-02-02T00:00:00Z")):
        shop.send(shop.swarf(start=start, end=end), "100 KGM", mill, name, time=end)
    later: dict[str, Any] = {"start": "2032-01-01T00:00:00Z", "end": "2032-01-02T00:00:00Z"}
    for name, content in (("old", IN_QUESTION), ("within", IN_QUESTION), ("after", PRE)):
        made = f"melted-{name}"
        mill.run([mill.out(made, "bar", "90 KGM")], {shop.name(name): "100 KGM"}, facility=mill.hall, **later)
        assert mill.recycled(made) == {content: pytest.approx(90)}, name


def test_scrap_of_the_group_through_a_trader_is_in_question(ledger: MemoryLedger, mill: Works) -> None:
    cousin = Works(ledger, "cousin", Works(ledger, "shop", mill))
    trader = Works(ledger, "trader")
    cousin.send(cousin.swarf(), "100 KGM", trader, "to-trader")
    trader.send(cousin.name("to-trader"), "100 KGM", mill, "to-mill")
    assert melted(mill, trader.name("to-mill")) == {IN_QUESTION: pytest.approx(90)}


def test_own_scrap_of_another_process_is_in_question_and_of_the_same_is_none(mill: Works) -> None:
    entry = mill.run([mill.out("again", "bar", "90 KGM")], {mill.swarf(): "100 KGM"})
    assert mill.recycled("again") == {}
    assert "group-scrap" not in mill.codes(entry)
    assert melted(mill, mill.swarf()) == {IN_QUESTION: pytest.approx(90)}


def test_a_toller_does_not_make_the_owners_scrap_recycled(ledger: MemoryLedger, mill: Works) -> None:
    """The mill places its swarf with a toller, and the ingots are the mill's."""
    toller = Works(ledger, "toller")
    mill.send(mill.swarf(), "100 KGM", toller, "placed", purpose="custody")
    toller.run([toller.out("ingot", "bar", "90 KGM", owner=mill.id)], {mill.name("placed"): "100 KGM"})
    assert toller.recycled("ingot") == {IN_QUESTION: pytest.approx(90)}


@pytest.mark.parametrize(("kind", "content"), [
    ("recycledContent", PRE), ("recycledContent:steel", PRE), ("recycledContent:zinc", IN_QUESTION),
    ("weighing", IN_QUESTION),
])
def test_a_document_about_the_recycled_content_answers(mill: Works, kind: str, content: str) -> None:
    assert melted(mill, mill.swarf(), evidence=[document(kind)]) == {content: pytest.approx(90)}


def test_content_that_the_scrap_carried_stays(ledger: MemoryLedger, mill: Works) -> None:
    """Of 200 kg of bars and swarf 80 kg came from end users. The swarf keeps its 40 kg, and only the other 60 kg of it
    are in question; a tenth is lost."""
    yard = Works(ledger, "yard")
    yard.collect("old", "swarf", "80 KGM")
    yard.send("old", "80 KGM", mill, "old-sold")
    scrap = mill.swarf(inputs={yard.name("old-sold"): "80 KGM"}, supplies=[ore("120 KGM")])
    assert mill.recycled(scrap) == {POST: pytest.approx(40)}
    assert melted(mill, scrap) == {POST: pytest.approx(36), IN_QUESTION: pytest.approx(54)}
    # As swarf once more, the claim is no other one: 36 of 90 kg are old, 54 are in question.
    mill.run([mill.out("rest", "swarf", "90 KGM", "waste", origin="preConsumer")], {"melted": "90 KGM"})
    mill.run([mill.out("third", "bar", "90 KGM")], {"rest": "90 KGM"}, facility=mill.hall)
    assert mill.recycled("third") == {POST: pytest.approx(36), IN_QUESTION: pytest.approx(54)}
    # For another organisation it is recycled content.
    mill.run([mill.out("end", "swarf", "90 KGM", "waste", origin="preConsumer")], {"third": "90 KGM"})
    mill.send("end", "90 KGM", yard, "end-sold")
    yard.run([yard.out("new", "bar", "90 KGM")], {mill.name("end-sold"): "90 KGM"})
    assert yard.recycled("new") == {PRE: pytest.approx(90)}


def test_content_in_question_is_conserved(mill: Works) -> None:
    entry = mill.run([mill.out("ingot", "bar", "90 KGM")], {mill.swarf(): "100 KGM"}, facility=mill.hall)
    leaf = mill.ledger.assessment(entry.index)
    assert (float(leaf.arisen[IN_QUESTION]), float(leaf.lost[IN_QUESTION])) == pytest.approx((100, 10))
    finding = mill.finding(entry, "group-scrap")
    assert (finding.taken, finding.amount, finding.severity) == (0, None, "warning")


# Recycled by name


@pytest.fixture
def again(mill: Works) -> Works:
    """A mill with a product that is called recycled steel."""
    mill.product("again", materials={"recycledSteel": "1"})
    return mill


@pytest.mark.parametrize(("kinds", "kilograms", "question", "code"), [
    (["environmentalProductDeclaration"], "50", 150, "recycled-by-name"),
    (["environmentalProductDeclaration"], "120", 0, ""),  # in the range of primary steel
    (["recycledContent"], "50", 0, ""), (["recycledContent:recycledSteel"], "10", 0, ""),
    (["recycledContent:zinc"], "10", 190, "recycled-by-name"), (["recycledContent"], "9", 41, "figure-below-range"),
], ids=str)
def test_a_declaration_needs_a_document_about_its_recycled_content(
    again: Works, kinds: list[str], kilograms: str, question: float, code: str
) -> None:
    """100 kg of primary steel cause 200 kg, and of recycled steel 50: its range begins at 10."""
    entry = again.declare(lot=again.out("lot", "again", "100 KGM"), burdens={"fossilGhgEmissions": kilograms},
                          evidence=[document(kind) for kind in kinds])
    assert (again.asked("lot"), again.codes(entry)) == (pytest.approx(question), {code} if code else set())


@pytest.mark.parametrize(("inputs", "supplies", "kinds", "question"), [
    ({}, [ore("100 KGM")], [], 200), ({"old": "100 KGM"}, [], [], 0), ({"old": "90 KGM"}, [ore("10 KGM")], [], 55),
    ({"old": "50 KGM"}, [supply("steel", "50 KGM")], [], 0),
    ({}, [supply("steelScrap", "100 KGM")], ["deliveryNote"], 46),
    ({}, [supply("steelScrap", "100 KGM")], [], 196), ({}, [supply("recycledSteel", "100 KGM")], ["invoice"], 0),
    ({}, [supply("recycledSteel", "100 KGM")], ["invoice:steel"], 150),
], ids=str)
def test_scrap_makes_a_material_recycled(
    again: Works, inputs: dict[str, str], supplies: list[Any], kinds: list[str], question: float
) -> None:
    """Of half scrap and half bought steel the range is the mean of both: it begins at 55, and the steel has 100. With a
    tenth of ore it begins at 19, has the default 65, and the steel has 10. Bought
    scrap has 4 kg, less than recycled steel ever has, and bought recycled steel 50; without a document they are no
    scrap."""
    again.collect("old", "swarf", "100 KGM")
    again.run([again.out("lot", "again", "100 KGM")], inputs, supplies=supplies,
              evidence=[document(kind) for kind in kinds], activity=Make(co2="10" if inputs else "0"))
    assert again.asked("lot") == pytest.approx(question)


# Bought scrap and recycled material, by word


@pytest.mark.parametrize(("supplies", "kinds", "question"), [
    ([supply("steelScrap", "100 KGM")], [], 67 * 1.96), ([supply("steelScrap", "33 KGM"), ore("67 KGM")], [], 0),
    ([supply("steelScrap", "33 KGM"), supply("steel", "67 KGM")], [], 0),
    ([supply("steelScrap", "60 KGM"), supply("steel", "40 KGM")], [], 27 * 1.96),
    ([supply("steelScrap", "100 KGM")], ["deliveryNote"], 0), ([supply("steelScrap", "100 KGM")], ["scrapPurchase"], 0),
    ([supply("steelScrap", "100 KGM")], ["invoice:steelScrap"], 0),
    ([supply("steelScrap", "100 KGM")], ["invoice:zinc"], 67 * 1.96),
    ([supply("steelScrap", "100 KGM")], ["photograph"], 67 * 1.96),
    ([supply("recycledSteel", "100 KGM")], [], 150), ([supply("recycledSteel", "10 KGM"), ore("90 KGM")], [], 15),
    ([supply("recycledSteel", "100 KGM")], ["recycledContent"], 0),
    ([supply("steel", "100 KGM")], [], 0),
], ids=str)
def test_bought_scrap_needs_a_document_beyond_what_is_usual(
    mill: Works, supplies: list[Any], kinds: list[str], question: float
) -> None:
    """Steel has 2 kg per kg, its scrap 0.04 and recycled steel 0.5. The process emits enough for the range of bars."""
    entry = mill.run([mill.out("bars", "bar", "100 KGM")], supplies=supplies, activity=Make(co2="1000"),
                     evidence=[document(kind) for kind in kinds])
    assert mill.asked("bars") == pytest.approx(question)
    assert mill.codes(entry) == ({"unproven-figure"} if question else set())


def test_scrap_of_a_lot_needs_no_document(ledger: MemoryLedger, mill: Works) -> None:
    mill.collect("old", "swarf", "100 KGM")
    mill.run([mill.out("bars", "bar", "100 KGM")], {"old": "100 KGM"}, activity=Make(co2="1000"))
    assert mill.asked("bars") == 0


@pytest.mark.parametrize(("kinds", "question", "codes"), [
    ([], 196, {"recycled-by-name"}), (["photograph"], 196, {"recycled-by-name"}), (["deliveryNote"], 0, set()),
    (["scrapPurchase:steelScrap"], 0, set()),
], ids=str)
def test_declared_scrap_that_is_no_waste_needs_a_document(
    mill: Works, kinds: list[str], question: float, codes: set[str]
) -> None:
    mill.product("scrap", materials={"steelScrap": "1"})
    entry = mill.declare(lot=mill.out("lot", "scrap", "100 KGM"), burdens={"fossilGhgEmissions": "4"},
                         evidence=[document(kind) for kind in kinds])
    assert (mill.asked("lot"), mill.codes(entry)) == (pytest.approx(question), codes)


# Waste of the kind that the route makes


@pytest.mark.parametrize(("goods", "waste", "supplies", "question"), [
    ("75", "25", [ore("100 KGM")], 0), ("74", "26", [ore("100 KGM")], 52),  # rejects of a furnace
    ("25", "75", [supply("steel", "100 KGM")], 0), ("24", "76", [supply("steel", "100 KGM")], 152),  # swarf of a mill
    ("50", "50", [supply("steel", "50 KGM"), ore("50 KGM")], 0),  # half of it is bought, so this is shaping
    ("50", "50", [supply("steel", "49 KGM"), ore("51 KGM")], 100),
    ("", "100", [ore("100 KGM")], 200),  # a trial run
    ("", "100", [ore("67 KGM"), supply("steelScrap", "33 KGM")], 200),
    ("", "100", [ore("50 KGM"), supply("steelScrap", "50 KGM")], 150),
    ("", "100", [supply("steelScrap", "100 KGM")], 0),
], ids=str)
def test_waste_that_is_the_product_is_in_question_beyond_usual_rejects(
    mill: Works, goods: str, waste: str, supplies: list[Any], question: float
) -> None:
    """100 kg of bars and waste, which the set prices at 2 kg per kg. The bars have the burden of all, so that they are
    in no question."""
    outputs = [mill.out("bars", "bar", f"{goods} KGM")] if goods else []
    entry = mill.run([*outputs, mill.out("waste", "swarf", f"{waste} KGM", "waste", origin="preConsumer")],
                     supplies=supplies, activity=Make(co2="1000"),
                     evidence=[] if question else [document("scrapPurchase:steelScrap")])
    assert mill.asked("waste") == pytest.approx(question)
    assert not goods or mill.asked("bars") == 0
    assert ("waste-of-route" in mill.codes(entry)) == bool(question)
    assert ("run-without-product" in mill.codes(entry)) == (not goods)


@pytest.mark.parametrize(("goods", "kind", "question"), [
    ("5", "drawing", 0), ("5", "cuttingPlan", 0), ("5", "workOrder:12", 0), ("5", "invoice", 190),
    ("4", "drawing", 192),
])
def test_a_drawing_shows_that_nearly_all_is_swarf(mill: Works, goods: str, kind: str, question: float) -> None:
    """Up to 95 of 100 kg of bought steel."""
    swarf = mill.out("waste", "swarf", f"{100 - int(goods)} KGM", "waste", origin="preConsumer")
    mill.run([mill.out("bars", "bar", f"{goods} KGM"), swarf], supplies=[supply("steel", "100 KGM")],
             activity=Make(co2="1000"), evidence=[document(kind)])
    assert mill.asked("waste") == pytest.approx(question)


@pytest.mark.parametrize(("materials", "question"), [
    ({"steel": "1"}, 180), ({"steelScrap": "1"}, 180), ({"slag": "1"}, 0), ({}, 0), ({"recycledSteel": "1"}, 180),
    ({"machine": "1"}, 270),
], ids=str)
def test_waste_of_another_kind_is_waste(mill: Works, materials: dict[str, str], question: float) -> None:
    """90 kg of waste beside 10 kg of bars. A name of scrap does not help, nor does another name of a good that the
    route makes of its ore; recycled steel has the range of steel."""
    mill.product("rest", materials=materials)
    mill.run([mill.out("bars", "bar", "10 KGM"), mill.out("waste", "rest", "90 KGM", "waste", origin="preConsumer")],
             supplies=[ore("100 KGM")], activity=Make(co2="1000"))
    assert mill.asked("waste") == pytest.approx(question)


@pytest.mark.parametrize(("goods", "waste", "bought", "question"), [
    (("10", "machine"), "90", "90 KGM", 180),
    (("10", "machine"), "90", "95 KGM", 0),  # less than 95 % of the steel leaves as waste
    (("80", "machine"), "70", "70 KGM", 0),  # the lesser part, by mass and by its usual burden
    (("60", "machine"), "70", "70 KGM", 140),
    (("500", "slag"), "90", "90 KGM", 180),  # ballast has hardly any burden
    (("10", "slag"), "90", "", 180),  # nothing was bought of it: the route made it of its ore
    (("80", "machine"), "90", "", 0),  # the lesser part by its usual burden
], ids=str)
def test_bought_goods_do_not_pass_into_waste_beside_other_goods(
    mill: Works, goods: tuple[str, str], waste: str, bought: str, question: float
) -> None:
    """Steel at 2 kg per kg leaves as waste beside machines at 3 kg, or beside slag at 0.002."""
    amount, material = goods
    mill.product("other", materials={material: "1"})
    entry = mill.run([mill.out("goods", "other", f"{amount} KGM"),
                      mill.out("waste", "swarf", f"{waste} KGM", "waste", origin="preConsumer")],
                     supplies=[supply("steel", bought) if bought else ore("90 KGM"), supply(material, f"{amount} KGM")],
                     activity=Make(co2="1000"))
    assert (mill.asked("waste"), mill.asked("goods")) == (pytest.approx(question), 0)
    assert ("waste-of-route" in mill.codes(entry)) == bool(question)


@pytest.mark.parametrize(("material", "held", "question"), [
    ("slag", "", 0), ("steel", "", 180), ("steel", "machine", 0), ("steel", "slag", 180),
])
def test_ash_beside_power_is_waste_and_metal_is_not(mill: Works, material: str, held: str, question: float) -> None:
    """90 kg out of ore beside heat. Scrap of machines may hold the metal, slag may not."""
    mill.product("heat", "3B")
    mill.product("ash", materials={material: "1"})
    if held:
        mill.product("old", materials={held: "1"})
        mill.collect("scrap", "old", "100 KGM", origin="postConsumer")
    mill.run([mill.out("warm", "heat", "100 3B"), mill.out("ash", "ash", "90 KGM", "waste", origin="preConsumer")],
             {mill.name("scrap"): "100 KGM"} if held else {}, supplies=[ore("100 KGM"), supply("heat", "100 3B")],
             allocation="energy", activity=Make(weights={"energy": ["1", "0"]}))
    assert mill.asked("ash") == question


def test_the_question_goes_where_the_waste_goes(ledger: MemoryLedger, mill: Works) -> None:
    """A tenth of 900 kg of such waste goes to a roller, who makes bars of it: nobody asks for the rest there."""
    mill.run([mill.out("slab", "bar", "100 KGM"), mill.out("waste", "swarf", "900 KGM", "waste", origin="preConsumer")],
             supplies=[ore("1000 KGM")], activity=Make(co2="2000"))
    roller = Works(ledger, "roller")
    mill.send("waste", "90 KGM", roller, "sold")
    roller.run([roller.out("bars", "bar", "80 KGM")], {mill.name("sold"): "90 KGM"}, activity=Make(co2="8"))
    assert (mill.asked("waste"), roller.asked("bars")) == (pytest.approx(1800), pytest.approx(180))


# The life before


@pytest.fixture
def maker(mill: Works) -> Works:
    """A maker of gearboxes, of machine class: 3 kg per kg, and a service life of at least a year."""
    mill.product("gearbox", "H87", materials={"gearbox": "1"}, mass_per_unit={"value": "10", "unit": "KGM"})
    return mill


def life(years: str) -> dict[str, str]:
    return {"estimatedYears": years}


@pytest.mark.parametrize(("kinds", "years", "question", "code"), [
    (["weighing"], "9", 30, "core-of-maker"), (["weighing", "photograph"], "9", 30, "core-of-maker"),
    (["weighing", "leaseContract"], "9", 0, ""), (["serialNumbers:gearbox"], "1", 0, ""),
    (["warrantyClaim"], "0.75", 7.5, "unused-life"), (["returnNote"], "0.000000001", 30, "unused-life"),
], ids=str)
def test_a_maker_shows_who_used_its_core(
    maker: Works, kinds: list[str], years: str, question: float, code: str
) -> None:
    entry = maker.collect("core", "gearbox", "1 H87", "core", previous_life=life(years),
                          evidence=[document(kind) for kind in kinds])
    assert (maker.asked("core"), maker.codes(entry)) == (pytest.approx(question), {code} if code else set())


@pytest.mark.parametrize(("years", "question"), [("1", 0), ("0.5", 15)])
def test_a_dealer_gathers_cores_of_others(
    ledger: MemoryLedger, maker: Works, years: str, question: float
) -> None:
    dealer = Works(ledger, "dealer")
    maker.publish("gearbox")
    dealer.collect("core", maker.name("gearbox"), "1 H87", "core", previous_life=life(years))
    assert dealer.asked("core") == pytest.approx(question)


@pytest.mark.parametrize(("kind", "question"), [("weighing", 30), ("takeBackNote", 0), ("scrapPurchase", 0)])
def test_a_dealer_gathers_cores_as_a_product_of_its_own(
    ledger: MemoryLedger, maker: Works, kind: str, question: float
) -> None:
    """Where the maker shows its product to nobody: the dealer states what it weighs and holds, and who used it."""
    dealer = Works(ledger, "dealer")
    assert not ledger.state.may_name_product(dealer.id, maker.name("gearbox"))
    dealer.product("usedGearbox", "H87", materials={"machine": "1"})
    dealer.collect("core", "usedGearbox", "1 H87", "core", previous_life=life("9"), mass=quantity("10 KGM"),
                   evidence=[document(kind)])
    assert dealer.asked("core") == pytest.approx(question)


def test_a_sister_gathers_like_the_maker(ledger: MemoryLedger, maker: Works) -> None:
    sister = Works(ledger, "sister", maker)
    maker.publish("gearbox")
    entry = sister.collect("core", maker.name("gearbox"), "1 H87", "core", previous_life=life("9"))
    assert (sister.asked("core"), sister.codes(entry)) == (30, {"core-of-maker"})


@pytest.mark.parametrize(("materials", "years"), [
    ({"steel": "1"}, "0.5"), ({"machine": "1"}, "1"), ({"machine": "0.5", "steel": "0.5"}, "0.75"),
    ({"slag": "1"}, "0"), ({}, "0"), ({"machine": "0.9", "slag": "0.1"}, "0.9"), ({"steelScrap": "1"}, "0"),
    ({"steelDrum": "1"}, "0.25"),
], ids=str)
def test_the_minimum_life_is_the_mean_of_the_materials(mill: Works, materials: dict[str, str], years: str) -> None:
    mill.product("thing", materials=materials)
    mill.collect("core", "thing", "10 KGM", "core", previous_life=life("9"))
    plan = Plan(created=(Created(mill.ledger.state.lots[mill.name("core")], None),))
    purchase = Purchase(Surroundings(("*",), 2025), (version(),), plan, mill.ledger.state)
    assert service_life(plan.created[0].facts, purchase) == Decimal(years)


BOUGHT: Final = "2025-01-01T00:00:00Z"
MADE: Final[Any] = {"start": "2019-11-01T00:00:00Z", "end": "2019-12-01T00:00:00Z"}


@pytest.fixture
def dealer(ledger: MemoryLedger, maker: Works) -> Works:
    """It has bought ten gearboxes and 100 kg of bars, as `gearboxes` and `bars`, on the first of January 2025."""
    maker.declare(lot=maker.out("gearboxes", "gearbox", "10 H87"), burdens={"fossilGhgEmissions": "300"},
                  evidence=[document("study")], **MADE)
    maker.declare(lot=maker.out("bars", "bar", "100 KGM"), burdens={"fossilGhgEmissions": "200"},
                  evidence=[document("study"), document("serialNumbers")], **MADE)
    dealer = Works(ledger, "dealer")
    dealer.held = {lot: dealer.bought(maker, lot, amount, BOUGHT)
                   for lot, amount in (("gearboxes", "10 H87"), ("bars", "100 KGM"))}
    return dealer


@pytest.mark.parametrize(("time", "question"), [
    ("2025-01-01T00:00:00Z", 300), ("2025-07-02T15:00:00Z", 300 * (1 - 182 / 365.25)), ("2026-01-02T00:00:00Z", 0),
    ("2029-01-01T00:00:00Z", 0), ("2024-12-01T00:00:00Z", 300),
])
def test_a_core_counts_by_its_unused_life(maker: Works, dealer: Works, time: str, question: float) -> None:
    """A machine is used for a year at least, and ten of 10 kg cause 300 kg."""
    entry = dealer.end({dealer.held["gearboxes"]: "10 H87"}, time,
                       [dealer.out("cores", maker.name("gearbox"), "10 H87", "core")])
    assert dealer.asked("cores") == pytest.approx(question)
    assert dealer.codes(entry) == ({"unused-life"} if question else set())
    assert sum(dealer.ledger.retained(entry.index).get(name, 0) for name in ("questionedAbs",)) == 0


@pytest.mark.parametrize(("time", "origin", "question"), [
    ("2025-01-31T00:00:00Z", "postConsumer", 80 * 2 * (1 - 30 / 365.25 / 0.5)),
    ("2025-01-31T00:00:00Z", "preConsumer", 80 * 2 * (1 - 30 / 365.25 / 0.5)),
    ("2025-08-01T00:00:00Z", "postConsumer", 0),
])
def test_unused_goods_are_no_scrap(dealer: Works, time: str, origin: str, question: float) -> None:
    """Of 100 kg of bars 80 become scrap: half a year is the least that steel serves."""
    dealer.end({dealer.held["bars"]: "100 KGM"}, time,
               [dealer.out("scrap", "swarf", "80 KGM", "waste", origin=origin)], "disposed")
    assert dealer.asked("scrap") == pytest.approx(question)


@pytest.mark.parametrize(("held", "question"), [
    ({"slag": "1"}, 160), ({"steelScrap": "1"}, 0), ({"machine": "1"}, 0), ({}, 0), ({"unheardOf": "1"}, 0),
    ({"ironOre": "1"}, (80 - 100 * 0.73 * 1.05) * 2), ({"slag": "0.5", "steelScrap": "0.5"}, (80 - 50 * 1.05) * 2),
], ids=str)
def test_the_end_of_goods_makes_no_other_matter(
    maker: Works, dealer: Works, held: dict[str, str], question: float
) -> None:
    """80 kg of steel are left of 100 kg of goods that were used for years."""
    maker.product("thing", materials=held)
    maker.declare(lot=maker.out("things", "thing", "100 KGM"), burdens={"fossilGhgEmissions": "200"},
                  evidence=[document("study")], **MADE)
    dealer.end({dealer.bought(maker, "things", "100 KGM", "2020-01-01T00:00:00Z"): "100 KGM"},
               "2029-01-01T00:00:00Z", [dealer.out("scrap", "swarf", "80 KGM", "waste", origin="postConsumer")])
    assert dealer.asked("scrap") == pytest.approx(question)


@pytest.mark.parametrize(("material", "papers", "question"), [
    ("steelDrum", [], 1 - 30 / 365.25 / 0.25), ("steelDrum", ["takeBackNote:drum"], 0),
    ("steelDrum", ["weighing"], 1 - 30 / 365.25 / 0.25),
    ("steel", ["takeBackNote"], 1 - 30 / 365.25 / 0.5),
])
def test_packaging_may_be_used_within_days_by_a_document(
    maker: Works, dealer: Works, material: str, papers: list[str], question: float
) -> None:
    """Drums of a month, at 2 kg per kg. A document makes no bar older."""
    maker.product("drum", materials={material: "1"})
    maker.declare(lot=maker.out("drums", "drum", "100 KGM"), burdens={"fossilGhgEmissions": "200"},
                  evidence=[document("study")], **MADE)
    bought = dealer.bought(maker, "drums", "100 KGM", BOUGHT)
    dealer.end({bought: "100 KGM"}, "2025-01-31T00:00:00Z", [
        dealer.out("scrap", "swarf", "80 KGM", "waste", origin="postConsumer")], "finalUse",
        *[document(kind) for kind in papers])
    assert dealer.asked("scrap") == pytest.approx(160 * question)


def test_each_good_counts_by_its_own_age(maker: Works, dealer: Works) -> None:
    """Half of the scrap is of bars of this day, half of old ones."""
    maker.declare(lot=maker.out("old", "bar", "100 KGM"), burdens={"fossilGhgEmissions": "200"},
                  evidence=[document("study")], **MADE)
    old = dealer.bought(maker, "old", "100 KGM", "2020-01-01T00:00:00Z")
    dealer.end({dealer.held["bars"]: "100 KGM", old: "100 KGM"}, BOUGHT,
               [dealer.out("scrap", "swarf", "50 KGM", "waste", origin="postConsumer")])
    assert dealer.asked("scrap") == pytest.approx(50)


def test_many_products_and_outputs_have_a_bounded_answer(maker: Works, dealer: Works) -> None:
    """25 products of 4 kg each, which become 10 lots: no more than 20 ranges for each, and nothing is lost."""
    held = {}
    for i in range(25):
        maker.product(f"kind-{i}", materials={"steel": "1"})
        maker.declare(lot=maker.out(f"lot-{i}", f"kind-{i}", "4 KGM"), burdens={"fossilGhgEmissions": "8"},
                      evidence=[document("study")], **MADE)
        held[dealer.bought(maker, f"lot-{i}", "4 KGM", BOUGHT)] = "4 KGM"
    entry = dealer.end(held, BOUGHT, [dealer.out(f"scrap-{i}", "swarf", "10 KGM", "waste", origin="postConsumer")
                                      for i in range(10)], "disposed")
    assert [dealer.asked(f"scrap-{i}") for i in range(10)] == [pytest.approx(20)] * 10
    assert len(json.decode(dealer.ledger.assessment(entry.index).assessment, type=Assessment).references) == 10 * 20


def test_a_question_that_came_in_is_not_asked_twice(ledger: MemoryLedger, maker: Works, dealer: Works) -> None:
    """The bars are in question for 120 of 200 kg, and their scrap for all of it."""
    maker.declare(lot=maker.out("low", "bar", "100 KGM"), burdens={"fossilGhgEmissions": "80"},
                  evidence=[document("study")], **MADE)
    low = dealer.bought(maker, "low", "100 KGM", BOUGHT)
    assert ledger.burdens(low)["questionedAbs"] == pytest.approx(120)
    dealer.end({low: "100 KGM"}, BOUGHT, [dealer.out("scrap", "swarf", "100 KGM", "waste", origin="postConsumer")])
    assert dealer.asked("scrap") == pytest.approx(200)


def test_custody_and_returns_make_nobody_an_owner(ledger: MemoryLedger, maker: Works, dealer: Works) -> None:
    """The dealer stores its bars with a haulier and gets them back: it has had them since January."""
    haulier = Works(ledger, "haulier")
    dealer.send(dealer.held["bars"], "100 KGM", haulier, "stored", purpose="storage")
    haulier.send(dealer.name("stored"), "100 KGM", dealer, "back", purpose="return")
    lots = ledger.state.lots
    assert (lots[haulier.name("back")].since, lots[maker.name("bars")].since) == (BOUGHT, MADE["end"])
    dealer.end({haulier.name("back"): "100 KGM"}, "2025-07-03T00:00:00Z",
               [dealer.out("scrap", "swarf", "100 KGM", "waste", origin="postConsumer")])
    assert dealer.asked("scrap") == 0


def test_a_delivery_that_goes_back_stays_a_product(maker: Works, dealer: Works) -> None:
    """Unused bars of a dealer go back to their maker as bars, with all of their burden."""
    dealer.send(dealer.held["bars"], "100 KGM", maker, "unsold", purpose="return")
    assert (dealer.ledger.burdens(dealer.name("unsold"))["fossilGhgEmissions"], dealer.asked("unsold")) == (200, 0)


def test_no_amendment_makes_goods_older(ledger: MemoryLedger, maker: Works, dealer: Works) -> None:
    amend(maker, ledger.digests[ledger.state.lots[dealer.held["bars"]].index].hex(), time="2020-01-01T00:00:00Z")
    assert ledger.state.lots[dealer.held["bars"]].since == BOUGHT


def amend(works: Works, digest: str, **fields: Any) -> None:
    changed = {name: Raw(json.encode(value)) for name, value in fields.items()}
    works.ledger.must((works.party, Amendment(
        issuer=works.id, nonce=works.ledger.nonce(), reason="a slip", changes=[Change(record=digest, fields=changed)])))


def test_nor_does_an_amendment_of_their_end(dealer: Works) -> None:
    """An earlier end asks more; a later one would answer the question after the scrap has gone."""
    entry = dealer.end({dealer.held["bars"]: "100 KGM"}, "2025-01-31T00:00:00Z",
                       [dealer.out("scrap", "swarf", "80 KGM", "waste", origin="postConsumer")], "disposed")
    asked = dealer.asked("scrap")
    assert asked == pytest.approx(80 * 2 * (1 - 30 / 365.25 / 0.5))
    for time in ("2025-02-01T00:00:00Z", "2025-12-31T00:00:00Z"):
        error = raised(Refused, amend, dealer, entry.digest.hex(), time=time)
        assert (error.code, error.field, error.value) == ("later-end", "changes", time)
    assert dealer.asked("scrap") == asked
    amend(dealer, entry.digest.hex(), time="2025-01-16T00:00:00Z")
    assert dealer.asked("scrap") == pytest.approx(80 * 2 * (1 - 15 / 365.25 / 0.5))
    raised(Refused, amend, dealer, entry.digest.hex(), time="2025-02-01T00:00:00Z")
    amend(dealer, entry.digest.hex(), time="2025-01-31T00:00:00Z")
    assert dealer.asked("scrap") == asked


def test_machines_of_before_the_ledger_are_old(mill: Works) -> None:
    """Opening stock: the period and a document say since when the mill has had its machines."""
    mill.product("lathe", "H87", materials={"machine": "1"})
    mill.declare(
        lot=mill.out("lathes", "lathe", "10 H87", mass=quantity("100 KGM")), basis="opening", facility=mill.facility,
        burdens={"fossilGhgEmissions": "300"}, start="2016-01-01T00:00:00Z", end="2025-01-01T00:00:00Z",
        evidence=[document("study"), document("assetRegister")])
    mill.end({"lathes": "10 H87"}, "2025-02-01T00:00:00Z",
             [mill.out("scrap", "swarf", "90 KGM", "waste", origin="postConsumer")], "disposed")
    assert mill.asked("scrap") == 0


@pytest.mark.parametrize(("end", "question"), [("2026-01-01T00:00:00Z", 0), ("2020-05-31T15:00:00Z", 150)])
def test_leased_machines_are_as_old_as_they_are(ledger: MemoryLedger, maker: Works, end: str, question: float) -> None:
    """Their maker lends them to a user and takes them back: a year after they were made, it makes cores of them."""
    user = Works(ledger, "user")
    maker.declare(lot=maker.out("gearboxes", "gearbox", "10 H87"), burdens={"fossilGhgEmissions": "300"},
                  evidence=[document("study"), document("serialNumbers")], **MADE)
    maker.send("gearboxes", "10 H87", user, "lent", purpose="custody")
    user.send(maker.name("lent"), "10 H87", maker, "returned", purpose="return")
    maker.end({user.name("returned"): "10 H87"}, end, [maker.out("cores", "gearbox", "10 H87", "core")])
    assert maker.asked("cores") == pytest.approx(question, abs=1)


def test_a_range_has_one_spelling_whatever_the_spelling_of_a_mass(mill: Works) -> None:
    """Databases and replays spell the mass of a lot differently: 1E+2, 100, 100.00."""
    mill.declare(lot=mill.out("lot", "bar", "100 KGM"), burdens={"fossilGhgEmissions": "200"},
                 evidence=[document("study")])
    lot = mill.ledger.state.lots[mill.name("lot")]
    purchase = Purchase(Surroundings(("*",), 2025), (version(),), Plan(), mill.ledger.state)
    spellings = {str(ranges_of_lot(0, lot, Decimal(text), purchase)[0].mass) for text in ("1E+2", "100", "100.00")}
    assert spellings == {"100"}


# The age of declared goods


@pytest.mark.parametrize(("fields", "question"), [
    ({"evidence": [document("study")]}, 180), ({}, 180),
    ({"evidence": [document("study"), document("purchaseInvoice")]}, 0),
    ({"evidence": [document("study"), document("deliveryNote:bars")]}, 0),
    ({"basis": "opening", "evidence": [document("study")]}, 180),
    ({"basis": "opening", "evidence": [document("study"), document("assetRegister")]}, 0),
], ids=str)
def test_nobody_makes_its_own_goods_old_by_a_word(mill: Works, fields: dict[str, Any], question: float) -> None:
    """Bars "of 2015" are used up, and 90 kg of scrap come of them: 2 kg CO2e per kg, unless something shows their
    age."""
    opening = {"facility": mill.facility} if "basis" in fields else {}
    mill.declare(lot=mill.out("old", "bar", "90 KGM"), burdens={"fossilGhgEmissions": "180"},
                 start="2015-01-01T00:00:00Z", end="2015-02-01T00:00:00Z", **opening, **fields)
    mill.end({"old": "90 KGM"}, "2025-02-01T00:00:00Z",
             [mill.out("scrap", "swarf", "90 KGM", "waste", origin="postConsumer")])
    assert mill.asked("scrap") == question


# The origin of waste


def _sorted(works: Works, post: str, inputs: dict[str, str], pre: str | None = None) -> None:
    """Waste of end users, and of production, of these lots."""
    outputs = [works.out("old", "swarf", post, "waste", origin="postConsumer")]
    if pre is not None:
        outputs.append(works.out("rest", "swarf", pre, "waste", origin="preConsumer"))
    works.run(outputs, inputs)


def test_waste_of_production_becomes_no_waste_of_end_users(mill: Works) -> None:
    error = raised(Refused, _sorted, mill, "99 KGM", {mill.swarf(): "100 KGM"})
    assert (error.code, error.field) == ("origin-raised", "outputs[0].origin")


@pytest.mark.parametrize(("post", "admitted"), [("100 KGM", True), ("105 KGM", True), ("106 KGM", False)])
def test_a_mixed_line_keeps_the_mass_of_each_origin(mill: Works, post: str, admitted: bool) -> None:
    """100 kg of either; water and dust explain a twentieth."""
    swarf = mill.swarf()
    mill.collect("cans", "swarf", "100 KGM")
    if admitted:
        _sorted(mill, post, {swarf: "100 KGM", "cans": "100 KGM"}, "80 KGM")
        return
    assert "waste of end users out of 100 kg" in str(raised(
        Refused, _sorted, mill, post, {swarf: "100 KGM", "cans": "100 KGM"}, "80 KGM"
    ))


def test_bought_matter_may_become_waste_of_end_users(mill: Works) -> None:
    """Scrap with a document may; scrap by its name, what nature gives, water and coal were nobody's."""
    mill.run([mill.out("old", "swarf", "100 KGM", "waste", origin="postConsumer")], {mill.swarf(): "10 KGM"},
             supplies=[supply("steelScrap", "100 KGM")], evidence=[document("deliveryNote:steelScrap")])
    again = [mill.out("older", "swarf", "100 KGM", "waste", origin="postConsumer")]
    for other, papers in (
        (supply("steelScrap", "100 KGM"), []), (supply("steelScrap", "100 KGM"), [document("deliveryNote:steel")]),
        (ore("100 KGM"), []), (supply("water", "100 KGM"), []), (supply("coal", "100 KGM"), []),
    ):
        assert "waste of end users out of 0 kg" in str(raised(
            Refused, mill.run, again, {mill.swarf(): "10 KGM"}, supplies=[other], evidence=papers
        ))


def test_old_goods_and_cores_give_waste_of_end_users(mill: Works) -> None:
    mill.collect("worn", "ingot", "100 KGM", "core", evidence=[document("takeBackNote")],
                 previous_life=PreviousLife(estimated_years="9"))
    _sorted(mill, "100 KGM", {"worn": "100 KGM", mill.swarf("10 KGM"): "10 KGM"})


def test_a_consumption_raises_no_origin(mill: Works) -> None:
    swarf = mill.swarf()
    assert "waste of end users out of 0 kg" in str(raised(
        Refused, mill.end, {swarf: "100 KGM"}, "2025-04-01T00:00:00Z",
        [mill.out("old", "swarf", "100 KGM", "waste", origin="postConsumer")],
    ))


def _bars(works: Works, swarf: str, virgin: str | None = None) -> None:
    """The lot `again` of collected waste of production, and of ore."""
    works.collect("collected", "swarf", f"{swarf} KGM", origin="preConsumer")
    works.run([works.out("again", "bar", "100 KGM")], {"collected": f"{swarf} KGM"},
              supplies=[] if virgin is None else [ore(f"{virgin} KGM")])


def test_the_group_that_made_goods_of_production_waste_is_no_end_user_of_them(mill: Works, dealer: Works) -> None:
    _bars(mill, "100")
    old = [mill.out("old", "swarf", "50 KGM", "waste", origin="postConsumer")]
    with pytest.raises(Refused, match="waste of end users out of 0 kg") as refused:
        mill.end({"again": "50 KGM"}, "2026-04-01T00:00:00Z", old)
    assert (refused.value.code, refused.value.field) == ("origin-raised", "outputs[0].origin")
    mill.end({"again": "50 KGM"}, "2026-04-01T00:00:00Z",
             [mill.out("rest", "swarf", "50 KGM", "waste", origin="preConsumer")])
    dealer.end({dealer.bought(mill, "again", "50 KGM"): "50 KGM"}, "2026-04-01T00:00:00Z",
               [dealer.out("worn", "swarf", "50 KGM", "waste", origin="postConsumer")])


def test_a_group_uses_up_its_own_goods_with_a_little_recycled_content(mill: Works) -> None:
    _bars(mill, "40", "60")
    mill.end({"again": "100 KGM"}, "2026-04-01T00:00:00Z",
             [mill.out("old", "swarf", "100 KGM", "waste", origin="postConsumer")])


def test_a_process_that_makes_goods_is_no_end_user(mill: Works, dealer: Works) -> None:
    """Of 100 kg, 40 kg were waste of production. Packaging that it buys may become waste of end users."""
    _bars(mill, "40", "60")
    bought = dealer.bought(mill, "again", "100 KGM")
    assert "waste of end users out of 60 kg" in str(raised(Refused, _sorted, dealer, "64 KGM", {bought: "100 KGM"}))
    dealer.run([dealer.out("old", "swarf", "64 KGM", "waste", origin="postConsumer")], {bought: "100 KGM"},
               supplies=[supply("steel", "1 KGM")])


def test_no_amendment_raises_an_origin(mill: Works) -> None:
    """Bars of a little waste of production become bars of nothing else."""
    mill.collect("collected", "swarf", "100 KGM", origin="preConsumer")
    entry = mill.run([mill.out("again", "bar", "100 KGM")], {"collected": "40 KGM"}, supplies=[ore("60 KGM")])
    mill.end({"again": "100 KGM"}, "2026-04-01T00:00:00Z",
             [mill.out("old", "swarf", "100 KGM", "waste", origin="postConsumer")])
    assert raised(
        Refused, amend, mill, mill.ledger.digests[entry.index].hex(), inputs=mill.flows({"collected": "100 KGM"}),
        supplies=[],
    ).code == "origin-raised"
