"""Figures by other methods and potentials over HTTP, out of a real database; what cannot be asked of methods, what may
be asked, and the command line. All hand-solved; kg and kg CO2e."""

import base64
import json
from typing import Any

import httpx
import msgspec
import pytest
from msgspec.structs import replace
from support.asking import CIRCULAR, WEIGHED, amounts, ask, make, new_shop, out, refused, scrap_steel, two_stages
from support.cli import run
from support.revising import amend, change
from support.sectors import Emission, Gap, Given, Make
from support.server import Posted, Server
from support.workshop import END, ISSUED, START, Workshop, kilograms

from ledger.core.log.merkle import tree_root
from ledger.core.log.tiles import tile_hashes
from ledger.core.record.kinds import Consumption, Declaration, Product
from ledger.core.record.values import Factor, Flow, Output, Quantity, Supply
from ledger.footprint.derived.methods.catalogue import METHODS


def test_each_method_of_a_lot_with_scrap(server: Server) -> None:
    """A = 0.2 and qualities of 1 are published for steel. R1 = 245 / 980 = 0.25.

    Circular: 0.25 * 0.8 * 1.5 = 0.3; 0.8 * 0.9 * -1.5 = -1.08; 0.1 * 0.1 = 0.01; each times 980.
    End of life: S = 0.25 / 0.8; (0.3125 - 0.9) * 0.8 * 1.5 = 0.375 - 1.08.
    Module D: (0.9 - 0.25) * 980 = 637; 637 * (0.4 - 2 * 0.9).
    Multi-cycle: (2 + 0.75 * 0.6) / 1.75 = 1.4 for 0.75 * 2 + 0.25 * 0.6 = 1.65.
    """
    lot = scrap_steel(server)
    stored = ask(server, lot=lot)
    assert (stored["footprint"], "terms" in stored) == (1800, False)
    assert ask(server, lot=lot, method="cut-off/1")["footprint"] == stored["footprint"]
    cut = ask(server, lot=lot, gwp="AR6")
    assert (cut["footprint"], amounts(cut), cut["method"], cut["gwp"]) == (1800, {"cutOff": 1800}, "cut-off/1", "AR6")
    circular = ask(server, lot=lot, method="circular-footprint/1", parameter=CIRCULAR)
    assert amounts(circular) == pytest.approx(
        {"cutOff": 1800, "recycledInput": 294, "recyclingOutput": -1058.4, "energyRecovery": 0, "disposal": 9.8}
    )
    assert (circular["footprint"], circular["footprintPerUnit"]) == (pytest.approx(1045.4), pytest.approx(1.0454))
    assert circular["default"] == 1800
    used = {one["name"]: (one["value"], one["source"]) for one in circular["parameters"]}
    assert (used["R1"], used["A"], used["Ev"]) == (("0.25", "ledger"), ("0.2", "published"), ("2", "given"))
    end = ask(server, lot=lot, method="end-of-life/1", parameter=["RR=0.9", "Y=0.8", "Xpr=2", "steel.Xre=0.5"])
    assert amounts(end) == pytest.approx({"cutOff": 1800, "scrapInput": 367.5, "scrapOutput": -1058.4})
    assert end["footprint"] == pytest.approx(1109.1)
    beyond = ask(server, lot=lot, method="module-d/1", parameter=["MMRout=0.9", "EMR=0.4", "EVMSub=2", "Q=0.9"])
    assert (beyond["footprint"], amounts(beyond)) == (1800, {"cutOff": 1800})
    assert amounts(beyond, "beside") == pytest.approx({"netOutputFlow": 637, "moduleD": -891.8})
    cycle = ask(server, lot=lot, method="multi-cycle/1", parameter=["R=0.5", "n=3", "Xpr=2", "Xre=0.6"])
    assert amounts(cycle) == pytest.approx({"cutOff": 1800, "ownMaking": -1617, "averageMaking": 1372})
    for answer in (circular, end, beyond, cycle):
        assert answer["credit"]
        assert (answer["title"], answer["completeness"], answer["unit"]) == ("footprint", "100.0 %", "KGM")
        assert any("kg of the lot are of no named material" in one for one in answer["limitations"])


