"""Figures by other keys of allocation, and how much the choice matters. All hand-solved; kg and kg CO2e."""

from typing import Any

import pytest
from msgspec.structs import replace
from support.asking import BY_KEY, ask, make, new_shop, out, refused, two_stages
from support.revising import add, close, pool
from support.sectors import Given, Make
from support.server import Posted, Server
from support.workshop import START


def test_a_chain_of_two_stages_by_each_key(server: Server) -> None:
    shop = two_stages(server)
    assert [ask(server, lot=shop.name(lot))["footprint"] for lot in ("iron", "slag", "steel", "brick")] == (
        pytest.approx([42, 58, 71, 0])
    )
    for key, expected in BY_KEY.items():
        answers = [ask(server, lot=shop.name(lot), allocation=key) for lot in ("iron", "slag", "steel", "brick")]
        assert [one["footprint"] for one in answers] == pytest.approx(expected, rel=1e-12)
        assert [one["allocation"] for one in answers] == [key] * 4
        assert [one["default"] for one in answers] == pytest.approx([42, 58, 71, 0])
        # Half of the iron, all of the slag, steel and bricks: what was emitted.
        iron, slag, steel, brick = (one["footprint"] for one in answers)
        assert iron / 2 + slag + steel + brick == pytest.approx(150, rel=1e-12)


def test_other_potentials_and_another_key_at_once(server: Server) -> None:
    """2 kg CH4 by AR5, 60, of which a quarter by value."""
    shop = new_shop(server)
    server.post([make(shop, [out(shop, "a", "50", value="1"), out(shop, "b", "50", value="3")], ore="100",
                      activity=Make(ch4="2"))])
    assert ask(server, lot=shop.name("a"), allocation="value", gwp="AR5")["footprint"] == pytest.approx(15)
    assert ask(server, lot=shop.name("a"))["footprint"] == pytest.approx(29.8)


def test_a_pool_that_is_averaged_over_its_period(server: Server) -> None:
    """`a` (80 of 160 kg CO2 by mass, 40 by value) and then `b` (20) make a pool of 100 + 100 kg. Averaged, the first
    hundred hold 50, 30 less than `a` brought; that was settled so, whatever the key. Half of it is in `c`."""
    shop = new_shop(server)

    def added(lot: str) -> Posted:
        party, record = add(shop, "bin", {lot: "100"})
        return party, replace(record, time=START)

    server.post([
        make(shop, [out(shop, "a", "100", value="1"), out(shop, "z", "100", value="3")], ore="200",
             activity=Make(co2="160")),
        shop.make({"b": "100"}, ore="100", activity=Make(co2="20")),
        pool(shop, "bin", averaging="period"), added("a"),
        shop.make({"c": "50"}, {"bin": "50"}, activity=Make()), added("b"),
    ])
    server.post([close(shop)])
    c = shop.name("c")
    assert ask(server, lot=c)["footprint"] == pytest.approx(25)
    assert ask(server, lot=c, allocation="mass")["footprint"] == pytest.approx(25, rel=1e-12)
    answer = ask(server, lot=c, allocation="value")
    assert answer["footprint"] == pytest.approx(20 - 15, rel=1e-12)
    assert answer["limitations"] == [
        "period averages of pools: -15 kg CO2e, settled with the stored figures when their periods were closed.",
    ]
    # `a` is half of 160 alone, three quarters of it less by value.
    told = ask(server, "/v1/sensitivity", lot=c)["sensitive"]
    assert [one["differences"] for one in told] == [pytest.approx({"value": -20})]


def test_values_that_nobody_stated(server: Server) -> None:
    """Of `b` in the first record, and of `d` in the second; `e` does not depend on either."""
    shop = new_shop(server)
    first, second, _ = server.post([
        make(shop, [out(shop, "a", "50", value="1"), out(shop, "b", "50")], ore="100", activity=Make(co2="100")),
        make(shop, [out(shop, "c", "25", value="1"), out(shop, "d", "25")], {"a": "50"}, activity=Make()),
        shop.make({"e": "50"}, ore="50", activity=Make(co2="3")),
    ])
    found = refused(server, lot=shop.name("c"), allocation="value")
    assert found[:3] == (400, "missing-weight", "allocation")
    for told in (f"record {second.digest}, output {shop.name('d')}: outputs[1].value",
                 f"record {first.digest}, output {shop.name('b')}: outputs[1].value",
                 "every output that carries burden must state its value"):
        assert told in found[3]
    near = refused(server, lot=shop.name("b"), allocation="value")
    assert first.digest in near[3]
    assert second.digest not in near[3]
    assert ask(server, lot=shop.name("e"), allocation="value")["footprint"] == 3
    assert "outputs[0].heatingValue" in refused(server, lot=shop.name("b"), allocation="energy")[3]


