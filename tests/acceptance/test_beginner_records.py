"""Twice forty wrong records of beginners, posted over HTTP, mended by their answers alone, and posted again.

`beginner/first.json` was written before the messages, `second.json` after them, for five other sectors. `mended`
knows nothing of the records: it applies what the answer proposes (`mend`, JSON Patch), else the first value that is
allowed at the field of the fault, else any words for a text that is missing. A record whose form is wrong cannot be
compared with facts, so the second forty, with faults of both kinds in many a record, are mended once for each of the
two stages.
"""

import base64
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple

import httpx
import msgspec
import pytest
from support.activity_records import all_entries, records_of
from support.market import trading_server
from support.parties import Party, enrolment, nonces, party
from support.server import Server

from ledger.core import patch
from ledger.core.record import canonical
from ledger.core.record.canonical import record_of
from ledger.core.record.kinds import AnyRecord
from ledger.core.signatures.envelope import Envelope
from ledger.errors import InvalidInput

RECORDS: Final[Mapping[str, list[dict[str, Any]]]] = {
    name: json.loads((Path(__file__).parent / "beginner" / f"{name}.json").read_text(encoding="utf-8"))
    for name in ("first", "second")
}
SECTORS: Final = {
    "first": ("steel-de", "building-materials-de", "consumer-goods-cn", "nonferrous-us", "electronics-in"),
    "second": ("petrochemicals-cn", "energy-de", "circular-us", "logistics-in", "equipment-cn"),
}
ALL: Final = (*SECTORS["first"], *SECTORS["second"])
NEEDED: Final = {"first": 36, "second": 38}
STAGES: Final = {"first": 1, "second": 2}
WORDS: Final = "as the beginner puts it"
SEVERAL: Final = 20
"""At least so many of each forty have several faults, all of which the first answer names."""
_WASTE: Final = {"start": "2024-01-01T00:00:00Z", "end": "2024-01-31T00:00:00Z"}


class World(NamedTuple):
    """A server with five enterprises and an auditor. `values`: what stands in the records for digests and keys."""

    server: Server
    parties: Mapping[str, Party]
    values: Mapping[str, str]


class Tried(NamedTuple):
    """A record that was posted again: its first answer, the mended record, and the last answer."""

    wrong: Mapping[str, Any]
    first: Mapping[str, Any]
    mended: Mapping[str, Any]
    last: Mapping[str, Any]

    @property
    def passes(self) -> bool:
        return "proof" in self.last


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    with trading_server() as server:
        entries = all_entries()
        parties = {name: party(1, name) for name in (*ALL, "auditor")} | {"registrar": server.registrar}
        fresh = nonces(1, "beginner")
        server.post([
            (server.registrar, msgspec.structs.replace(
                enrolment(parties[name], server.registrar, server.origin, next(fresh)),
                roles=["auditor"] if name == "auditor" else []))
            for name in (*ALL, "auditor")
        ])
        for name in ALL:
            server.post(list(records_of(entries[name], 1)))
        yield World(server, parties, _stock(server, parties, fresh))


def _stock(server: Server, parties: Mapping[str, Party], fresh: Iterator[str]) -> Mapping[str, str]:
    """Posts what the records name, and returns the digests and new keys."""
    steel, cement = parties["steel-de"], parties["building-materials-de"]

    def post(signer: Party, **fields: Any) -> str:
        record = record_of({"issuer": signer.id, "nonce": next(fresh), **fields})
        return server.post([(signer, record)])[0].digest

    billets = "urn:example:steel-de:pool:billets"
    post(steel, type="product", id="urn:example:steel-de:product:scrap", sector="steel", unit="TNE",
         materials={"steel": "1"})
    post(steel, type="pool", id=billets, facility="urn:example:steel-de:site",
         product="urn:example:steel-de:product:billet")
    maker, carrier = parties["equipment-cn"], parties["logistics-in"]
    post(maker, type="product", id="urn:example:equipment-cn:product:casting", sector="equipment", unit="TNE",
         materials={"castIron": "1"})
    post(maker, type="pool", id="urn:example:equipment-cn:pool:cars", facility="urn:example:equipment-cn:site",
         product="urn:example:equipment-cn:product:car")
    post(carrier, type="product", id="urn:example:logistics-in:product:freight", sector="logistics", unit="TKM")
    post(parties["circular-us"], type="declaration", **_WASTE, basis="collected", boundary="none",
         collector="urn:example:circular-us", evidence=[{"digest": "0" * 64, "mediaType": "text/csv", "kind": "w"}],
         lot={"lot": "urn:example:circular-us:lot:march-bales", "role": "waste", "origin": "postConsumer",
              "product": "urn:example:circular-us:product:bale", "quantity": {"value": "100", "unit": "TNE"}})
    values = {
        "closing": post(steel, type="closing", facility="urn:example:steel-de:site", start="2022-06-01T00:00:00Z",
                        end="2022-07-01T00:00:00Z"),
        "mistake": post(cement, type="declaration", **_WASTE, basis="opening", boundary="none",
                        facility="urn:example:building-materials-de:site", lot={
                            "lot": "urn:example:building-materials-de:lot:mistake", "role": "product",
                            "product": "urn:example:building-materials-de:product:cement",
                            "quantity": {"value": "1", "unit": "TNE"}}),
    }
    for name in ("delivery", "delivery2"):
        values[name] = post(
            steel, type="transfer", lot="urn:example:steel-de:lot:billet", quantity={"value": "200", "unit": "TNE"},
            to=parties["consumer-goods-cn"].id, newLot=f"urn:example:steel-de:lot:{name}",
            time="2025-03-01T00:00:00Z", tolerance="0.05")
    for name, enrolled, key in (("", "newcomer", party(2, "newcomer").key), (
            "2", "electronics-in", party(3, "electronics-in").key)):
        values[f"spki{name}"] = base64.b64encode(key.spki).decode()
        values[f"proof{name}"] = base64.b64encode(
            key.prove_possession(server.origin, f"urn:example:{enrolled}")).decode()
    return values