def test_a_method_over_other_potentials(server: Server) -> None:
    """End of life adds the same to 2 kg CH4 by AR5, 60 kg CO2e: -0.9 * 98 * 1 * (2 - 1)."""
    shop = new_shop(server)
    server.post([shop.make({"bar": "100"}, ore="100", activity=Make(ch4="2"))])
    answer = ask(server, lot=shop.name("bar"), method="end-of-life/1", gwp="AR5",
                 parameter=["RR=0.9", "Y=1", "Xpr=2", "Xre=1"])
    assert answer["footprint"] == pytest.approx(60 - 88.2)
    assert (answer["default"], answer["gwp"]) == (pytest.approx(59.6), "AR5")


def lives(server: Server, *added: tuple[str, str]) -> tuple[Workshop, list[Posted], list[str]]:
    """A gear of 10 kg that is made, worn out and made again: kg CO2 and CH4 of each life. Its lots."""
    shop = new_shop(server)
    server.post([shop.signed(Product(issuer=shop.id, nonce=shop.nonce(), id=shop.name("gear"), sector="works",
                                     unit="H87", mass_per_unit=kilograms("10")))])
    one = Quantity(value="1", unit="H87")

    def gear(lot: str, role: Any = "product") -> Output:
        return Output(lot=shop.name(lot), product=shop.name("gear"), quantity=one, role=role, item=shop.name("no-1"))

    posted, names = list[Posted](), list[str]()
    for life, (co2, ch4) in enumerate(added):
        party, record = shop.make({}, ore=None if life else "10", activity=Make(co2=co2, ch4=ch4))
        taken = [Flow(lot=shop.name(f"core-{life - 1}"), quantity=one)] if life else []
        names.append(shop.name(f"gear-{life}"))
        posted += [
            (party, replace(record, inputs=taken, outputs=[gear(f"gear-{life}")])),
            shop.signed(Consumption(
                issuer=shop.id, nonce=shop.nonce(), time=END, purpose="finalUse",
                inputs=[Flow(lot=names[-1], quantity=one)], outputs=[gear(f"core-{life}", "core")],
                evidence=ISSUED,
            )),
        ]
    server.post(posted)
    return shop, posted, names


def test_all_lives_of_an_item(server: Server) -> None:
    """Made for 900, remanufactured for 120 and 180: 300 + 100 for every life, asked of any of its lots."""
    _, _, gears = lives(server, ("900", "0"), ("120", "0"), ("180", "0"))
    for lot, own in zip(gears, (900, 120, 180), strict=True):
        answer = ask(server, lot=lot, method="multi-life/1")
        assert amounts(answer) == pytest.approx({"new": 300, "remanufactured": 100})
        assert amounts(answer, "beside") == {"cutOff": own}
    # 10 kg CH4 more in the first life: 900 + 300 by AR5.
    _, _, gears = lives(server, ("900", "10"), ("120", "0"), ("180", "0"))
    for lot in gears:
        answer = ask(server, lot=lot, method="multi-life/1", gwp="AR5")
        assert amounts(answer) == pytest.approx({"new": 400, "remanufactured": 100})
    assert answer["default"] == 180


def test_lives_as_of_a_tree(server: Server) -> None:
    """After its first record, it had one life; what remanufacturing takes is not asked for where nothing was."""
    _, posted, (first, second) = lives(server, ("900", "0"), ("120", "0"))
    size = ask(server, lot=first)["lot"]["index"] + 1
    answer = ask(server, lot=first, method="multi-life/1", at=size)
    assert (answer["footprint"], answer["at"], answer["size"]) == (900, size, size)
    assert (ask(server, lot=second, method="multi-life/1")["footprint"], len(posted)) == (pytest.approx(510), 4)


