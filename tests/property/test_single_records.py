"""One record with any lines, weights, matter and assignments: it is refused for a reason, or its figures are right."""

from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import event, given
from hypothesis import strategies as st
from support.examples import examples
from support.memory import MemoryLedger
from support.networks import book_of, burden_errors, content_errors
from support.sectors import NAME, Carrier, Emission, Gap, Given, Make, registry
from support.site import END, START, Site, document, ore, raw, supply

from ledger.core.outcome.assessment import ADDITIVE, BURDENS, ENERGY, OF_WHICH, REMOVALS
from ledger.core.record.kinds import Transformation
from ledger.core.record.values import Factor, Money, Supply
from ledger.errors import PluginError, Refused

CONSERVED = 1e-9
SCRAP = "urn:example:collector:scrap2"
REASONS = {"mass-balance", "zero-weights", "invalid-weights", "invalid-assessment", "contents-above-100"}


def spelled(value: Decimal) -> str:
    """The one spelling of a decimal with at most 9 decimals."""
    text = format(value, "f")
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return "0" if text in ("-0", "") else text


def decimals(low: str, high: str) -> st.SearchStrategy[str]:
    return st.decimals(Decimal(low), Decimal(high), places=9, allow_nan=False, allow_infinity=False).map(spelled)


positive = decimals("0.000000001", "999999999999") | decimals("0.000000001", "10")
fraction = decimals("0", "1")


@st.composite
def emissions(draw: st.DrawFn) -> Emission:
    burden = draw(st.sampled_from(ADDITIVE + OF_WHICH + ENERGY))
    amount = draw(positive)
    market = draw(st.none() | positive)
    return Emission(
        gas=draw(st.sampled_from(["CO2", "CO2e", "CH4", "CH4biogenic", "N2O"])) if burden in ADDITIVE else "CO2e",
        amount=f"-{amount}" if burden in REMOVALS else amount, burden=burden, primary=draw(st.booleans()),
        kind=draw(st.sampled_from(["onSite", "electricity", "heat", "upstream", "transport", "airTransport",
                                   "packaging", "treatment"])),
        ratings=draw(st.tuples(*[st.integers(1, 3)] * 3)), market=market,
    )


@st.composite
def supplies(draw: st.DrawFn) -> Supply:
    material = draw(st.sampled_from(["coal", "coalTar", "electricity", "process", "ore"]))
    price = draw(st.none() | st.builds(
        Factor, value=positive, unit=st.just("TNE"), source=st.just("drawn"), year=st.just(2025), gas=st.just("CO2"),
        boundary=st.sampled_from(["combustion", "generation", "cradleToGate"]),
    ))
    return supply(material, f"{draw(st.integers(1, 999_999))} KGM", factor=price,
                  origin=draw(st.sampled_from(["technosphere", "nature"])) if material == "ore" else "technosphere")


@st.composite
def activities(draw: st.DrawFn, outputs: int) -> Make:
    weights = st.lists(st.just("0") | positive, min_size=outputs, max_size=outputs)
    even = st.lists(decimals("0", spelled(Decimal(1) / max(outputs, 1))[:11]), min_size=outputs, max_size=outputs)
    # All into one output, which may be too light to hold it.
    whole = st.integers(0, max(outputs - 1, 0)).map(lambda i: ["1" if i == j else "0" for j in range(outputs)])
    parts = even | whole
    contents = st.sampled_from(["material:steel", "recycledPostConsumer:steel", "fossilCarbon", "mass"])
    return Make(
        co2=draw(st.just("0") | positive), ch4=draw(st.just("0") | positive),
        emissions=draw(st.lists(emissions(), max_size=4)),
        energy=draw(st.lists(st.builds(
            Carrier, carrier=st.sampled_from(["electricity", "gas"]), amount=positive, renewable=st.booleans(),
        ), max_size=2)),
        gaps=draw(st.lists(st.builds(
            Gap, what=st.sampled_from(["coal", "coal upstream", "lubricants"]), estimate=st.none() | positive,
        ), max_size=2)),
        weights=draw(st.just({}) | st.dictionaries(st.just("mass"), weights)),
        matter=draw(st.just({}) | st.dictionaries(contents, parts, max_size=2)),
        assigned=draw(st.lists(st.builds(
            Given, output=st.integers(0, max(outputs - 1, 0)), burden=st.sampled_from(ADDITIVE), amount=positive,
        ), max_size=2)),
    )


