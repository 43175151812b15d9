"""A verifier's work as its guide tells it: audit, list, sample, attestation, and what others see of it afterwards.

A quarry sells stone to a mill. Stone: 1000 kg CO2e for 10 t, of which the mill takes 4 t into 8 t of mix with 600 kg of
sand. So the mix has 400 + 600 kg.
"""

import csv
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest
from support.cli import Done, run
from support.market import Company, Market, RecordRefused, document, evidence, trading_server
from support.server import Server

from ledger.core.record import canonical
from ledger.core.record.kinds import Attestation

GUIDE: Final = Path(__file__).parents[2] / "clients/VERIFIERS.md"


class Story:
    """The companies, the mix of the mill, and a folder for files."""

    def __init__(self, server: Server, folder: Path) -> None:
        self.server, self.folder = server, folder
        market = self.market = Market(server, "verifier")
        group = market.company("group")
        self.quarry = market.company("quarry", parent=group).products("works", stone="limestone")
        self.sister = market.company("sister", parent=group, roles=["auditor"])
        self.mill = market.company("mill").products("works", mix="limestone", sand="sand")
        self.verifier = market.company("verifier", roles=["auditor"])
        self.dug = self._declared(self.quarry, "stone", "10 TNE", "1000", "weighing")
        self._declared(self.mill, "sand", "4 TNE", "600", "invoice")
        sold = self.quarry.send("stone", "4 TNE", self.mill, name="sold")
        self.mill.run("works.make", [self.mill.out("mix", "8 TNE")], inputs={sold: "4 TNE", "sand": "4 TNE"},
                      evidence=[evidence("meter")])
        self.mix, self.sold = self.mill.name("mix"), sold

    def _declared(self, by: Company, lot: str, amount: str, burden: str, paper: str) -> str:
        return by.declare("study", lot=by.out(lot, amount), burdens={"fossilGhgEmissions": burden},
                          evidence=[evidence(paper)])

    def run(self, *arguments: object) -> Done:
        return run(*arguments, "--url", self.server.url).succeeded()

    def post(self, who: Company, fields: dict[str, Any]) -> None:
        record = canonical.record_of({**fields, "issuer": who.id, "nonce": self.market.nonce()})
        assert isinstance(record, Attestation)
        self.market.post(who.party, record)


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Story]:
    with trading_server() as server:
        yield Story(server, tmp_path_factory.mktemp("verifier"))


def guide() -> dict[str, Any]:
    """The attestation of the guide, for the mill's mix of March 2025."""
    (text,) = re.findall(r"```json\n(.*?)```", GUIDE.read_text(encoding="utf-8"), re.S)
    record: dict[str, Any] = json.loads(text)
    return {**record, "start": "2025-03-01T00:00:00Z", "end": "2025-04-01T00:00:00Z", "date": "2025-05-01T00:00:00Z",
            "validUntil": "2099-01-01T00:00:00Z"}


def test_a_verification_from_the_list_to_the_attestation(story: Story) -> None:
    """The steps build on each other."""
    listed = story.folder / "list.csv"
    story.run("export", "verification", story.mix, "--format", "csv", "--output", listed)
    rows = list(csv.DictReader(listed.read_text(encoding="utf-8").splitlines()))
    size = int(rows[0]["at"])
    assert float(rows[0]["footprint"]) == pytest.approx(1000.0)
    sources = [row for row in rows if row["section"] == "sources of 95 % of the activity data"]
    assert [(float(row["kgCo2e"]), float(row["cumulative"])) for row in sources] == [
        (pytest.approx(600.0), pytest.approx(60.0)), (pytest.approx(400.0), pytest.approx(100.0))]
    assert document("weighing") in sources[1]["evidence"]

    # Documents of other chains are refused; those of the list are not.
    attestation = {**guide(), "subject": {"kind": "lot", "id": story.mix}, "treeSize": size}
    with pytest.raises(RecordRefused) as refused:
        story.post(story.verifier, attestation)
    assert refused.value.code == "unknown-evidence"
    assert f"invoice {document('invoice')}" in str(refused.value.problem["rule"])
    examined = [document(kind) for kind in ("meter", "weighing", "invoice")]
    story.post(story.verifier, {**attestation, "examined": examined})

    shown = story.run("footprint", story.mix, "--details").out
    assert f"lot attested by {story.verifier.id} to ISO 14064-3:2019, reasonable assurance, unmodified" in shown
    assert "3 documents examined" in shown
    assert "third party 100.0 %" in shown
    assert "not independent" not in shown


def test_a_sister_of_the_quarry_counts_as_first_party(story: Story) -> None:
    story.post(story.sister, {**guide(), "subject": {"kind": "lot", "id": story.quarry.name("stone")}, "treeSize":
                              story.market.ask("/health/ready")["size"], "examined": [document("weighing")]})
    assert "first party 100.0 %" in story.run("footprint", story.sold).out
    listed = json.loads(story.run("export", "verification", story.sold, "--json").out)
    assert [one["independent"] for one in listed["verified"]["attestations"]] == [False]
    done = run("export", "verification", story.sold, "--share", "thirdParty=0.1", "--url", story.server.url)
    assert done.code == 1
    assert "thirdParty of 0.1 is more than attestations cover" in done.err


def test_a_statement_ends_with_the_figure_that_it_states(story: Story) -> None:
    """The quarry finds out that its stone has 2500 kg: the mix has 1600 then."""
    file = story.folder / "mix.json"
    story.run("export", "footprint", story.mix, "--output", file)
    check = ("verify", file, "--vkey", story.server.vkey, "--log", story.server.url, "--on", "2026-01-01")
    before = run(*check).succeeded()
    assert "verified share of the figure, as the log says: thirdParty 100.0 %" in before.out
    story.quarry.amend(story.dug, burdens={"fossilGhgEmissions": "2500"})
    after = run(*check)
    assert after.code == 1
    assert "superseded: the figure changed by +60.0 %: 125 kg CO2e per unit stated, 200 now" in after.err
    expired = run("verify", file, "--vkey", story.server.vkey, "--on", "2029-01-01")
    assert expired.code == 1
    assert "expired: the statement was valid until 2028-04-01T00:00:00Z" in expired.err


def test_the_attestation_is_of_the_earlier_figure_then(story: Story) -> None:
    shown = story.run("footprint", story.mix, "--details").out
    assert "outdated: of the earlier figure 1,000.000 kg CO2e" in shown
    assert "now 1,600.000 kg CO2e" in shown
    assert "in no verified share: of an earlier figure" in shown
    verified = story.market.footprint(story.mix)["verified"]
    # The sister's attestation of the stone is of an earlier figure too.
    assert [verified[name] for name in ("certifiedProgramme", "thirdParty", "secondParty", "firstParty")] == [0.0] * 4


def test_an_auditor_replays_all_of_it(story: Story) -> None:
    done = story.server.audit()
    assert done.returncode == 0, done.stdout + done.stderr