def test_a_life_is_what_it_began_with(server: Server) -> None:
    """Worked on for 50 kg more, an item lives on; sold and worn out, it is made again for 120."""
    shop = new_shop(server)
    item = shop.name("no-1")
    server.post([
        make(shop, [out(shop, "new", "10", item=item)], ore="10", activity=Make(co2="900")),
        make(shop, [out(shop, "painted", "10", item=item)], {"new": "10"}, activity=Make(co2="50")),
        shop.signed(Consumption(
            issuer=shop.id, nonce=shop.nonce(), time=END, purpose="finalUse",
            inputs=[Flow(lot=shop.name("painted"), quantity=kilograms("10"))],
            outputs=[out(shop, "core", "10", role="core", item=item)],
            evidence=ISSUED,
        )),
        make(shop, [out(shop, "again", "10", item=item)], {"core": "10"}, activity=Make(co2="120")),
    ])
    answer = ask(server, lot=shop.name("painted"), method="multi-life/1")
    assert (amounts(answer), answer["default"]) == (pytest.approx({"new": 450, "remanufactured": 60}), 950)


def test_a_key_that_another_life_of_the_item_lacks(server: Server) -> None:
    """Of the first life alone nothing is missing, of the average of both there is."""
    shop = new_shop(server)
    item = shop.name("no-1")
    *_, last = server.post([
        make(shop, [out(shop, "new", "10", item=item)], ore="10", activity=Make(co2="900")),
        shop.signed(Consumption(
            issuer=shop.id, nonce=shop.nonce(), time=END, purpose="finalUse",
            inputs=[Flow(lot=shop.name("new"), quantity=kilograms("10"))],
            outputs=[out(shop, "core", "10", role="core", item=item)],
            evidence=ISSUED,
        )),
        make(shop, [out(shop, "again", "5", item=item), out(shop, "spare", "5")], {"core": "10"},
             activity=Make(co2="120")),
    ])
    assert ask(server, lot=shop.name("new"), allocation="moles")["footprint"] == 900
    found = refused(server, lot=shop.name("new"), method="multi-life/1", allocation="moles")
    assert found[:3] == (400, "missing-weight", "allocation")
    assert f"record {last.digest}, output {shop.name('again')}: outputs[0].moles" in found[3]


def test_an_item_whose_first_life_is_not_on_the_ledger(server: Server) -> None:
    """What its second life added is not what making it anew adds, nor what is done to it then: nobody guesses."""
    shop = new_shop(server)
    server.post([shop.signed(Declaration(
        issuer=shop.id, nonce=shop.nonce(), start=START, end=END, basis="collected", boundary="none",
        collector=shop.id, evidence=WEIGHED,
        lot=msgspec.convert({
            **msgspec.to_builtins(out(shop, "core", "10", role="core")), "item": shop.name("old"),
            "previousLife": {"estimatedYears": "12"},
        }, Output),
    ))])
    server.post([
        make(shop, [out(shop, "renewed", "10", item=shop.name("old"))], {"core": "10"}, activity=Make(co2="5")),
        make(shop, [out(shop, "painted", "10", item=shop.name("old"))], {"renewed": "10"}, activity=Make(co2="1")),
    ])
    for lot in ("renewed", "painted"):
        found = refused(server, lot=shop.name(lot), method="multi-life/1")
        assert found[:3] == (400, "missing-parameter", "parameter")
        assert "multi-life/1 needs r, new, reman" in found[3]


