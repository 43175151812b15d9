"""Credits: made by recycling beside the material, used up by one claim, and in the figure of nothing.

`scrap` is 10 t of waste that came without burden; `recycled` turns 8 t of it, with 400 kg of CO2e, into 7 t of bars,
0.5 t of slag and a credit for 7 t. The 1000 kg of `cast` are there besides (see `world.trading`).
"""

from decimal import Decimal
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace
from unit.admission.world import (
    DEALER,
    END,
    FORGE,
    MILL,
    START,
    World,
    acceptance,
    burdened,
    claiming,
    consumption,
    credit,
    declaration,
    emitting,
    flow,
    nonce,
    ore,
    output,
    product,
    quantity,
    trading,
    transfer,
    transformation,
)

from ledger.core.outcome.leaves import LotLeaf
from ledger.core.record.kinds import Addition, Closing, Pool, Transformation
from ledger.core.record.values import Claim, Credit, Evidence, Factor, Money, Output, PreviousLife
from ledger.engine.batch import Sequenced
from ledger.errors import Refused
from ledger.footprint.stored.burdens import ZERO

EXACT = 1e-12
CREDIT = MILL.name("tonnes")


def scrapyard() -> World:
    world = trading()
    world.admit(declaration(lot=output("scrap", "10", "waste", origin="postConsumer"), boundary="none"))
    return world


@pytest.fixture
def world() -> World:
    return scrapyard()


@pytest.fixture
def recycled(world: World) -> World:
    world.admit(recycling(output("bar", "7"), output("slag", "0.5", "waste"), credit("tonnes", "7")))
    return world


def recycling(*outputs: Output, taken: str = "8", **fields: Any) -> Transformation:
    return transformation(list(outputs), [flow("scrap", taken)], [emitting("400")], **fields)


# Making


def test_recycling_makes_a_credit_beside_the_material(world: World) -> None:
    (made,) = world.admit(recycling(*[output("bar", "7"), output("slag", "0.5", "waste"), credit("tonnes", "7")]))
    lot = world.lot("tonnes")
    assert (lot.role, lot.credit, lot.quantity, lot.mass, lot.holder) == ("credit", "recycling:steel", 7, None, MILL.id)
    assert world.figures[CREDIT] == (ZERO, {})
    leaf = msgspec.json.decode(made.leaves[3], type=LotLeaf)
    assert (leaf.credit, leaf.burdens, leaf.contents) == ("recycling:steel", {}, {})
    assert (world.fossil("bar"), world.accounted()) == pytest.approx((400, 1000 + 400), rel=EXACT)


@pytest.mark.parametrize("allocation", ["mass", "value", "declared"])
def test_no_figure_is_another_for_a_credit(allocation: str) -> None:
    """Bar and sinter share 400 kg as 3 : 1, whether credits are made or not, and half a bar makes a part of 150."""
    figures = []
    for credits_ in ([], [credit("tonnes", "6"), credit("more", "1")]):
        world = scrapyard()
        outputs = [
            output("bar", "6", value=Money(value="30", currency="CNY"), share="0.75"),
            output("sinter", "2", "byProduct", value=Money(value="10", currency="CNY"), share="0.25"),
        ]
        world.admit(recycling(*credits_, *outputs, allocation=allocation),
                    transformation([output("part", "3")], [flow("bar", "3")]))
        assert [world.fossil(name) for name in ("bar", "sinter", "part")] == pytest.approx([300, 100, 150], rel=EXACT)
        assert world.accounted() == pytest.approx(1400, rel=EXACT)
        figures.append([world.figures[MILL.name(name)] for name in ("bar", "sinter", "part")])
    assert figures[0] == figures[1]


def test_a_credit_weighs_nothing_in_the_mass_balance(world: World) -> None:
    world.refuse(recycling(output("bar", "8.000000001"), credit("tonnes", "8")), "mass-balance", "outputs")
    world.admit(recycling(output("bar", "8"), credit("tonnes", "8")))


@pytest.mark.parametrize(("credited", "fits"), [("8", True), ("8000 KGM", True), ("8.000000001", False),
                                                ("8000001 GRM", False)])
