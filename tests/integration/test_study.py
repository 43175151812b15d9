"""The study context of figures: what product and facility state, what the ledger derives, what a statement proves."""

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final, NamedTuple

import httpx
import msgspec
import pytest
from msgspec.structs import replace
from support.cli import run
from support.revising import digest_of
from support.sectors import Gap, Make
from support.server import Posted, Server, prepared_home
from support.witness import audited, registry
from support.workshop import EARLIER, END, START, Workshop, kilograms, workshop

from ledger.client.verify.statement_bodies import recompute_from_bodies
from ledger.core.receipts.statement import read_statement
from ledger.core.receipts.statement_steps import Proven
from ledger.core.record.kinds import Activation, Declaration, Erasure, Facility, Product
from ledger.core.record.study import AllocationBasis, ProductRules, StudyContext
from ledger.core.record.values import Output
from ledger.engine.sectors import Registry
from ledger.errors import VerificationError
from ledger.footprint.derived.statements import check_statement, recompute
from ledger.registry.installed import installed
from ledger.service.erasure.erase import carry_out
from ledger.store.embedded import attach

SITE: Final = StudyContext(
    cut_off="Staff travel: below 1 % of the footprint.", standards=["ISO14067"], packaging_included=True)
BAR: Final = StudyContext(
    boundary_processes="Ore to bar.", standards=["GBT24067", "ISO14067"],
    rules=[ProductRules(operator="Other", names=["PCR 7"], other_operator="a programme")])
MERGED: Final = {
    "boundaryProcesses": "Ore to bar.", "cutOff": SITE.cut_off, "packagingIncluded": True,
    "standards": ["GBT24067", "ISO14067"],
    "rules": [{"operator": "Other", "names": ["PCR 7"], "otherOperator": "a programme"}],
}
BASIS: Final = AllocationBasis(step="physicalRelation", price_ratio="7", rule="PCR 7", reason="It says mass.")
METHOD_STANDARDS: Final = ["ISO 14067:2018", "GB/T 24067-2024", "PACT Methodology 3"]
LATER: Final = "2025-04-01T00:00:00Z"


class Works(NamedTuple):
    """A mill whose site in Jiangsu and whose bar state a study context; whose other site and part state nothing."""

    server: Server
    client: httpx.Client
    mill: Workshop
    buyer: Workshop

    def get(self, path: str, **parameters: Any) -> Any:
        response = self.client.get(path, params=parameters)
        assert response.status_code == 200, response.text
        return response.json()

    def study(self, lot: str) -> Any:
        return self.get("/v1/footprint", lot=self.mill.name(lot))["study"]

    def proven(self, lot: str) -> Proven:
        text = json.dumps(self.get("/v1/statement", lot=self.mill.name(lot)))
        return check_statement(read_statement(text.encode()), self.server.vkey)

    def body(self, digest: str, _: str) -> bytes | None:
        answer = msgspec.json.decode(self.client.get(f"/v1/records/{digest}").content, type=dict[str, msgspec.Raw])
        return bytes(answer["body"])


def bars(shop: Workshop, lot: str, amount: str, site: str = "jiangsu", **fields: Any) -> Posted:
    party, record = shop.make({}, ore=amount, **fields)
    output = Output(lot=shop.name(lot), product=shop.name("bar"), quantity=kilograms(amount), role="product")
    return party, replace(record, outputs=[output], facility=shop.name(site))


@pytest.fixture(scope="module")
def works() -> Iterator[Works]:
    with prepared_home() as home, Server(home) as server, httpx.Client(base_url=server.url, timeout=60) as client:
        mill, buyer = workshop(server, "mill", pot="10"), workshop(server, "buyer")
        server.post([
            mill.signed(Facility(issuer=mill.id, nonce=mill.nonce(), id=mill.name("jiangsu"), country="CN",
                                 subdivision="CN-JS", study=SITE)),
            mill.signed(Product(issuer=mill.id, nonce=mill.nonce(), id=mill.name("bar"), sector="works", unit="KGM",
                                study=BAR)),
        ])
        gaps = [Gap(what="paint", estimate="2"), Gap(what="air")]
        server.post([
            bars(mill, "bar1", "4", activity=Make(co2="8", gaps=gaps[:1]), allocation_basis=BASIS),
            bars(mill, "bar2", "4", start=END, end=LATER),
            mill.make({"gap": "5"}, ore="5", activity=Make(co2="5", gaps=gaps)),
            mill.make({"next": "2"}, {"gap": "2"}, activity=Make(co2="1")),
            mill.signed(Declaration(
                issuer=mill.id, nonce=mill.nonce(), start=START, end=END, basis="study", boundary="gateToGate",
                burdens={"fossilGhgEmissions": "3"}, lot=Output(
                    lot=mill.name("bought"), product=mill.name("part"), quantity=kilograms("1"), role="product"))),
        ])
        server.post([mill.send("bar1", "1", buyer, "sent")])
        yield Works(server, client, mill, buyer)
        report = audited(server, Registry(registry().sectors.values(), installed().sets.values()))
        assert report.ok, report.findings