def test_methane_by_ar5_and_what_it_cannot_weigh(server: Server) -> None:
    """2 kg CH4, 10 CO2, 5 CO2e by a factor, 3 CO2e by none, 20 of 40 of a declared bar, 4 assigned to the slag. Iron
    has 0.75 of 93.6 by AR6, 0.75 of 94 by AR5."""
    shop = new_shop(server)
    bar = Declaration(
        issuer=shop.id, nonce=shop.nonce(), start=START, end=END, basis="study", boundary="cradleToGate",
        burdens={"fossilGhgEmissions": "40"}, primary_share="0.25", lot=out(shop, "bar", "20"),
    )
    paint = Supply(material="paint", quantity=kilograms("2"), factor=Factor(
        value="2.5", unit="KGM", source="a table", year=2024, boundary="cradleToGate"))
    declared, _ = server.post([shop.signed(bar), make(
        shop, [out(shop, "iron", "75"), out(shop, "slag", "25", role="byProduct")], {"bar": "10"}, ore="90",
        supplies=[paint], activity=Make(
            ch4="2", co2="10", emissions=[Emission(amount="3", gas="CO2e", source="guess")],
            assigned=[Given(output=1, burden="fossilGhgEmissions", amount="4")], gaps=[Gap(what="oil", estimate="8")],
        ),
    )])
    iron = shop.name("iron")
    six, five = ask(server, lot=iron, gwp="AR6"), ask(server, lot=iron, gwp="AR5")
    assert six["footprint"] == six["default"] == pytest.approx(70.2)
    assert (five["footprint"], five["footprintPerUnit"]) == (pytest.approx(70.5), pytest.approx(0.94))
    assert five["default"] == six["default"]
    # 6 of 6 + 0.75 * 98 left out.
    assert (five["title"], five["completeness"]) == ("incomplete footprint", "92.5 %")
    assert "limitations" not in six
    assert five["limitations"] == [
        "declarations: 15 kg CO2e of 1 declaration, which AR5 cannot weigh anew.",
        "factors stated in CO2e: 3.75 kg CO2e of 1 factor, which AR5 cannot weigh anew.",
        "other lines stated in CO2e: 2.25 kg CO2e of 1 source, which AR5 cannot weigh anew.",
        "assigned amounts: -3 kg CO2e, which AR5 cannot weigh anew.",
    ]
    by_mass = ask(server, lot=iron, allocation="mass", method="module-d/1",
                  parameter=["MMRout=0", "MMRin=0", "EMR=0", "EVMSub=0", "Q=1"])
    assert by_mass["footprint"] == pytest.approx(70.2)
    assert (f"declaration {declared.digest} (study) exists in one method and allocation only: 15 kg CO2e of the lot."
            in by_mass["limitations"])


def test_before_and_after_an_amendment(server: Server) -> None:
    """100 kg CO2 read as 40, and the mass of `b` as 150 kg, so that `a` has a quarter."""
    shop = new_shop(server)
    record = make(shop, [out(shop, "a", "50", value="4"), out(shop, "b", "50", value="1")], ore="200",
                  activity=Make(co2="100"))
    (receipt,) = server.post([record])
    (amending,) = server.post([amend(shop, change(
        record, activity=Make(co2="40"), outputs=[out(shop, "a", "50", value="4"), out(shop, "b", "150", value="1")],
    ))])
    a, before, after = shop.name("a"), amending.index, amending.index + 1
    for size, by_mass, by_value in ((receipt.index + 1, 50, 80), (before, 50, 80), (after, 10, 32), (None, 10, 32)):
        for key, expected in (("mass", by_mass), ("value", by_value)):
            answer = ask(server, lot=a, allocation=key, **({} if size is None else {"at": size}))
            assert answer["footprint"] == pytest.approx(expected, rel=1e-12)
            assert answer["default"] == pytest.approx(by_mass, rel=1e-12)
            assert (answer.get("at"), answer["size"]) == (size, size or after)
        told = ask(server, "/v1/sensitivity", lot=a, **({} if size is None else {"at": size}))
        assert told["choices"][1]["footprint"] == pytest.approx(by_value, rel=1e-12)
    server.post([amend(shop, change(record))])
    gone = ask(server, lot=a, gwp="AR5")
    assert (gone["title"], gone["footprint"], gone["completeness"]) == ("withdrawn lot, no footprint", 0, "unknown")