def test_credits_are_at_most_the_waste_that_went_in(world: World, credited: str, fits: bool) -> None:
    """9 t of bars are made of 8 t of scrap and 1 t of ore."""
    record = replace(recycling(output("bar", "9"), credit("tonnes", credited)), supplies=[ore("1")])
    if fits:
        world.admit(record)
        assert world.left("tonnes") == 8
        return
    error = world.refuse(record, "credit-excess", "outputs[1].quantity")
    assert "8000 kg of waste and cores" in error.message
    assert "8000 KGM" in (error.rule or "")


@pytest.mark.parametrize(("credited", "fits"), [("5", True), ("5.000000001", False)])
def test_credits_are_at_most_the_products_that_came_out(world: World, credited: str, fits: bool) -> None:
    """Of 8 t of scrap 5 become products; the slag is none."""
    outputs = [credit("tonnes", credited), output("bar", "4"), output("sinter", "1", "byProduct"),
               output("slag", "3", "waste")]
    if fits:
        world.admit(recycling(*outputs))
    else:
        world.refuse(
            recycling(*outputs), "credit-excess", "outputs[0].quantity", "5000.000001 KGM", says="5000 kg of products"
        )


def test_credits_of_one_record_are_counted_together(world: World) -> None:
    outputs = [output("bar", "8"), credit("a", "5"), credit("b", "3", stands_for=Credit(material="copper"))]
    world.refuse(recycling(*outputs[:2], replace(outputs[2], quantity=quantity("3.000000001"))), "credit-excess",
                 "outputs[1].quantity", "8000.000001 KGM")
    world.admit(recycling(*outputs))
    assert [world.lot(name).credit for name in ("a", "b")] == ["recycling:steel", "recycling:copper"]


def test_a_part_of_the_waste_is_credited_by_its_part(world: World) -> None:
    """The same tonne does not count for two records: each counts what it took."""
    world.admit(recycling(output("a", "4"), credit("credit-a", "4"), taken="4"))
    world.refuse(recycling(output("b", "6"), credit("credit-b", "7"), taken="6"), "credit-excess",
                 "outputs[1].quantity")
    world.refuse(recycling(output("b", "6"), credit("credit-b", "6"), taken="7"), "over-consumption",
                 "inputs[0].quantity")
    world.admit(recycling(output("b", "6"), credit("credit-b", "6"), taken="6"))


@pytest.mark.parametrize("inputs", [[], [flow("cast", "5")]], ids=["ore", "a product"])
def test_what_is_no_waste_gives_no_credit(world: World, inputs: list[Any]) -> None:
    world.refuse(transformation([output("bar", "1"), credit("tonnes", "0.000000001")], inputs), "credit-excess",
                 "outputs[1].quantity", says="0 kg of waste and cores")


def test_waste_that_becomes_no_product_gives_no_credit(world: World) -> None:
    world.refuse(recycling(output("sorted", "8", "waste"), credit("tonnes", "1")), "credit-excess",
                 "outputs[1].quantity", says="0 kg of products")
    # Whoever makes a product of what was sorted gets the credit, and once.
    world.admit(recycling(output("sorted", "8", "waste")), transfer("sorted", "8", "sent"))
    made = [output("bar", "8", of=FORGE), credit("tonnes", "8", of=FORGE)]
    world.admit(transformation(made, [flow("sent", "8")], by=FORGE))
    world.admit(transfer("bar", "8", "bars", by=FORGE, to=MILL))
    again = transformation([output("rod", "8"), credit("again", "8")], [flow("bars", "8", of=FORGE)])
    world.refuse(again, "credit-excess", "outputs[1].quantity")


def test_a_core_counts_as_what_comes_back(world: World) -> None:
    core = output("core", "2 H87", "core", product="gear", previous_life=PreviousLife(estimated_years="8"))
    world.admit(declaration(lot=core, boundary="none"))
    outputs = [output("gears", "2 H87", product="gear"), credit("tonnes", "101 KGM")]
    record = transformation(outputs, [flow("core", "2 H87")], [ore("1 KGM")])
    world.refuse(record, "credit-excess", "outputs[1].quantity", "101 KGM")
    world.admit(replace(record, outputs=[outputs[0], replace(outputs[1], quantity=quantity("100 KGM"))]))