def test_a_lot_has_what_product_and_facility_state(works: Works) -> None:
    study = works.study("bar1")
    versions = {one["name"]: one["version"] for one in study.pop("versions")}
    assert versions["works"] == "1.0.0"
    assert "ledger-rules" in versions
    assert study == {
        "stated": MERGED, "declaredUnit": "KGM", "declaredUnitAmount": "1", "boundary": "cradleToGate",
        "referencePeriodStart": START, "referencePeriodEnd": END, "geographySubdivision": "CN-JS",
        "allocation": ["mass"], "method": "cut-off/1", "gwp": "AR6", "methodStandards": METHOD_STANDARDS,
        "allocationBasis": msgspec.to_builtins(BASIS), "exempted": "20.0 %",
        "exemptedDescription": "Left out by the lot's own record: paint (about 2 kg CO2e).",
    }


def test_versions_after_a_later_activation(works: Works) -> None:
    """The server has read the activations before; lots of before keep their versions."""
    mill, registrar = works.mill, works.server.registrar
    before = works.study("pot")["versions"]
    open_set = installed().sets["factors-open"].versions[-1]
    activation = Activation(
        issuer=registrar.id, nonce=mill.nonce(), plugin="factors-open", version=open_set.version,
        digest=open_set.digest, precedence=10)
    works.server.post([(registrar, activation)])
    works.server.post([mill.mine("later", "1")])
    works.server.post([(registrar, replace(activation, nonce=mill.nonce(), precedence=None, retired=True))])
    works.server.post([mill.mine("latest", "1")])
    added = {"name": "factors-open", "version": open_set.version, "digest": open_set.digest, "precedence": 10}
    assert [one for one in works.study("later")["versions"] if one not in before] == [added]
    assert works.study("latest")["versions"] == works.study("pot")["versions"] == before


def test_without_a_stated_study_the_ledger_shows_what_it_knows(works: Works) -> None:
    study = works.study("pot")
    assert study.pop("versions")
    assert study == {
        "declaredUnit": "KGM", "declaredUnitAmount": "1", "boundary": "cradleToGate",
        "referencePeriodStart": EARLIER["start"], "referencePeriodEnd": EARLIER["end"], "geographyCountry": "CN",
        "allocation": ["mass"], "method": "cut-off/1",
        "gwp": "AR6", "methodStandards": METHOD_STANDARDS, "exempted": "0.0 %",
    }


def test_omissions_in_plain_words(works: Works) -> None:
    """2 of 5 kg are taken: 2 / 5 of 2 kg."""
    assert works.study("gap")["exemptedDescription"] == (
        "Left out by the lot's own record: paint (about 2 kg CO2e), air (no estimate).")
    study = works.study("next")
    assert study["exempted"] == "unknown"
    assert study["exemptedDescription"] == (
        "The figure's inputs leave out about 0.8 kg CO2e. The figure's inputs leave out amounts for which nobody has "
        "an estimate.")


def test_a_declared_lot_states_its_boundary(works: Works) -> None:
    study = works.study("bought")
    assert (study["boundary"], study["referencePeriodStart"]) == ("gateToGate", START)
    assert study.keys().isdisjoint({"geographyCountry", "geographySubdivision", "allocation"})


def test_a_sent_lot_has_the_context_of_its_maker(works: Works) -> None:
    study = works.study("sent")
    assert (study["stated"], study["geographySubdivision"]) == (MERGED, "CN-JS")
    assert "referencePeriodStart" not in study


def test_a_product_has_the_period_of_all_its_lots(works: Works) -> None:
    study = works.get("/v1/footprint/product", product=works.mill.name("bar"))["study"]
    assert (study["stated"], study["geographySubdivision"]) == (MERGED, "CN-JS")
    assert (study["referencePeriodStart"], study["referencePeriodEnd"]) == (START, LATER)
    assert study["exemptedDescription"] == "The lots leave out about 2 kg CO2e."
    first = works.get("/v1/footprint/product", product=works.mill.name("bar"), to=END)["study"]
    assert first["referencePeriodEnd"] == END


def test_facilities_of_several_places(works: Works) -> None:
    """Both are in China; only one states something."""
    mill = works.mill
    product = Product(issuer=mill.id, nonce=mill.nonce(), id=mill.name("rod"), sector="works", unit="KGM")
    works.server.post([mill.signed(product)])
    for number, site in enumerate(("jiangsu", "site")):
        party, record = bars(mill, f"rod{number}", "1", site)
        output = replace(record.outputs[0], product=mill.name("rod"))
        works.server.post([(party, replace(record, outputs=[output]))])
    study = works.get("/v1/footprint/product", product=mill.name("rod"))["study"]
    assert study["geographyCountry"] == "CN"
    assert study.keys().isdisjoint({"stated", "geographySubdivision"})
    assert works.study("rod0")["stated"] == json.loads(msgspec.json.encode(SITE))