def filled(record: Mapping[str, Any], values: Mapping[str, str]) -> dict[str, Any]:
    """The record with digests and keys for its placeholders."""
    text = re.sub(r"\{\{(\w+)\}\}", lambda match: values[match[1]], json.dumps(record))
    tree: dict[str, Any] = json.loads(text)
    return tree


def posted(world: World, signer: Party, tree: Mapping[str, Any]) -> dict[str, Any]:
    """The answer to a tree that is signed as it is, whatever it may be."""
    body = canonical.encode(tree)
    signature = signer.key.sign_record(world.server.origin, _kind_byte(tree), canonical.digest(body))
    envelope = Envelope(base64.b64encode(body).decode(), signer.key.keyid.hex(), base64.b64encode(signature).decode())
    answer = httpx.post(f"{world.server.url}/v1/records", content=msgspec.json.encode(envelope),
                        headers={"Content-Type": "application/json"}, timeout=120)
    found: dict[str, Any] = answer.json()
    return found


def _kind_byte(tree: Mapping[str, Any]) -> int:
    """The signature says whether a record is public; a record without a kind is signed as a private one."""
    kinds = {str(kind.__struct_config__.tag): kind.kind for kind in AnyRecord.__args__}
    return kinds.get(tree["type"], 0)


def faults(answer: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    """Each fault of a problem."""
    return answer.get("errors") or [answer]


def mended(tree: Mapping[str, Any], answer: Mapping[str, Any]) -> dict[str, Any]:
    """The record as its answer proposes it."""
    result: Any = tree
    for fault in faults(answer):
        operations = fault.get("mend") or [
            {"op": "add", "path": patch.pointer(patch.steps_of(fault["field"])), "value": value}
            for value in fault.get("allowed", [])[:1] or [WORDS] * (fault["code"] == "missing-field")
        ]
        try:
            result = patch.patched(result, operations)
        except InvalidInput:
            continue
    return dict(result)


@pytest.fixture(scope="module", params=RECORDS)
def which(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def tried(world: World, which: str) -> list[Tried]:
    """Each record, posted, mended and posted again."""
    fresh = nonces(2, f"beginner/{which}")
    results = []
    for entry in RECORDS[which]:
        signer = world.parties[entry["signer"]]
        wrong = {**filled(entry["record"], world.values), "issuer": signer.id, "nonce": next(fresh)}
        first = last = posted(world, signer, wrong)
        tree: dict[str, Any] = wrong
        for _ in range(STAGES[which]):
            if "proof" not in last:
                tree = mended(tree, last)
                last = posted(world, signer, tree)
        results.append(Tried(wrong, first, tree, last))
    return results


def test_forty_records_of_five_sectors_each_and_nearly_every_kind() -> None:
    kinds = {"facility", "product", "productCompletion", "declaration", "transformation", "transfer", "consumption",
             "pool", "addition", "closing", "report", "amendment", "acceptance", "attestation", "grant", "publication"}
    assert [len(RECORDS[name]) for name in SECTORS] == [40, 40]
    assert kinds <= {entry["record"]["type"] for entries in RECORDS.values() for entry in entries}
    for name, sectors in SECTORS.items():
        assert {entry["signer"] for entry in RECORDS[name]} >= set(sectors)


def test_none_is_admitted_at_first(tried: Sequence[Tried]) -> None:
    assert [one.wrong for one in tried if "proof" in one.first] == []


def test_most_pass_as_their_answers_say(tried: Sequence[Tried], which: str) -> None:
    failing = [_line(one) for one in tried if not one.passes]
    assert len(tried) - len(failing) >= NEEDED[which], "\n".join(failing)


def _line(one: Tried) -> str:
    return f"{one.wrong['type']} {[fault['detail'] for fault in faults(one.first)]} -> {one.last.get('detail')}"


def test_several_faults_come_at_once(tried: Sequence[Tried]) -> None:
    assert len([one for one in tried if len(faults(one.first)) > 1]) >= SEVERAL


def test_each_fault_has_field_rule_and_stage(tried: Sequence[Tried]) -> None:
    for one in tried:
        assert one.first["stage"] in ("shape", "facts", "order"), one.first
        for fault in faults(one.first):
            assert fault["field"], fault
            assert fault["rule"], fault
            assert fault["detail"], fault
