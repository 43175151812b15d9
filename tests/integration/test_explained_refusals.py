"""Refusals of signed records name all faults of their stage, and propose names of the issuer alone. Explanations have
limits, come after the receipts, and state no false faults."""

import asyncio
import base64
import json
import logging
from collections.abc import Iterator, Sequence
from itertools import count
from pathlib import Path
from time import monotonic
from typing import Any, Final

import httpx
import msgspec
import pytest
from msgspec.structs import replace
from support.cli import run
from support.inside import Inside, inside
from support.parties import enrolment
from support.revising import amend, change
from support.sectors import Make
from support.server import Posted, Server, prepared_home
from support.workshop import Workshop, workshop

from ledger.core.receipts.receipt import Receipt
from ledger.core.record import canonical
from ledger.core.record.kinds import Facility
from ledger.core.signatures.envelope import Envelope
from ledger.core.signatures.signing import SigningKey
from ledger.errors import LedgerError
from ledger.service.posting.log_writer import LogWriter
from ledger.service.posting.own_names import OwnNames
from ledger.service.posting.pending import Answer, PendingRequest

JSON: Final = {"Content-Type": "application/json"}


def tree_of(shop: Workshop, **fields: Any) -> dict[str, Any]:
    """A transformation that the ledger admits, with other fields."""
    _, record = shop.make({"made": "100"}, {"pot": "100"})
    tree: dict[str, Any] = msgspec.json.decode(canonical.encode(record))
    return {**tree, "nonce": shop.nonce(), **fields}


def envelope(server: Server, tree: Any, key: SigningKey) -> bytes:
    body = canonical.encode(tree)
    signature = key.sign_record(server.origin, 0, canonical.digest(body))
    return msgspec.json.encode(Envelope(
        base64.b64encode(body).decode(), key.keyid.hex(), base64.b64encode(signature).decode()))


def answer(server: Server, shop: Workshop, path: str = "/v1/records", **fields: Any) -> dict[str, Any]:
    """The problem by which a record of the shop is refused."""
    content = envelope(server, tree_of(shop, **fields), shop.party.key)
    response = httpx.post(f"{server.url}{path}", content=content, headers=JSON, timeout=60)
    problem: dict[str, Any] = response.json()
    assert response.status_code in (400, 422), problem
    return problem


def flow(shop: Workshop, lot: str, unit: str = "KGM") -> dict[str, Any]:
    return {"lot": shop.name(lot), "quantity": {"value": "1", "unit": unit}}


@pytest.mark.parametrize("path", ["/v1/records", "/v1/records/check"])
def test_all_faults_that_facts_show_come_at_once(server: Server, shop: Workshop, path: str) -> None:
    output = {"lot": shop.name("made"), "product": shop.name("prat"), "role": "product",
              "quantity": {"value": "1", "unit": "KG"}}
    problem = answer(
        server, shop, path, facility=shop.name("sites"), inputs=[flow(shop, "pott"), flow(shop, "pot", "KGS")],
        outputs=[output, {**output, "lot": "made-2", "product": shop.name("part"), "role": "waste"}],
        process="works.mak", activity={"co": "1"})
    assert (problem["stage"], problem["code"], problem["field"]) == ("facts", "unknown-facility", "facility")
    faults = {fault["field"]: fault for fault in problem["errors"]}
    assert {field: fault["code"] for field, fault in faults.items()} == {
        "facility": "unknown-facility", "inputs[0].lot": "unknown-lot", "inputs[1].quantity.unit": "unknown-unit",
        "outputs[0].product": "unknown-product", "outputs[0].quantity.unit": "unknown-unit",
        "outputs[1].lot": "invalid-identifier", "outputs[1].origin": "waste-origin",
        "outputs[1].quantity.unit": "unknown-unit", "process": "unknown-process",
        "activity.co": "unknown-field",
    }
    assert faults.pop("activity.co")["mend"] == [{"op": "move", "from": "/activity/co", "path": "/activity/co2"}], (
        "as the process that is meant has it")
    assert {field: fault["mend"][0]["value"] for field, fault in faults.items() if fault.get("mend")} == {
        "facility": shop.name("site"), "inputs[0].lot": shop.name("pot"), "inputs[1].quantity.unit": "KGM",
        "outputs[0].product": shop.name("part"), "outputs[0].quantity.unit": "KGM",
        "outputs[1].lot": shop.name("made-2"), "outputs[1].quantity.unit": "KGM", "process": "works.make",
    }