def test_an_erased_product_shows_no_words(server: Server, shop: Workshop) -> None:
    """Its lots keep their figure, and the fields that are no words."""
    product = shop.signed(Product(issuer=shop.id, nonce=shop.nonce(), id=shop.name("bar"), sector="works", unit="KGM",
                                  study=BAR))
    server.post([product])
    server.post([bars(shop, "bar1", "4", "site", activity=Make(co2="8"))])
    lot = {"lot": shop.name("bar1")}
    before = httpx.get(f"{server.url}/v1/footprint", params=lot).json()
    server.post([(server.registrar, Erasure(
        issuer=server.registrar.id, nonce=shop.nonce(), record=digest_of(product), legal_basis="GDPR 17"))])
    asyncio.run(carry_out(attach(server.home).app_url))
    after = httpx.get(f"{server.url}/v1/footprint", params=lot).json()
    assert before["study"].pop("stated") == {name: one for name, one in MERGED.items() if name in (
        "boundaryProcesses", "rules", "standards")}
    assert (after["study"].pop("stated"), after) == ({"standards": ["GBT24067", "ISO14067"]}, before)
    statement = httpx.get(f"{server.url}/v1/statement", params=lot)
    assert "Ore to bar" not in statement.text
    check_statement(read_statement(statement.content), server.vkey)


def test_a_statement_carries_a_stated_study(works: Works) -> None:
    assert works.proven("pot").claims.study is None
    proven = works.proven("bar1")
    answer = works.study("bar1")
    shown = {name: value for name, value in answer.items() if name not in ("method", "gwp", "versions")}
    assert json.loads(msgspec.json.encode(proven.claims.study)) == shown
    recomputed = recompute_from_bodies(proven, works.body, registry())
    assert recomputed.results
    assert not recomputed.notes
    assert works.proven("sent").claims.study is not None


@pytest.mark.parametrize(("step", "field", "change"), [
    (6, "claims.study.declaredUnit", {"declared_unit": "TNE"}), (6, "claims.study.exempted", {"exempted": "1.0 %"}),
    (7, "claims.study.geographySubdivision", {"geography_subdivision": "CN-YN"}),
    (7, "claims.study.referencePeriodEnd", {"reference_period_end": LATER}),
    (7, "claims.study.stated", {"stated": BAR}), (7, "claims.study.boundary", {"boundary": "gateToGate"}),
    (7, "claims.study.allocation", {"allocation": ["value"]}),
])
def test_a_log_that_signs_another_study_is_caught(works: Works, step: int, field: str, change: dict[str, Any]) -> None:
    proven = works.proven("bar1")
    assert proven.claims.study is not None
    lying = proven._replace(claims=replace(proven.claims, study=replace(proven.claims.study, **change)))
    with pytest.raises(VerificationError) as caught:
        verify(works, lying)
    assert (caught.value.step, caught.value.code, caught.value.field) == (step, "wrong-study", field)


def verify(works: Works, proven: Proven) -> None:
    """Steps 6 and 7."""
    recompute(proven)
    recompute_from_bodies(proven, works.body, registry())


def test_the_commands_show_it(works: Works, tmp_path: Path) -> None:
    file, url, vkey = tmp_path / "statement.json", works.server.url, works.server.vkey
    lot = works.mill.name("bar1")
    lines = (
        "study: per 1 kilogram (KGM), cradle to gate, 2025-03-01 to 2025-03-02, CN-JS, allocation by mass, method "
        "known to ISO 14067:2018, GB/T 24067-2024, PACT Methodology 3",
        "exempted 20.0 %: Left out by the lot's own record: paint",
        "the manufacturer states standards: GBT24067, ISO14067", "the manufacturer states rules: a programme: PCR 7",
        "the manufacturer states packaging: included",
    )
    file.write_text(json.dumps(works.get("/v1/statement", lot=lot)))
    of_product = ("footprint", "--product", works.mill.name("bar"), "--url", url)
    verify = ("verify", file, "--vkey", vkey, "--on", "2025-06-01")
    for arguments in (("footprint", lot, "--details", "--url", url), of_product, verify):
        done = run(*arguments).succeeded()
        text = " ".join(done.out.split())
        for line in lines[2:] if arguments is of_product else lines:
            assert line in text
    file.write_text(file.read_text().replace("Ore to bar.", "Scrap to bar."))
    done = run(*verify)
    assert done.code == 1
    assert "2. its claims are signed by the log: DOES NOT HOLD" in done.out