def test_home_scrap_gives_no_credit(world: World) -> None:
    """What a process takes back from itself is not recycled: melted over and over, it would be credited each time."""
    world.admit(transformation([output("plate", "5"), output("cuts", "2", "waste")]))
    again = transformation([output("more", "2"), credit("tonnes", "0.000000001")], [flow("cuts", "2")])
    error = world.refuse(again, "credit-excess", "outputs[1].quantity")
    assert "from other processes that went in" in (error.rule or "")
    mixed = transformation([output("more", "10"), credit("tonnes", "8.000000001")],
                           [flow("cuts", "2"), flow("scrap", "8")])
    world.refuse(mixed, "credit-excess", "outputs[1].quantity", "8000.000001 KGM")
    # Another process of the site recycles it, as anybody else does.
    world.admit(replace(again, process="loose.make"))
    world.admit(replace(mixed, nonce=nonce(), inputs=[flow("scrap", "10")], outputs=[output("x", "10"),
                                                                                      credit("y", "10")]))


# Form


@pytest.mark.parametrize(
    ("fields", "field", "value"),
    [
        ({"product": "gear", "amount": "1 H87"}, "product", MILL.name("gear")),
        ({"product": "power", "amount": "1 KWH"}, "product", MILL.name("power")),
        ({"mass": quantity("7")}, "mass", "7 TNE"),
        ({"item": MILL.name("no-1")}, "item", MILL.name("no-1")),
        ({"materials": {"iron": "1"}}, "materials", "{'iron': '1'}"),
        ({"elements": {"Fe": "1"}}, "elements", "{'Fe': '1'}"),
    ],
)
def test_a_credit_counts_a_mass_and_is_no_thing(world: World, fields: dict[str, Any], field: str, value: str) -> None:
    made = credit("tonnes", **{"amount": "7", **fields})
    world.refuse(recycling(output("bar", "7"), made), "credit-form", f"outputs[1].{field}", value)


def test_credits_say_what_they_stand_for_and_nothing_else_does(world: World) -> None:
    world.refuse(recycling(output("bar", "7"), credit("tonnes", "7", stands_for=None)), "credit-form",
                 "outputs[1].credit")
    for role in ("product", "coProduct", "byProduct", "waste"):
        world.refuse(recycling(output("bar", "6"), output("x", "1", role, credit=Credit(material="steel"))),
                     "credit-form", "outputs[1].credit", says=role)


@pytest.mark.parametrize(("unit", "code"), [("KWH", "wrong-dimension"), ("XYZ", "unknown-unit")])
def test_what_a_credit_avoids_is_by_mass(world: World, unit: str, code: str) -> None:
    def avoided(unit: str) -> Credit:
        factor = Factor(value="2", unit=unit, source="a study", year=2024, boundary="cradleToGate")
        return Credit(material="steel", factor=factor)

    made = credit("tonnes", "7", stands_for=avoided(unit))
    world.refuse(recycling(output("bar", "7"), made), code, "outputs[1].credit.factor.unit")
    world.admit(recycling(output("bar", "7"), replace(made, credit=avoided("TNE"))))


def test_only_a_transformation_makes_credits(world: World) -> None:
    world.refuse(declaration(lot=credit("tonnes", "1")), "role", "lot.role", "credit")
    world.refuse(consumption([flow("scrap", "1")], [credit("tonnes", "1")]), "role", "outputs[0].role", "credit")


# Claiming


@pytest.mark.parametrize("method", ["avoidedBurden", "endOfLife", "moduleD"])
def test_a_credit_is_claimed_once_a_tonne(recycled: World, method: str) -> None:
    before = recycled.accounted()
    recycled.admit(claiming("tonnes", "4", method=method), claiming("tonnes", "3000 KGM", method="moduleD"))
    assert (recycled.left("tonnes"), recycled.retained[-2:]) == (0, [0, 0])
    assert recycled.accounted() == before == pytest.approx(1400, rel=EXACT)
    error = recycled.refuse(claiming("tonnes", "0.000000001", method=method), "over-consumption", "inputs[0].quantity",
                            "0.000000001 TNE", says="the claim exceeds the remaining credit")
    assert repr(CREDIT) in error.message
    assert "each tonne is claimed once" in (error.rule or "")