def test_the_root_is_that_of_the_tree(server: Server) -> None:
    """Of the newest tree as the checkpoint tells it, and of one that no checkpoint was ever made of."""
    shop = new_shop(server)
    receipts = server.post([shop.mine(f"lot-{i}", "5") for i in range(7)])
    lot = shop.name("lot-0")
    _, size, root, *_ = httpx.get(f"{server.url}/log/checkpoint", timeout=60).text.splitlines()
    answer = ask(server, lot=lot, gwp="AR5")
    assert (answer["size"], answer["root"]) == (int(size), root)
    for receipt in receipts[:-1]:
        told = ask(server, lot=lot, gwp="AR5", at=receipt.index + 1)["root"]
        assert told == base64.b64encode(root_of(server, receipt.index + 1)).decode()


def root_of(server: Server, size: int) -> bytes:
    """Out of the hashes of all entries, as RFC 6962 says."""
    hashes: list[bytes] = []
    while len(hashes) < size:
        width = min(256, size - len(hashes))
        tile = f"{len(hashes) // 256:03d}" + ("" if width == 256 else f".p/{width}")
        response = httpx.get(f"{server.url}/log/tile/0/{tile}", timeout=60)
        assert response.status_code == 200, response.text
        hashes += tile_hashes(response.content)
    return tree_root(hashes)


@pytest.mark.parametrize(("parameters", "status", "code", "field"), [
    ({"method": "magic/1"}, 400, "unknown-method", "method"),
    ({"method": "cut-off/2"}, 400, "unknown-method", "method"),
    ({"method": "works.magic/1"}, 400, "unknown-method", "method"),
    ({"gwp": "AR4"}, 400, "unknown-gwp", "gwp"),
    ({"allocation": "price"}, 400, "unknown-allocation", "allocation"),
    ({"parameter": "R=1"}, 400, "unknown-parameter", "parameter"),
    ({"method": "module-d/1", "parameter": "R=1"}, 400, "unknown-parameter", "parameter"),
    ({"method": "module-d/1", "parameter": "MMRout"}, 400, "invalid-parameter", "parameter"),
    ({"method": "module-d/1", "parameter": "MMRout=1.5"}, 400, "invalid-parameter", "parameter"),
    ({"method": "module-d/1", "parameter": "phlogiston.MMRout=1"}, 400, "unknown-material", "parameter"),
    ({"method": "module-d/1"}, 400, "missing-parameter", "parameter"),
    ({"gwp": "AR5", "at": 1 << 40}, 400, "tree-size", "at"),
    ({"gwp": "AR5", "at": 0}, 400, "tree-size", "at"),
    ({"gwp": "AR5", "at": -1}, 400, "tree-size", "at"),
    ({"gwp": "AR5", "at": 3}, 404, "not-found", "lot"),
    ({"gwp": "AR5", "lot": "urn:example:nobody"}, 404, "not-found", "lot"),
    ({"allocation": "mass", "lot": "urn:example:nobody"}, 404, "not-found", "lot"),
    ({"lot": None}, 400, "invalid-request", "lot"),
    ({"lot": ""}, 400, "invalid-request", "lot"),
    ({"from": "2025-01-01"}, 400, "invalid-request", "from"),
])
def test_what_cannot_be_asked(
    network: Any, parameters: dict[str, Any], status: int, code: str, field: str
) -> None:
    asked = {name: value for name, value in ({"lot": network.lots[-1]} | parameters).items() if value is not None}
    assert refused(network.server, **asked)[:3] == (status, code, field)