@pytest.mark.parametrize("stage", ["facts", "order"])
@pytest.mark.parametrize("path", ["/v1/records", "/v1/records/check"])
def test_what_a_refused_record_makes_is_named_as_such(
    server: Server, shop: Workshop, path: str, stage: str
) -> None:
    """A record that takes the lot of a refused one is right: it needs no other lot."""
    def takes(lot: str, kilograms: str) -> dict[str, Any]:
        return {"inputs": [{"lot": shop.name(lot), "quantity": {"value": kilograms, "unit": "KGM"}}]}

    wrong = tree_of(shop, **({"facility": shop.name("sites")} if stage == "facts" else takes("pot", "1000000")))
    wrong["outputs"][0]["lot"] = shop.name("poty")
    trees = [wrong, tree_of(shop, **takes("poty", "100")), tree_of(shop, **takes("potx", "100"))]
    content = b"\n".join([envelope(server, tree, shop.party.key) for tree in trees])
    response = httpx.post(f"{server.url}{path}", content=content, timeout=60,
                          headers={"Content-Type": "application/x-ndjson"})
    first, follows, other = [json.loads(line) for line in response.text.splitlines()]
    assert first["stage"] == stage
    assert (follows["code"], follows["field"]) == (other["code"], other["field"]) == ("unknown-lot", "inputs[0].lot")
    assert "a refused record of the same request makes it" in follows["detail"]
    assert "mend" not in follows
    assert "refused record" not in other["detail"]
    assert other["mend"][0]["value"] == shop.name("pot")


def test_all_faults_of_an_activity_come_at_once(server: Server, shop: Workshop) -> None:
    problem = answer(server, shop, activity={"co2": "1,5", "ch": "2", "weight": {}})
    assert problem["stage"] == "shape"
    assert {fault["field"] for fault in problem["errors"]} == {"activity.co2", "activity.ch", "activity.weight"}
    assert [fault["mend"] for fault in problem["errors"] if fault["field"] == "activity.co2"] == [
        [{"op": "replace", "path": "/activity/co2", "value": "1.5"}]]


def test_the_order_of_the_log_speaks_last(server: Server, shop: Workshop) -> None:
    problem = answer(server, shop, inputs=[{**flow(shop, "pot"), "quantity": {"value": "1001", "unit": "KGM"}}],
                     outputs=[])
    assert (problem["stage"], problem["code"]) == ("order", "over-consumption")
    assert "errors" not in problem


def test_an_unknown_name_and_a_foreign_one_get_the_same_bytes(server: Server, shop: Workshop) -> None:
    other = workshop(server, f"other-{shop.party.id.rpartition('-')[2]}", pots="10")
    unknown = other.party.prefix + "potz"
    named = {"lot": other.name("pots"), "facility": other.name("site"), "product": other.name("part")}
    for field, foreign in named.items():
        asked = unknown[: len(foreign)].ljust(len(foreign), "q")
        texts = []
        for name in (foreign, asked):
            fields: dict[str, Any] = {"facility": name}
            if field == "lot":
                fields = {"inputs": [{"lot": name, "quantity": {"value": "1", "unit": "KGM"}}]}
            elif field == "product":
                fields = {"outputs": [{"lot": shop.name("made"), "product": name, "role": "product",
                                       "quantity": {"value": "1", "unit": "KGM"}}]}
            problem = answer(server, shop, **fields)
            assert other.party.prefix not in json.dumps(problem).replace(name, "")
            problem.pop("mend", None)
            texts.append({**problem, "allowed": sorted(problem["allowed"]),
                          "detail": problem["detail"].replace(name, "").partition(";")[0]})
        assert texts[0] | {"value": ""} == texts[1] | {"value": ""}


def test_only_the_signer_sees_names(server: Server, shop: Workshop) -> None:
    """A record of another one's key is refused before anything is proposed."""
    thief = workshop(server, f"thief-{shop.party.id.rpartition('-')[2]}")
    tree = tree_of(shop, facility=shop.name("sites"))
    problem = httpx.post(f"{server.url}/v1/records", content=envelope(server, tree, thief.party.key), headers=JSON,
                         timeout=60).json()
    assert problem["code"] == "wrong-issuer"
    assert not problem.keys() & {"allowed", "mend", "errors", "stage"}