def test_the_choice_of_allocation(server: Server) -> None:
    """Steel: 71 as stored. Were the first record alone shared by value, half of 63 in place of 42 would be in it, 10.5
    more; were the second alone by mass, a third of 71 less."""
    shop = two_stages(server)
    answer = ask(server, "/v1/sensitivity", lot=shop.name("steel"))
    assert (answer["footprint"], answer["footprintPerUnit"]) == (pytest.approx(71), pytest.approx(3.55))
    assert {one["allocation"]: one["footprint"] for one in answer["choices"]} == pytest.approx(
        {key: figures[2] for key, figures in BY_KEY.items()}
    )
    by_moles = next(one for one in answer["choices"] if one["allocation"] == "moles")
    assert by_moles["footprintPerUnit"] == pytest.approx(15.25 / 20)
    assert (by_moles["difference"], by_moles["percent"]) == (pytest.approx(-55.75), pytest.approx(-100 * 55.75 / 71))
    assert (answer["records"], answer["keys"]) == (2, {"value": 1, "mass": 1})
    last, first = answer["sensitive"]
    assert last["differences"] == pytest.approx(
        {"mass": -71 / 3, "energy": -35.5, "moles": -56.8, "declared": 0}, abs=1e-9
    )
    assert (last["allocation"], last["largest"]) == ("value", pytest.approx(-56.8))
    assert last["percent"] == pytest.approx(-80)
    assert first["differences"] == pytest.approx({"value": 10.5, "energy": -12.25, "moles": 5.25, "declared": -3.5})
    assert (first["process"], first["facility"], first["issuer"]) == ("works.make", shop.name("site"), shop.id)
    # Dust has no share of its record as it is, and could have some; the first record's share-out is not in it.
    brick = ask(server, "/v1/sensitivity", lot=shop.name("brick"))
    assert (brick["footprint"], brick["records"], brick["keys"]) == (0, 1, {"value": 1})
    assert all("percent" not in one for one in [*brick["choices"], *brick["sensitive"]])
    assert brick["sensitive"][0]["differences"]["moles"] == pytest.approx(0.8 * 71)


def test_what_was_assigned_goes_on_with_its_output(server: Server) -> None:
    """`a` has 30 of 100 kg CO2 and half of the rest: 65, of which 13 go on with 20 of 100 kg, and 27 more come to them.
    By value `c` would have a quarter of these 40 in place of half."""
    shop = new_shop(server)
    given = [Given(output=0, burden="fossilGhgEmissions", amount="30")]
    server.post([
        make(shop, [out(shop, "a", "100"), out(shop, "b", "100")], ore="200", activity=Make(co2="100", assigned=given)),
        make(shop, [out(shop, "c", "10", value="1"), out(shop, "d", "10", value="3")], {"a": "20"},
             activity=Make(co2="27")),
    ])
    answer = ask(server, "/v1/sensitivity", lot=shop.name("c"))
    assert answer["footprint"] == pytest.approx(20)
    assert answer["sensitive"][0]["differences"] == pytest.approx({"value": -10})


def test_a_choice_that_lacks_values(server: Server) -> None:
    shop = new_shop(server)
    (receipt,) = server.post([
        make(shop, [out(shop, "a", "50", value="1"), out(shop, "b", "50")], ore="100", activity=Make(co2="100")),
    ])
    answer = ask(server, "/v1/sensitivity", lot=shop.name("a"))
    by_value = next(one for one in answer["choices"] if one["allocation"] == "value")
    assert by_value == {
        "allocation": "value", "missingRecords": 1, "missing": [{
            "record": receipt.digest, "output": shop.name("b"), "field": "outputs[1].value",
            "rule": "every output that carries burden must state its value",
        }],
    }
    assert answer["choices"][0]["footprint"] == pytest.approx(50)
    assert answer["sensitive"][0]["missing"] == ["value", "energy", "moles", "declared"]
    assert answer["sensitive"][0]["differences"] == {}


def test_a_lot_that_leaves_no_choice(server: Server) -> None:
    shop = new_shop(server)
    server.post([shop.make({"a": "50"}, ore="50", activity=Make(co2="7"))])
    answer = ask(server, "/v1/sensitivity", lot=shop.name("a"))
    assert [one["percent"] for one in answer["choices"]] == [0] * 5
    assert "records" not in answer
    assert "sensitive" not in answer


def test_every_lot_of_a_network_as_it_is_stored(network: Any) -> None:
    """Each record by its own key is what is stored, though all records are read; a generated network has all kinds."""
    chosen = 0
    for lot in [*network.lots[-25:], *network.lots[:100:10]]:
        stored = network.client.get("/v1/footprint", params={"lot": lot}).json()
        scale = stored["burdens"].get("absGhg", 0.0)
        answer = network.client.get("/v1/sensitivity", params={"lot": lot}).json()
        assert answer["footprint"] == stored["footprint"]
        by_mass = network.client.get("/v1/footprint/method", params={"lot": lot, "allocation": "mass"}).json()
        if "code" in by_mass:
            assert by_mass["code"] == "missing-weight"
        elif answer.get("keys", {}).keys() <= {"mass"}:
            assert abs(by_mass["footprint"] - stored["footprint"]) <= 1e-9 * scale
            chosen += 1
        five = network.client.get("/v1/footprint/method", params={"lot": lot, "gwp": "AR5"}).json()
        assert five["default"] == stored["footprint"]
        assert (five["title"], five["completeness"]) == (stored["title"], stored["completeness"])
    assert chosen > 5
