"""A record with what later ones made of it: the original as it was posted, each revision with leaves that prove it."""

import base64
from collections.abc import Iterator
from typing import Any, NamedTuple

import httpx
import msgspec
import pytest
from support.inside import inside
from support.parties import enrolment
from support.revising import amend, change, digest_of
from support.sectors import Make
from support.server import Posted, Server, prepared_home
from support.workshop import Workshop, kilograms, workshop

from ledger.core.log.merkle import EMPTY_ROOT, leaf_hash, verify_inclusion
from ledger.core.outcome.leaves import LotLeaf
from ledger.core.receipts.receipt import Receipt
from ledger.core.record import canonical
from ledger.core.record.values import Output
from ledger.service.queries.records import read_record


class Told(NamedTuple):
    client: httpx.Client
    mill: Workshop
    records: dict[str, Posted]
    receipts: dict[str, Receipt]
    before: dict[str, Any]
    """Answers about the records before anything was revised."""

    def record(self, name: str) -> dict[str, Any]:
        response = self.client.get(f"/v1/records/{digest_of(self.records[name])}")
        assert response.status_code == 200, response.text
        found: dict[str, Any] = response.json()
        return found


@pytest.fixture(scope="module")
def told() -> Iterator[Told]:
    with prepared_home() as home, Server(home) as server, httpx.Client(base_url=server.url, timeout=60) as client:
        mill = workshop(server, "mill")
        found = Told(client, mill, {}, {}, {})

        def post(name: str, record: Posted) -> None:
            found.records[name] = record
            (found.receipts[name],) = server.post([record])

        # b 0.75 * (10 + 0.8 * 50) = 37.5; c 6 + half of it
        post("a", mill.mine("a", "100", co2="50"))
        post("b", mill.make({"b": "60", "b2": "20"}, {"a": "80"}, activity=Make(co2="10")))
        post("c", mill.make({"c": "30"}, {"b": "30"}, activity=Make(co2="6")))
        post("other", mill.mine("other", "1"))
        for name in ("a", "b", "c", "other"):
            found.before[name] = found.record(name)
        # b 97.5; then 40 kg of b instead of 60, of which c takes three quarters
        post("first", amend(mill, change(found.records["a"], activity=Make(co2="150"))))
        less = [Output(lot=mill.name(lot), product=mill.name("part"), quantity=kilograms(kg), role="product")
                for lot, kg in (("b", "40"), ("b2", "20"))]
        post("second", amend(mill, change(found.records["b"], outputs=less)))
        post("third", amend(mill, change(found.records["c"])))
        yield found


def test_the_original_stays_as_it_was(told: Told) -> None:
    for name, before in told.before.items():
        now = told.record(name)
        assert (now, bool(now.pop("revisions", []))) == (before, name != "other")
        assert canonical.digest(canonical.encode(now["body"])).hex() == now["digest"]


def test_which_records_revised_it(told: Told) -> None:
    expected = {"a": ["first"], "b": ["first", "second"], "c": ["first", "second", "third"], "first": [], "other": []}
    for name, revising in expected.items():
        found = told.record(name).get("revisions", [])
        assert [(one["index"], one["digest"], one["type"]) for one in found] == [
            (told.receipts[by].index, told.receipts[by].digest, "amendment") for by in revising
        ]
    assert "earlierRevisions" not in told.record("c")


def test_leaves_are_proved_by_the_root_and_the_root_by_the_revising_entry(told: Told) -> None:
    seen = 0
    for name in ("a", "b", "c"):
        original = told.record(name)
        for one in original["revisions"]:
            for leaf in one.get("leaves", []):
                data = canonical.encode(leaf["leaf"])
                path = [base64.b64decode(node) for node in leaf["path"]]
                verify_inclusion(leaf_hash(data), leaf["index"], leaf["size"], bytes.fromhex(one["root"]), path)
                seen += 1
            (receipt,) = [found for found in told.receipts.values() if found.index == one["index"]]
            shown = [msgspec.json.decode(leaf.leaf) for leaf in receipt.leaves]
            assert {"index": original["index"], "record": original["digest"], "outcome": one["root"]} in [
                {key: leaf[key] for key in ("index", "record", "outcome")} for leaf in shown
                if leaf["leaf"] == "revision"
            ]
    # Two of a, three of b twice, two of c twice; none of the withdrawn one.
    assert seen == 2 + 2 * 3 + 2 * 2


def lots(revision: dict[str, Any]) -> dict[str, LotLeaf]:
    """Leaves of output lots, by the lot's short name."""
    leaves = [msgspec.convert(one["leaf"], LotLeaf) for one in revision["leaves"][1:]]
    return {leaf.lot.rpartition(":")[2]: leaf for leaf in leaves}


def test_leaves_hold_the_figures_and_quantities_of_then(told: Told) -> None:
    first, second = (lots(one) for one in told.record("b")["revisions"])
    for found, b, b2, kg in ((first, 97.5, 32.5, "60"), (second, 130 * 2 / 3, 130 / 3, "40")):
        assert float(found["b"].burdens["fossilGhgEmissions"]) == pytest.approx(b)
        assert float(found["b2"].burdens["fossilGhgEmissions"]) == pytest.approx(b2)
        assert (found["b"].quantity.value, found["b2"].quantity.value) == (kg, "20")
    figures = [float(lots(one)["c"].burdens["fossilGhgEmissions"]) for one in told.record("c")["revisions"][:2]]
    assert figures == [pytest.approx(6 + 97.5 / 2), pytest.approx(6 + 130 * 2 / 3 * 3 / 4)]


def test_bodies_are_told_where_they_changed(told: Told) -> None:
    (amended,) = told.record("a")["revisions"]
    assert amended["body"] == {**told.before["a"]["body"], "activity": {"co2": "150"}}
    first, second = told.record("b")["revisions"]
    assert "body" not in first
    assert [one["quantity"]["value"] for one in second["body"]["outputs"]] == ["40", "20"]
    assert second["body"]["inputs"] == told.before["b"]["body"]["inputs"]


def test_a_withdrawn_record_says_so(told: Told) -> None:
    *earlier, withdrawn = told.record("c")["revisions"]
    assert withdrawn["withdrawn"] is True
    assert "body" not in withdrawn
    assert "leaves" not in withdrawn
    assert withdrawn["root"] == EMPTY_ROOT.hex()
    assert not any("withdrawn" in one for one in earlier)


def test_of_many_revisions_the_newest_are_told() -> None:
    """And how many there are before them: 103 of one record."""
    with prepared_home() as home, inside(home) as ledger:
        mill = Workshop("mill")
        enrolled = ledger.registrar, enrolment(mill.party, ledger.registrar, ledger.origin, mill.nonce())
        posted = mill.mine("a", "100", co2="1")
        ledger.post([enrolled, *mill.opening(), posted])
        for i in range(103):
            ledger.post([amend(mill, change(posted, activity=Make(co2=str(i + 2))))])
        answer = ledger.run(read_record(ledger.ledger.pool, digest_of(posted)))
    assert answer.earlier_revisions == 3
    bodies = [msgspec.json.decode(one.body or b"null")["activity"]["co2"] for one in answer.revisions]
    assert bodies == [str(i + 2) for i in range(3, 103)]
    assert [one.index for one in answer.revisions] == sorted(one.index for one in answer.revisions)