def test_a_record_that_nobody_signed(server: Server, shop: Workshop) -> None:
    tree = tree_of(shop, start="2025-03-01")
    del tree["nonce"]
    problem = httpx.post(f"{server.url}/v1/records", json=tree, timeout=60).json()
    assert "carbon-ledger sign" in problem["detail"]
    assert (problem["stage"], [fault["field"] for fault in problem["errors"]][1:]) == ("shape", ["$.start"])


def test_the_command_line_has_a_line_for_each_fault(server: Server, shop: Workshop, tmp_path: Path) -> None:
    key, records = tmp_path / "key.pem", tmp_path / "records.ndjson"
    key.write_bytes(shop.party.key.to_pem())
    good, wrong = tree_of(shop), tree_of(shop, facility=shop.name("sites"), inputs=[flow(shop, "pott")])
    records.write_text("\n".join([json.dumps(good), "", json.dumps(wrong)]) + "\n", encoding="utf-8")
    done = run("submit", records, "--key", key, "--origin", server.origin, "--url", server.url)
    assert done.code == 1
    lines = [line for line in done.err.splitlines() if line.startswith("line ")]
    assert len(lines) == 2
    assert f"write \"{shop.name('site')}\"" in lines[0]
    assert f"write \"{shop.name('pot')}\"" in lines[1]


def test_many_refused_records_are_answered_one_by_one(server: Server, shop: Workshop) -> None:
    """Explanations have a limit; the answers do not."""
    envelopes = [envelope(server, tree_of(shop, facility=shop.name("sites")), shop.party.key) for _ in range(60)]
    problems = [one for one in server.submit(envelopes) if isinstance(one, dict)]
    assert (len(problems), {problem["code"] for problem in problems}) == (60, {"unknown-facility"})
    assert len([problem for problem in problems if "mend" in problem]) == 50


def test_an_unknown_unit_of_a_product_harms_no_neighbour(server: Server, shop: Workshop) -> None:
    product = {"type": "product", "issuer": shop.id, "sector": "works", "unit": "H87",
               "massPerUnit": {"value": "1", "unit": "KG"}}
    wrong = {**product, "nonce": shop.nonce(), "id": shop.name("wrong")}
    right = {**product, "nonce": shop.nonce(), "id": shop.name("right"), "massPerUnit": {"value": "1", "unit": "KGM"}}
    problem, receipt = server.submit([envelope(server, tree, shop.party.key) for tree in (wrong, right)])
    assert (problem["field"], problem["mend"]) == (
        "massPerUnit", [{"op": "replace", "path": "/massPerUnit/unit", "value": "KGM"}])
    assert not isinstance(receipt, dict)


def test_unreadable_records_are_explained_within_a_limit(server: Server, shop: Workshop) -> None:
    """Nobody has signed them, so no quota limits what they cost. The answers do not change otherwise."""
    envelopes = [
        envelope(server, tree_of(shop, inputs=[flow(shop, "pot", f"unit {n:02} of mass {i:04}") for i in range(100)]),
                 shop.party.key) for n in range(60)]
    problems = [one for one in server.submit(envelopes) if isinstance(one, dict)]
    assert {(problem["code"], problem["field"]) for problem in problems} == {
        ("invalid-field", "$.inputs[0].quantity.unit")}
    assert (len(problems), len(problems[0]["errors"])) == (60, 100)
    assert "errors" not in problems[-1]


def test_a_long_unreadable_record_is_refused_by_its_first_fault(server: Server, shop: Workshop) -> None:
    problem = answer(server, shop, activity={"x": "y" * 100_000}, ix="1", iy="2")
    assert (problem["code"], problem["field"]) == ("unknown-field", "$.ix")
    assert "errors" not in problem


LONG: Final = "-".join(["a-long-part-of-a-name"] * 8)


@pytest.fixture(scope="module")
def ledger() -> Iterator[Inside]:
    with prepared_home() as home, inside(home) as ledger:
        yield ledger


_numbers = count(1)


@pytest.fixture
def maker(ledger: Inside) -> Workshop:
    """An organisation with the lot `pot`."""
    maker = Workshop(f"maker-{next(_numbers)}")
    enrolled = enrolment(maker.party, ledger.registrar, ledger.origin, maker.nonce())
    ledger.post([(ledger.registrar, enrolled), *maker.opening(), maker.mine("pot", "1000")])
    return maker