@st.composite
def cases(draw: st.DrawFn) -> dict[str, Any]:
    roles = draw(st.lists(st.sampled_from(["product", "coProduct", "byProduct", "waste"]), max_size=4))
    return {
        "roles": roles, "grams": [draw(st.integers(1, 1_500_000)) for _ in roles],
        "worths": [draw(positive) for _ in roles],
        "composed": [draw(st.sampled_from([{}, {"steel": "0.5"}, {"zinc": "1"}])) for _ in roles],
        "supplies": draw(st.lists(supplies(), max_size=3)), "activity": draw(activities(len(roles))),
        "allocation": draw(st.sampled_from(["mass", "mass", "value"])), "part": draw(st.integers(1, 1_000_000)),
        "inputs": draw(st.sampled_from([["steel1"], [SCRAP], [SCRAP, "steel1"]])),
        "basis": draw(st.sampled_from(["final", "provisional"])),
    }


def ledger_with_stock() -> tuple[MemoryLedger, Site]:
    """1 t of post-consumer scrap with a burden of transport, 1 t of steel with a burden and some carbon."""
    memory = MemoryLedger(registry())
    site, collector = Site(memory, "plant"), Site(memory, "collector")
    for one in (site, collector):
        one.product("good")
    site.product("steel", materials={"steel": "0.97"}, fossil_carbon="0.02")
    collector.product("scrap", materials={"steel": "0.6", "zinc": "0.1"})
    collector.declare(basis="study", boundary="none",
                      lot=collector.out("scrap1", "scrap", "1000 KGM", "waste", origin="postConsumer"))
    collector.send("scrap1", "1000 KGM", site, "scrap2", [supply("truck", "10 TKM")])
    site.make([site.out("steel1", "steel", "1000 KGM")], supplies=[ore("1000 KGM")], activity=Make(co2="1900"))
    return memory, site


@examples(150)
@given(case=cases())
def test_any_assessment(case: dict[str, Any]) -> None:
    memory, site = ledger_with_stock()
    part = f"{spelled(Decimal(case['part']) / 1000)} KGM"
    outputs = [
        site.out(f"out{i}", "good", f"{spelled(Decimal(grams) / 1000)} KGM", role, materials=composed,
                 value=Money(value=worth, currency="CNY"), origin="preConsumer" if role == "waste" else None)
        for i, (role, grams, worth, composed) in enumerate(
            zip(case["roles"], case["grams"], case["worths"], case["composed"], strict=True))
    ]
    before = memory.fingerprint()
    try:
        memory.must((site.party, Transformation(
            issuer=site.id, nonce=memory.nonce(), facility=site.facility, start=START, end=END, process=f"{NAME}.make",
            inputs=site.flows(dict.fromkeys(case["inputs"], part)), supplies=[*case["supplies"], ore("5000 KGM")],
            outputs=outputs, activity=raw(case["activity"]), allocation=case["allocation"], basis=case["basis"],
            evidence=[document("storageCertificate"), document("landMonitoring")],
        )))
    except (Refused, PluginError) as refusal:
        event(refusal.code)
        if refusal.code not in REASONS:
            raise
        assert memory.fingerprint() == before
        return
    event("admitted")
    book = book_of(memory)
    for burden, error, scale, _ in burden_errors(memory, book):
        # An amount that is given to one output and taken from all may cancel down to its own rounding.
        moved = sum(float(one.amount) for one in case["activity"].assigned if one.burden == burden)
        assert abs(error) <= CONSERVED * (scale + moved), burden
    for index, content, error, scale in content_errors(memory):
        assert abs(error) <= CONSERVED * scale, (index, content)
    given_away = sum(Fraction(one.amount) for one in case["activity"].assigned)
    for name, lot in book.lots.items():
        for burden in BURDENS:
            exact = lot.burdens.get(burden, Fraction(0))
            assert memory.burdens(name)[burden] == pytest.approx(
                float(exact), rel=1e-12, abs=1e-12 * float(lot.burdens.get("absGhg", 0) + given_away)
            ), (name, burden)
        whole = float(lot.mass or 0) * (1 + CONSERVED)
        contents = memory.contents(name)
        assert all(0.0 <= amount <= whole for amount in contents.values())
        for content in {*contents, *lot.contents}:
            assert contents.get(content, 0.0) == pytest.approx(
                float(lot.contents.get(content, 0)), rel=1e-12, abs=1e-12 * whole
            ), (name, content)