def test_a_claim_of_more_than_is_left(recycled: World) -> None:
    recycled.refuse(claiming("tonnes", "7.000000001"), "over-consumption", "inputs[0].quantity", "7.000000001 TNE")
    recycled.admit(claiming("tonnes", "5"))
    error = recycled.refuse(claiming("tonnes", "3", method="endOfLife"), "over-consumption", "inputs[0].quantity",
                            "3 TNE", says="the claim exceeds the remaining credit")
    assert "2 TNE" in (error.rule or "")


def test_two_claims_of_one_batch(recycled: World) -> None:
    verdicts, _ = recycled.run(claiming("tonnes", "6"), claiming("tonnes", "2", method="moduleD"),
                               claiming("tonnes", "1", method="moduleD"))
    assert ([verdict.code if isinstance(verdict, Refused) else None for verdict in verdicts],
            recycled.left("tonnes")) == ([None, "over-consumption", None], 0)


@given(st.lists(st.integers(min_value=1, max_value=4 * 10**9), max_size=8))
def test_no_order_of_claims_gets_more_than_was_recycled(grains: list[int]) -> None:
    world = scrapyard()
    world.admit(recycling(output("bar", "7"), credit("tonnes", "7")))
    left = 7 * 10**9
    records = [claiming("tonnes", f"{one // 10**9}.{one % 10**9:09d}".rstrip("0").rstrip(".")) for one in grains]
    for verdict, amount in zip(world.run(*records)[0], grains, strict=True):
        assert isinstance(verdict, Sequenced) is (amount <= left)
        left -= amount if amount <= left else 0
    assert (world.left("tonnes"), world.accounted()) == (Decimal(left) / 10**9, pytest.approx(1400, rel=EXACT))


def test_another_s_credit_is_not_claimed(recycled: World) -> None:
    error = recycled.refuse(claiming("tonnes", "1", by=FORGE, of=MILL), "unknown-lot", "inputs[0].lot", CREDIT)
    assert error.message == f"inputs[0].lot: {CREDIT!r} is not a lot that {FORGE.id} holds"


def test_the_holder_of_another_s_credit_does_not_claim_it(recycled: World) -> None:
    recycled.admit(transfer("tonnes", "2", "kept", to=DEALER, purpose="custody"))
    recycled.refuse(claiming("kept", "1", by=DEALER, of=MILL), "not-owner", "inputs[0].lot", MILL.name("kept"),
                    says=MILL.id)
    recycled.admit(transfer("kept", "2", "home", by=DEALER, of=MILL, to=MILL, purpose="return"),
                   claiming("home", "2", of=DEALER))


def test_a_credit_is_sold_and_claimed_by_its_new_owner(recycled: World) -> None:
    sold = transfer("tonnes", "5", "sold")
    recycled.admit(sold, acceptance(sold))
    lot = recycled.lot("sold")
    assert (lot.role, lot.credit, lot.mass, lot.owned_by) == ("credit", "recycling:steel", None, FORGE.id)
    assert recycled.figures[lot.id] == (ZERO, {})
    recycled.refuse(claiming("sold", "1"), "unknown-lot", "inputs[0].lot", MILL.name("sold"))
    error = recycled.refuse(claiming("tonnes", "3"), "over-consumption", "inputs[0].quantity", "3 TNE")
    assert "2 TNE" in (error.rule or "")
    recycled.admit(claiming("sold", "5", by=FORGE, of=MILL), claiming("tonnes", "2"))
    recycled.refuse(claiming("sold", "1", by=FORGE, of=MILL), "over-consumption", "inputs[0].quantity", "1 TNE",
                    says="the claim exceeds the remaining credit")
    assert recycled.accounted() == pytest.approx(1400, rel=EXACT)


@pytest.mark.parametrize("field", ["transport", "packaging"])
def test_nothing_carries_a_credit(recycled: World, field: str) -> None:
    """Freight would be a burden on it."""
    record = transfer("tonnes", "1", "sold", **{field: [emitting("1", "diesel")]})
    assert "no burden" in (recycled.refuse(record, "credit-form", field, "diesel", says=repr(CREDIT)).rule or "")
    recycled.admit(transfer("bar", "1", "sold", **{field: [emitting("1", "diesel")]}))