@pytest.mark.parametrize(("route", "parameters", "field"), [
    ("", {"gwp": "AR5"}, "gwp"), ("", {"product": "urn:example:part"}, "product"),
    ("method", {"product": "urn:example:part"}, "product"), ("method", {"from": "2025-01-01"}, "from"),
    ("chain-method", {"method": "works.magic/1", "gwp": "AR5"}, "gwp"),
    ("chain-method", {"method": "works.magic/1", "allocation": "mass"}, "allocation"),
    ("chain-method", {"method": "works.magic/1", "parameter": "A=1"}, "parameter"), ("chain-method", {}, "method"),
    ("product", {"product": "urn:example:part"}, "lot"), ("product", {"lot": None}, "product"),
    ("product", {"lot": None, "product": "urn:example:part", "gwp": "AR5"}, "gwp"),
    ("method", {"lot": None}, "lot"), ("method", {"GWP": "AR5"}, "GWP"),
])
def test_what_a_route_does_not_take(network: Any, route: str, parameters: dict[str, Any], field: str) -> None:
    """Left out of the answer, it would make it look like the answer to another question."""
    asked = {name: value for name, value in ({"lot": network.lots[-1]} | parameters).items() if value is not None}
    assert refused(network.server, f"/v1/footprint/{route}".rstrip("/"), **asked)[:3] == (400, "invalid-request", field)


def test_all_that_does_not_parse(network: Any) -> None:
    response = httpx.get(f"{network.server.url}/v1/footprint/product", timeout=60, params={
        "product": "urn:example:part", "limit": "many", "at": "then", "from": "x" * 31,
    })
    problem = response.json()
    assert (response.status_code, problem["field"]) == (400, problem["errors"][0]["field"])
    assert {fault["field"] for fault in problem["errors"]} == {"limit", "at", "from"}
    for fault in problem["errors"]:
        assert f"{fault['field']}: {fault['detail']}" in problem["detail"]


def test_what_there_is_instead(network: Any) -> None:
    lot = network.lots[-1]
    assert "one of: cut-off/1, circular-footprint/1, end-of-life/1" in refused(network.server, lot=lot, method="x")[3]
    assert "one of: AR6, AR5" in refused(network.server, lot=lot, gwp="AR4")[3]


@pytest.mark.parametrize(("parameters", "status", "code", "field"), [
    ({"lot": "urn:example:nobody"}, 404, "not-found", "lot"),
    ({"at": 1 << 40}, 400, "tree-size", "at"),
    ({"at": 3}, 404, "not-found", "lot"),
    ({"lot": ""}, 400, "invalid-request", "lot"),
    ({"lot": None}, 400, "invalid-request", "lot"),
])
def test_what_sensitivity_cannot_be_asked(
    network: Any, parameters: dict[str, Any], status: int, code: str, field: str | None
) -> None:
    asked = {name: value for name, value in ({"lot": network.lots[-1]} | parameters).items() if value is not None}
    assert refused(network.server, "/v1/sensitivity", **asked)[:3] == (status, code, field)


def test_a_product_is_still_asked_for(server: Server) -> None:
    shop = new_shop(server)
    server.post([shop.make({"a": "50"}, ore="50", activity=Make(co2="100"))])
    answer = ask(server, product=shop.name("part"), limit=1)
    assert (answer["product"], answer["footprint"], answer["numberOfLots"]) == (shop.name("part"), 100, 1)


def test_the_catalogue(network: Any) -> None:
    found = ask(network.server, "/v1/methods")
    assert [one["name"] for one in found["methods"]] == [one.name for one in METHODS]
    assert found["allocations"].keys() == {"mass", "value", "energy", "moles", "declared"}
    assert (found["gwp"]["AR6"]["CH4"], found["gwp"]["AR5"]["CH4"]) == ("29.8", "30")
    recovered = next(one for one in found["methods"][2]["parameters"] if one["name"] == "RR")
    assert (recovered["unit"], recovered["low"], recovered["high"]) == ("kg/kg", "0", "1")
    assert recovered["meaning"]