async def longest_pause(ledger: Inside, posted: Sequence[Posted]) -> tuple[list[LedgerError], float]:
    """The refusals, and for how long the event loop did nothing else at the most."""
    submitting = asyncio.create_task(ledger.submit(posted))
    pause = 0.0
    while not submitting.done():
        started = monotonic()
        await asyncio.sleep(0.005)
        pause = max(pause, monotonic() - started)
    return [one for one in await submitting if isinstance(one, LedgerError)], pause


def test_the_first_values_of_a_request_are_compared_with_names(ledger: Inside, maker: Workshop) -> None:
    """Forty different lots are unknown, among a hundred lots with long names. Meanwhile the server answers others."""
    ledger.post([maker.mine(f"{LONG}-{i}", "1") for i in range(100)])
    wrong = [
        maker.make({f"made-{record}": "1"}, {f"{LONG}-x{record}-{i}": "1" for i in range(10)}) for record in range(4)]
    refusals, pause = ledger.run(longest_pause(ledger, wrong))
    faults = [fault for refusal in refusals for fault in refusal.parts]
    assert [fault.code for fault in faults] == ["unknown-lot"] * 40
    assert [bool(fault.allowed) for fault in faults] == [True] * 20 + [False] * 20
    assert pause < 0.5


def test_equal_values_count_once(ledger: Inside, maker: Workshop) -> None:
    wrong = [maker.make({f"made-{i}": "1"}, {"pott": "1"}) for i in range(30)]
    refusals, _ = ledger.run(longest_pause(ledger, wrong))
    assert [refusal.mend[0]["value"] for refusal in refusals] == [maker.name("pot")] * 30


@pytest.mark.parametrize("checked", [False, True])
def test_receipts_survive_a_failing_explanation(
    ledger: Inside, maker: Workshop, checked: bool, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture,
) -> None:
    async def lost(*_: object) -> Sequence[str]:
        raise ConnectionResetError("the session is lost")

    monkeypatch.setattr(OwnNames, "lots", lost)
    posted = [maker.mine("lot", "1"), maker.make({"made": "1"}, {"pott": "1"})]
    submitter = ledger.ledger.submitter
    with caplog.at_level(logging.ERROR, "ledger.service.posting.explaining"):
        if checked:
            effect, error = ledger.run(submitter.check(ledger.envelopes(posted)))
            assert not isinstance(effect, LedgerError)
        else:
            receipt, error = ledger.run(ledger.submit(posted))
            assert isinstance(receipt, Receipt)
    assert (error.code, error.allowed) == ("unknown-lot", ())
    assert "explaining refusals failed" in caplog.text


def of_new_site(maker: Workshop) -> tuple[Posted, Posted]:
    """A site, and a record of it with an unknown input."""
    site = Facility(issuer=maker.id, nonce=maker.nonce(), id=maker.name("annex"), country="CN")
    _, made = maker.make({"made": "1"}, {"pott": "1"})
    return maker.signed(site), maker.signed(replace(made, facility=site.id))


def test_a_name_that_was_entered_in_the_meantime_is_no_fault(
    ledger: Inside, maker: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The site is entered after the request has read its facts, and before it gets the lock."""
    site, made = of_new_site(maker)
    append = LogWriter.append

    async def after_the_site(writer: LogWriter, pending: PendingRequest) -> list[Answer]:
        monkeypatch.setattr(LogWriter, "append", append)
        await ledger.must([site])
        return await append(writer, pending)

    monkeypatch.setattr(LogWriter, "append", after_the_site)
    (error,) = ledger.run(ledger.submit([made]))
    assert (error.code, error.field, error.parts) == ("unknown-lot", "inputs[0].lot", ())
    assert error.mend


@pytest.mark.parametrize("checked", [False, True])
def test_a_name_of_the_same_request_is_no_fault(ledger: Inside, maker: Workshop, checked: bool) -> None:
    """Records after an amendment are prepared under the lock."""
    made = maker.mine("lot", "1")
    ledger.post([made])
    posted = [amend(maker, change(made, activity=Make(co2="2"))), *of_new_site(maker)]
    submitter = ledger.ledger.submitter
    answers: Sequence[object] = ledger.run(
        submitter.check(ledger.envelopes(posted)) if checked else ledger.submit(posted))
    error = answers[2]
    assert (error.code, error.field, error.parts) == ("unknown-lot", "inputs[0].lot", ())