# What a claim is made for


def test_a_claim_names_a_lot_of_its_maker_s(recycled: World) -> None:
    """One that it makes and holds, one that it made and sold, and one that it bought."""
    bar, bought = MILL.name("bar"), MILL.name("bought")
    recycled.admit(
        transfer("bar", "3", "bought"), claiming("tonnes", "1", made_for=bar), claiming("tonnes", "1", made_for=bought),
        transfer("tonnes", "2", "credits"), claiming("credits", "1", by=FORGE, of=MILL, made_for=bought),
        consumption([flow("bought", "3")], by=FORGE), claiming("credits", "1", by=FORGE, of=MILL, made_for=bought),
    )


def test_a_claim_may_name_what_another_made_of_the_claimer_s(recycled: World) -> None:
    """The forge's bars, machined by the dealer, who holds the parts and has named them."""
    recycled.admit(
        transfer("bar", "3", "bought"), transfer("tonnes", "2", "credits"),
        transfer("bought", "3", "tolled", by=FORGE, of=MILL, to=DEALER, purpose="custody"),
        transformation([output("part", "3", of=DEALER, owner=FORGE.id)], [flow("tolled", "3", of=FORGE)], by=DEALER),
    )
    part = DEALER.name("part")
    recycled.refuse(claiming("tonnes", "1", made_for=part), "unknown-lot", "claim.lot", part)
    recycled.admit(claiming("credits", "1", by=FORGE, of=MILL, made_for=part))


@pytest.mark.parametrize("name", [FORGE.name("secret"), FORGE.name("never")])
def test_a_claim_for_a_lot_of_another_is_refused_like_one_for_an_unknown_lot(recycled: World, name: str) -> None:
    recycled.admit(burdened(output("secret", of=FORGE), "1", by=FORGE))
    error = recycled.refuse(claiming("tonnes", "1", made_for=name), "unknown-lot", "claim.lot", name)
    assert error.message == f"claim.lot: {name!r} is not a lot that {MILL.id} owns or made"


def test_a_claim_for_a_lot_that_the_claimer_never_made(recycled: World) -> None:
    recycled.refuse(claiming("tonnes", "1", made_for=MILL.name("never")), "unknown-lot", "claim.lot",
                    MILL.name("never"))
    recycled.refuse(claiming("tonnes", "1", made_for="Bar"), "invalid-identifier", "claim.lot", "Bar")


def test_a_claim_is_not_made_for_what_one_only_keeps(recycled: World) -> None:
    kept = MILL.name("kept")
    recycled.admit(transfer("bar", "3", "kept", to=DEALER, purpose="storage"),
                   transfer("tonnes", "2", "credits", to=DEALER))
    recycled.refuse(claiming("credits", "1", by=DEALER, of=MILL, made_for=kept), "unknown-lot", "claim.lot", kept)
    recycled.admit(claiming("tonnes", "1", made_for=kept))


def test_a_claim_is_not_made_for_a_credit(recycled: World) -> None:
    recycled.refuse(claiming("tonnes", "1", made_for=CREDIT), "claim-form", "claim.lot", CREDIT)


# What a claim is not


def test_a_claim_says_what_is_claimed_and_nothing_else_does(recycled: World) -> None:
    error = recycled.refuse(claiming("tonnes", "1", claim=None), "claim-form", "claim", None)
    assert error.message == "purpose claim without the field `claim`"
    claim = Claim(method="moduleD")
    for purpose in ("finalUse", "loss"):
        error = recycled.refuse(claiming("tonnes", "1", purpose=purpose), "claim-form", "claim", "avoidedBurden")
        assert error.message == f"purpose {purpose} with the field `claim`"
    recycled.refuse(consumption([flow("bar", "1")], claim=claim), "claim-form", "claim", "moduleD")


def test_only_credits_are_claimed(recycled: World) -> None:
    recycled.refuse(replace(claiming("tonnes", "1"), inputs=[flow("tonnes", "1"), flow("bar", "1")]), "claim-form",
                    "inputs[1].lot", MILL.name("bar"), says="role product")