def test_the_schema_tells_every_parameter(network: Any) -> None:
    schema = ask(network.server, "/schema/openapi.json")
    for route, names in (
        ("", {"lot", "at", "averages", "findings"}), ("/chain-method", {"lot", "method", "at"}),
        ("/method", {"lot", "method", "gwp", "allocation", "parameter", "at"}),
        ("/product", {"product", "from", "to", "limit", "findings", "at"}),
    ):
        told = {one["name"] for one in schema["paths"][f"/v1/footprint{route}"]["get"]["parameters"]}
        assert told == names, route
    assert {"/v1/methods", "/v1/sensitivity"} <= schema["paths"].keys()
    assert {"FootprintAnswer", "MethodAnswer", "ProductAnswer", "SensitivityAnswer", "CatalogueAnswer"} <= {
        name.rpartition("_")[2] for name in schema["components"]["schemas"]
    }


def test_methods_by_the_command_line(server: Server) -> None:
    lot = scrap_steel(server)
    options = [option for one in CIRCULAR for option in ("--parameter", one)]
    told = run("footprint", lot, "--method", "circular-footprint/1", *options, "--url", server.url).succeeded()
    for part in (f"footprint of {lot} by circular-footprint/1", "1,045.400 kg CO2e", "-1,058.400", "recyclingOutput",
                 "each record's own", "1,800.000 kg CO2e by cut-off, this figure differs by -41.92 %", "PEF Annex C",
                 "credit: ", "limitation: Pre-consumer"):
        assert part in told.out, part
    as_json = run("footprint", lot, "--method", "circular-footprint/1", *options, "--url", server.url, "--json")
    assert json.loads(as_json.out) == ask(server, lot=lot, method="circular-footprint/1", parameter=CIRCULAR)
    beside = run("footprint", lot, "--method", "module-d/1", "--parameter", "MMRout=0.9", "--parameter", "EMR=0.4",
                 "--parameter", "EVMSub=2", "--parameter", "Q=0.9", "--gwp", "AR5", "--allocation", "mass",
                 "--url", server.url)
    assert "never added" in beside.out
    assert "-891.8" in beside.out
    stored = run("footprint", lot, "--method", "cut-off/1", "--url", server.url, "--json")
    assert json.loads(stored.out) == ask(server, lot=lot, averages=True)
    wrong = run("footprint", lot, "--method", "magic/1", "--url", server.url, "--json")
    assert (wrong.code, json.loads(wrong.err)["code"]) == (1, "unknown-method")
    assert run("footprint", "--product", "x", "--gwp", "AR5", "--url", server.url).code == 2
    assert run("footprint", "--product", "x", "--method", "cut-off/1", "--url", server.url).code == 2


def test_sensitivity_by_the_command_line(server: Server) -> None:
    shop = two_stages(server)
    lot = shop.name("steel")
    told = run("sensitivity", lot, "--url", server.url).succeeded()
    for part in (f"of {lot} by each allocation key", "2 upstream records leave a choice: 1 by value, 1 by mass",
                 "71.000", "15.250", "-78.52 %", "-56.800", "works.make", "moles +5.250"):
        assert part in told.out, part
    size = ask(server, "/v1/sensitivity", lot=lot)["size"]
    as_json = run("sensitivity", lot, "--at", size, "--url", server.url, "--json")
    assert json.loads(as_json.out) == ask(server, "/v1/sensitivity", lot=lot, at=size)
    server.post([make(shop, [out(shop, "x", "50"), out(shop, "y", "50")], ore="100")])
    assert "outputs[0].value is missing" in run("sensitivity", shop.name("x"), "--url", server.url).out
    unknown = run("sensitivity", "urn:example:nobody", "--url", server.url, "--json")
    assert (unknown.code, json.loads(unknown.err)["code"]) == (1, "not-found")


def test_the_catalogue_by_the_command_line(network: Any) -> None:
    told = run("methods", "--url", network.server.url).succeeded()
    for part in ("circular-footprint/1: PEF circular footprint formula", "potentials: AR6, AR5",
                 "at least 0 and at most 1", "heatingValue"):
        assert part in told.out, part
    as_json = run("methods", "--url", network.server.url, "--json")
    assert json.loads(as_json.out) == ask(network.server, "/v1/methods")