@pytest.mark.parametrize("purpose", ["soldOutside", "finalUse", "ownUse", "disposed", "exported", "retired"])
def test_credits_are_used_up_by_claims_alone(recycled: World, purpose: str) -> None:
    recycled.refuse(consumption([flow("bar", "1"), flow("tonnes", "1")], purpose=purpose), "claim-form",
                    "inputs[1].lot", CREDIT, says=f"the purpose is {purpose}")


@pytest.mark.parametrize("purpose", ["loss", "stockCorrection"])
def test_a_credit_may_be_given_up(recycled: World, purpose: str) -> None:
    paper = Evidence(digest="0" * 64, media_type="application/pdf", kind="stocktaking")
    recycled.admit(consumption([flow("tonnes", "1"), flow("bar", "1")], purpose=purpose, evidence=[paper]))
    assert recycled.left("tonnes") == 6
    # A seventh of the bars' 400 kg, and nothing for the credit.
    assert (recycled.retained[-1], recycled.accounted()) == pytest.approx((400 / 7, 1400), rel=EXACT)


def test_a_claim_makes_no_lots(recycled: World) -> None:
    recycled.refuse(replace(claiming("tonnes", "1"), outputs=[output("w", "1", "waste")]), "claim-form", "outputs",
                    MILL.name("w"))


def test_no_process_uses_a_credit(recycled: World) -> None:
    recycled.refuse(transformation([output("x", "1")], [flow("bar", "1"), flow("tonnes", "1")]), "credit-form",
                    "inputs[1].lot", CREDIT)


def test_no_closing_retires_a_credit(recycled: World) -> None:
    record = Closing(issuer=MILL.id, nonce=nonce(), facility=MILL.name("site"), start=START, end=END,
                     retired=[flow("bar", "1"), flow("tonnes", "1")])
    recycled.refuse(record, "claim-form", "retired[1].lot", CREDIT)


def test_credits_do_not_blend(recycled: World) -> None:
    recycled.admit(Pool(issuer=MILL.id, nonce=nonce(), id=MILL.name("heap"), facility=MILL.name("site"),
                        product=MILL.name("steel")))
    recycled.refuse(Addition(issuer=MILL.id, nonce=nonce(), pool=MILL.name("heap"), time=END,
                             inputs=[flow("bar", "1"), flow("tonnes", "1")]), "pool-mix", "inputs[1].lot", CREDIT)


# Credits of a mass balance


@pytest.fixture
def balanced(world: World) -> World:
    """A pool of 8 t of bars, all of it recycled iron, that gave a credit for 100 kg."""
    world.admit(
        product("bar", materials={"iron": "1"}), product("iron", materials={"iron": "1"}),
        declaration(lot=output("old", "8", "waste", origin="postConsumer", product="iron"), boundary="none"),
        transformation([output("bar", "8", product="bar")], [flow("old", "8")]),
        Pool(issuer=MILL.id, nonce=nonce(), id=MILL.name("heap"), facility=MILL.name("site"),
             product=MILL.name("bar"), custody="massBalance", attribute="recycledPostConsumer:iron", balance_months=3),
        Addition(issuer=MILL.id, nonce=nonce(), pool=MILL.name("heap"), time=END, inputs=[flow("bar", "8")],
                 credit_lot=MILL.name("balance"), credits=quantity("100 KGM")),
    )
    return world


@pytest.mark.parametrize("purpose", ["sale", "custody", "storage"])
def test_credits_of_a_mass_balance_stay_where_their_pool_is(balanced: World, purpose: str) -> None:
    """ISO 22095: a mass balance is of a site; credits that are traded without matter are book and claim."""
    record = transfer("balance", "1 KGM", "sold", purpose=purpose)
    error = balanced.refuse(record, "credit-form", "lot", MILL.name("balance"))
    assert "recycledPostConsumer:iron" in error.message
    assert "holder of the pool" in (error.rule or "")


def test_credits_of_a_mass_balance_are_not_claimed(balanced: World) -> None:
    for record in (claiming("balance", "1 KGM"), consumption([flow("balance", "1 KGM")], purpose="loss")):
        error = balanced.refuse(record, "claim-form", "inputs[0].lot", MILL.name("balance"))
        assert "only a transformation that takes them" in (error.rule or "")
