"""Posting over HTTP, above all what may not get in: each is refused by name, and nothing else suffers for it; small
requests that are read for together; and records that fall with one of their own request."""

import asyncio
import base64
import socket
import struct
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from threading import Barrier
from typing import Any, Final, get_args, get_type_hints
from urllib.parse import urlsplit

import httpx
import msgspec
import pytest
from msgspec import UNSET
from msgspec.structs import replace
from support.load import post
from support.parties import Party, enrolment
from support.sectors import NAME, Make, Wrong
from support.server import Posted, Server
from support.workshop import END, START, Workshop, kilograms, workshop

from ledger.core.receipts.receipt import Receipt, read_receipt, verify_receipt
from ledger.core.record import canonical
from ledger.core.record.kinds import (
    Acceptance,
    Addition,
    AnyRecord,
    Attestation,
    Consumption,
    KeyChange,
    Organization,
    Pool,
    Product,
    Subject,
    Transfer,
)
from ledger.core.record.values import Claim, Credit, Evidence, Flow, Output, PublicKey
from ledger.core.signatures.envelope import Envelope, seal
from ledger.core.signatures.signing import SigningKey

Answer = Receipt | dict[str, Any]
NDJSON: Final = {"Content-Type": "application/x-ndjson"}
JSON: Final = {"Content-Type": "application/json"}
WEAK: Final = base64.b64encode(bytes.fromhex("302a300506032b6570032100") + b"\1" + bytes(31)).decode()
"""The SubjectPublicKeyInfo of a point of small order."""


def post_one(server: Server, envelope: bytes) -> httpx.Response:
    return httpx.post(f"{server.url}/v1/records", content=envelope, headers=JSON, timeout=60)


def refused(server: Server, envelope: bytes) -> dict[str, Any]:
    """The problem by which one envelope is refused, whole and as its own request."""
    response = post_one(server, envelope)
    problem: dict[str, Any] = response.json()
    assert response.headers["Content-Type"] == "application/problem+json"
    assert response.status_code == problem["status"] in (400, 422), problem
    assert problem["type"] == f"urn:carbon-ledger:problem:{problem['code']}"
    assert problem["title"]
    assert problem["detail"]
    assert problem.keys() <= {
        "type", "title", "status", "detail", "code", "field", "value", "rule", "stage", "allowed", "mend", "errors"}
    return problem


def proof(server: Server, digest: str) -> bytes:
    response = httpx.get(f"{server.url}/v1/records/{digest}/proof", timeout=60)
    response.raise_for_status()
    return response.content


def size_of(server: Server) -> int:
    size: int = httpx.get(f"{server.url}/health/ready", timeout=60).json()["size"]
    return size


def left(server: Server, lot: str) -> str:
    (found,) = httpx.get(f"{server.url}/v1/lots", params={"lot": lot}, timeout=60).json()
    remaining: str = found["remaining"]
    return remaining


def envelope_of(server: Server, posted: Posted) -> bytes:
    return server.envelopes([posted])[0]


def sealed(body: bytes, key: SigningKey, origin: str, kind: int = 0) -> bytes:
    """An envelope around any bytes."""
    signature = key.sign_record(origin, kind, canonical.digest(body))
    return msgspec.json.encode(
        Envelope(base64.b64encode(body).decode(), key.keyid.hex(), base64.b64encode(signature).decode())
    )


def codes(answers: Iterable[Answer]) -> list[str | None]:
    """The code of each problem, None for each receipt."""
    return [None if isinstance(answer, Receipt) else answer["code"] for answer in answers]


def at_once(tasks: list[Callable[[], Any]]) -> list[Any]:
    """Runs all tasks at the same time, each in a thread of its own."""
    start = Barrier(len(tasks))

    def run(task: Callable[[], Any]) -> Any:
        start.wait(60)
        return task()

    with ThreadPoolExecutor(len(tasks)) as threads:
        return list(threads.map(run, tasks))


# --- what comes back -------------------------------------------------------------------------------------------------


def test_a_new_record_is_created_and_a_known_one_is_found(server: Server, shop: Workshop) -> None:
    envelope = envelope_of(server, shop.make({"a": "1"}, {"pot": "1"}))
    first, second = post_one(server, envelope), post_one(server, envelope)
    assert (first.status_code, second.status_code) == (201, 200)
    assert first.headers["Content-Type"].startswith("application/json")
    assert first.content == second.content
    receipt = msgspec.json.decode(first.content, type=Receipt)
    assert first.content == proof(server, receipt.digest)
    verified = verify_receipt(receipt, server.vkey)
    assert [lot.lot for lot in verified.lots] == [shop.name("a")]


def test_many_lines_answer_in_order(server: Server, shop: Workshop) -> None:
    """CR before LF, and no newline at the end, change nothing."""
    posted = [shop.make({f"lot-{i}": "1"}, {"pot": "1"}) for i in range(30)]
    envelopes = server.envelopes(posted)
    response = httpx.post(
        f"{server.url}/v1/records", content=b"\r\n".join(envelopes), timeout=60,
        headers={"Content-Type": "application/x-ndjson; charset=utf-8"},
    )
    assert (response.status_code, response.headers["Content-Type"]) == (200, "application/x-ndjson")
    receipts = [msgspec.json.decode(line, type=Receipt) for line in response.content.splitlines()]
    digests = [canonical.digest(canonical.encode(record)).hex() for _, record in posted]
    assert [receipt.digest for receipt in receipts] == digests
    assert [receipt.index for receipt in receipts] == list(range(receipts[0].index, receipts[0].index + 30))


def test_no_lines_no_answers(server: Server) -> None:
    response = httpx.post(f"{server.url}/v1/records", content=b"", headers=NDJSON, timeout=60)
    assert (response.status_code, response.content) == (200, b"")


def test_a_problem_explains_itself(server: Server, shop: Workshop) -> None:
    problem = refused(server, envelope_of(server, shop.make({"a": "1001"}, {"pot": "1001"})))
    assert problem == {
        "type": "urn:carbon-ledger:problem:over-consumption", "title": "The record is refused", "status": 422,
        "detail": f"inputs[0].quantity: 1001 KGM of '{shop.name('pot')}', which has 1000 left",
        "code": "over-consumption", "field": "inputs[0].quantity", "value": "1001 KGM",
        "rule": "at most the remaining quantity of the lot: 1000 KGM",
        "stage": "order",
    }
    assert refused(server, b"")["code"] == "not-json"


# --- lines, bodies and requests that cannot be read ------------------------------------------------------------------


def test_a_malformed_line_harms_no_neighbour(server: Server, shop: Workshop) -> None:
    good = server.envelopes([shop.make({f"lot-{i}": "1"}, {"pot": "1"}) for i in range(8)])
    bad = [
        good[0][:-20], b"", b"null", b"[1]", b"\xff\xfe", b'{"body":"e30="}',
        good[0][:-1] + b',"more":1}', b"[" * 100_000,
    ]
    answers = server.submit([line for pair in zip(good, bad, strict=True) for line in pair])
    assert codes(answers[::2]) == [None] * 8
    assert all(not isinstance(answer, Receipt) for answer in answers[1::2])
    assert {answer["status"] for answer in answers[1::2] if isinstance(answer, dict)} == {400}


def spellings(shop: Workshop) -> Iterator[bytes]:
    """Bodies that mean the same as a good one, or nearly, but are not its one spelling."""
    _, record = shop.make({"lot": "1"}, {"pot": "1"}, activity=Make(co2="2"))
    body = canonical.encode(record)
    activity, amount = b'"activity":{"co2":"2"}', b'"unit":"KGM","value":"1"'
    yield body + b"\n"
    yield body.replace(b'":"', b'": "', 1)
    yield b'{"type":"transformation",' + body[1:].replace(b',"type":"transformation"', b"")
    yield body.replace(b'{"activity"', b'{"activity":{},"activity"', 1)
    yield body.replace(activity, activity + b',"added":"1"')
    for wrong in (
        b'{"co2":2}', b'{"co2":null}', b'{"co2":2.5}', b'{"co2":"-0"}', b'{"co2":"2e3"}', b'{"co2":"NaN"}',
        b'{"co2":"2","cow":"1"}', b'{"co2": "2"}', b'{"co2":"2","co2":"2"}', b'{"co2":9007199254740992}',
        b'{"co2":"2","ch4":"1"}', b'{"co2":"02"}', b'{"co2":"1.0000000001"}', b'{"co2":"1000000000000000"}',
    ):
        yield body.replace(activity, b'"activity":' + wrong)
    for wrong in (
        b'"0"', b'"-1"', b'"1.0000000001"', b'"1000000000000000"', b'"NaN"', b"1", b"1.5", b'"1e3"', b'"+1"', b'"1.0"',
    ):
        yield body.replace(amount, b'"unit":"KGM","value":' + wrong)
    yield body.replace(amount, b'"unit":"MTR","value":"1"')


def test_a_body_has_one_spelling(server: Server, shop: Workshop) -> None:
    """Properly signed, each; and their neighbours go through."""
    before = size_of(server)
    wrong = list(spellings(shop))
    good = server.envelopes([shop.make({f"good-{i}": "1"}, {"pot": "1"}) for i in range(len(wrong))])
    lines = [sealed(body, shop.party.key, server.origin) for body in wrong]
    answers = server.submit([line for pair in zip(lines, good, strict=True) for line in pair])
    for body, answer in zip(wrong, answers[::2], strict=True):
        assert not isinstance(answer, Receipt), body
        assert answer["status"] in (400, 422)
    assert (codes(answers[1::2]), size_of(server)) == ([None] * len(good), before + len(good))


def test_a_body_of_more_than_a_mebibyte(server: Server, shop: Workshop) -> None:
    def body_with(papers: int) -> Posted:
        paper = Evidence(digest="0" * 64, media_type="m" * 255, kind="k" * 255)
        return shop.make({"lot": "1"}, {"pot": "1"}, evidence=[paper] * papers)

    problem = refused(server, envelope_of(server, body_with(1_900)))
    assert (problem["code"], problem["rule"]) == ("body-too-large", "at most 1048576 bytes")
    # Just below the limit it is as good as any other, alone and beside others.
    assert post_one(server, envelope_of(server, body_with(1_600))).status_code == 201


def test_a_thousand_and_one_flows(server: Server, shop: Workshop) -> None:
    outputs = {f"part-{i}": "0.5" for i in range(1_000)}
    assert codes(server.submit(server.envelopes([shop.make(outputs, {"pot": "500"})]))) == [None]
    more = {**outputs, "pot": "0.5"}
    assert refused(server, envelope_of(server, shop.make({"lot": "1"}, more)))["field"] == "$.inputs"
    assert refused(server, envelope_of(server, shop.make(more, {"pot": "500"})))["field"] == "$.outputs"
    # All of the thousand at once, back into one.
    assert codes(server.submit(server.envelopes([shop.make({"whole": "500"}, outputs)]))) == [None]


@pytest.mark.parametrize("chunked", [False, True])
def test_a_request_that_is_too_large(server: Server, chunked: bool) -> None:
    mebibyte = b" " * (1 << 20)
    content = iter([mebibyte] * 65) if chunked else mebibyte * 65
    try:
        response = httpx.post(f"{server.url}/v1/records", content=content, headers=NDJSON, timeout=60)
    except httpx.WriteError:  # the server may stop reading before all is sent
        pass
    else:
        assert (response.status_code, response.headers["Content-Type"]) == (413, "application/problem+json")
        assert response.json()["code"] == "too-large"
    assert size_of(server)


def test_too_many_lines(server: Server) -> None:
    response = httpx.post(f"{server.url}/v1/records", content=b"{}\n" * 20_001, headers=NDJSON, timeout=60)
    assert (response.status_code, response.json()["code"]) == (400, "too-many-lines")


# --- keys and signatures ---------------------------------------------------------------------------------------------


def test_signatures_that_do_not_hold(server: Server, shop: Workshop) -> None:
    """Another's, another ledger's, another record's, none at all; and each line's neighbours go through."""
    other = workshop(server, f"{shop.id.rpartition(':')[2]}-other")
    posted = shop.make({"lot": "1"}, {"pot": "1"})
    good = msgspec.json.decode(envelope_of(server, posted), type=Envelope)
    elsewhere = seal(posted[1], shop.party.key, "carbon-ledger/elsewhere")
    others = seal(posted[1], other.party.key, server.origin)
    flipped = bytearray(base64.b64decode(good.signature))
    flipped[40] ^= 1
    stranger = SigningKey.from_seed(b"\7" * 32)
    cases = {
        "wrong-signature": [
            replace(good, signature=elsewhere.signature), replace(good, signature=others.signature),
            replace(good, signature=base64.b64encode(flipped).decode()),
            replace(good, signature=base64.b64encode(bytes(64)).decode()),
            replace(good, key=other.party.key.keyid.hex()),
        ],
        "other-ledger": [elsewhere, replace(elsewhere, signature=good.signature)],
        "wrong-issuer": [others],
        "unknown-key": [replace(good, key="0" * 64), seal(posted[1], stranger, server.origin)],
        "malformed-signature": [replace(good, signature=base64.b64encode(bytes(63)).decode())],
        "not-base64": [replace(good, signature=good.signature[:-1])],
    }
    before = size_of(server)
    wrong = [(code, msgspec.json.encode(one)) for code, envelopes in cases.items() for one in envelopes]
    fine = server.envelopes([shop.make({f"fine-{i}": "1"}, {"pot": "1"}) for i in range(len(wrong))])
    answers = server.submit([line for pair in zip([one for _, one in wrong], fine, strict=True) for line in pair])
    assert (codes(answers[::2]), codes(answers[1::2])) == ([code for code, _ in wrong], [None] * len(fine))
    for code, one in wrong:
        assert refused(server, one)["code"] == code
    assert size_of(server) == before + len(fine)


def test_another_ledgers_record_names_both(server: Server, shop: Workshop) -> None:
    elsewhere = seal(shop.make({"lot": "1"}, {"pot": "1"})[1], shop.party.key, "carbon-ledger/elsewhere")
    problem = refused(server, msgspec.json.encode(elsewhere))
    assert problem["detail"] == (
        f"the record is signed for the ledger carbon-ledger/elsewhere, but this server's ledger is {server.origin}")
    assert refused(server, msgspec.json.encode(replace(elsewhere, origin=UNSET)))["code"] == "wrong-signature"


def test_posting_again_needs_a_signature_that_holds(server: Server, shop: Workshop) -> None:
    """A receipt is no secret of the digest: whoever asks by posting shows a key of the issuer."""
    posted = shop.make({"lot": "1"}, {"pot": "1"})
    envelope = envelope_of(server, posted)
    receipt = post_one(server, envelope).content
    other = workshop(server, f"{shop.id.rpartition(':')[2]}-other")
    good = msgspec.json.decode(envelope, type=Envelope)
    forged = replace(good, signature=base64.b64encode(bytes(64)).decode())
    assert refused(server, msgspec.json.encode(forged))["code"] == "wrong-signature"
    by_another = msgspec.json.encode(seal(posted[1], other.party.key, server.origin))
    assert (refused(server, by_another)["code"], post_one(server, envelope).content) == ("wrong-issuer", receipt)


def key_of(server: Server, key: SigningKey, organization: str) -> PublicKey:
    proven = key.prove_possession(server.origin, organization)
    return PublicKey(spki=base64.b64encode(key.spki).decode(), proof=base64.b64encode(proven).decode())


def test_a_revoked_key(server: Server, shop: Workshop) -> None:
    """It signs nothing new, but still asks for the receipts of what it signed."""
    old, new = shop.party, Party(shop.id, SigningKey.from_seed(b"\5" * 32))
    envelope = envelope_of(server, shop.make({"lot": "1"}, {"pot": "1"}))
    receipt = post_one(server, envelope).content
    change = KeyChange(
        issuer=shop.id, nonce=shop.nonce(), organization=shop.id, added=[key_of(server, new.key, shop.id)],
        revoked=[old.key.keyid.hex()],
    )
    following = [shop.make({f"next-{i}": "1"}, {"pot": "1"}) for i in range(2)]
    # In one request: the change, the old key after it, the new one after it.
    answers = server.submit(server.envelopes([(old, change), following[0], (new, following[1][1])]))
    assert codes(answers) == [None, "revoked-key", None]
    assert refused(server, envelope_of(server, shop.make({"later": "1"}, {"pot": "1"})))["code"] == "revoked-key"
    assert post_one(server, envelope).content == receipt
    again = msgspec.json.encode(seal(following[1][1], new.key, server.origin))
    assert post_one(server, again).status_code == 200
    # The old key's records, signed again by the new one, are known too.
    resigned = msgspec.json.decode(envelope, type=Envelope)
    assert post_one(server, sealed(base64.b64decode(resigned.body), new.key, server.origin)).content == receipt


def test_keys_that_may_not_be_enrolled(server: Server, shop: Workshop) -> None:
    """Without proof of possession, proved for another ledger or organisation, of small order, another's."""
    registrar = server.registrar
    newcomer = Party(f"{shop.id}-new", SigningKey.from_seed(b"\6" * 32))
    good = enrolment(newcomer, registrar, server.origin, shop.nonce())
    spki = base64.b64encode(newcomer.key.spki).decode()

    def proved(origin: str, organization: str) -> PublicKey:
        made = newcomer.key.prove_possession(origin, organization)
        return PublicKey(spki=spki, proof=base64.b64encode(made).decode())

    cases = [
        ("no-possession", PublicKey(spki=spki, proof=base64.b64encode(bytes(64)).decode())),
        ("no-possession", proved("carbon-ledger/elsewhere", newcomer.id)),
        ("no-possession", proved(server.origin, shop.id)),
        ("weak-key", PublicKey(spki=WEAK, proof=base64.b64encode(bytes(64)).decode())),
        ("key-taken", key_of(server, shop.party.key, newcomer.id)),
    ]
    before = size_of(server)
    for code, key in cases:
        problem = refused(server, envelope_of(server, (registrar, replace(good, keys=[key]))))
        assert problem["code"] == code, problem
        assert problem["field"].startswith("keys[0]"), problem
    assert refused(server, envelope_of(server, (shop.party, replace(good, issuer=shop.id))))["code"] == "not-registrar"
    assert size_of(server) == before


def test_identifiers_outside_the_prefix(server: Server, shop: Workshop) -> None:
    """Of the neighbour whose prefix begins like ours, not normalised, too long, with control characters."""
    neighbour = f"{shop.id}0"
    names = [f"{neighbour}:lot", "urn:example:", f"{shop.id}:%7elot", f"{shop.id}:" + "x" * 255, f"{shop.id}:a\0b",
             f"{shop.id}:a b", "lot"]
    for name in names:
        party, record = shop.make({"lot": "1"}, {"pot": "1"})
        (output,) = record.outputs
        record = replace(record, outputs=[replace(output, lot=name)])
        problem = refused(server, envelope_of(server, (party, record)))
        assert problem["field"].removeprefix("$.") == "outputs[0].lot", problem


# --- one record, many times; one lot, many takers --------------------------------------------------------------------


def test_the_same_record_64_times_at_once(server: Server, shop: Workshop) -> None:
    envelope = envelope_of(server, shop.make({"lot": "1"}, {"pot": "1"}))
    before = size_of(server)
    responses = at_once([lambda: post_one(server, envelope)] * 64)
    assert sorted(response.status_code for response in responses) == [200] * 63 + [201]
    assert (len({response.content for response in responses}), size_of(server)) == (1, before + 1)
    assert left(server, shop.name("pot")) == "999"


def test_the_same_record_twice_in_one_request(server: Server, shop: Workshop) -> None:
    envelopes = server.envelopes([shop.make({f"lot-{i}": "1"}, {"pot": "1"}) for i in range(3)])
    answers = server.submit([*envelopes, *envelopes[::-1]])
    assert (codes(answers), answers[:3], left(server, shop.name("pot"))) == ([None] * 6, answers[:2:-1], "997")


def test_two_requests_that_want_the_same(server: Server, shop: Workshop) -> None:
    """600 of 1,000 kg, twice, at the same time: one gets them, ten times over."""
    for i in range(10):
        server.post([shop.mine(f"pot-{i}", "1000")])
        envelopes = server.envelopes([shop.make({f"lot-{i}-{side}": "600"}, {f"pot-{i}": "600"}) for side in "ab"])
        responses = at_once([lambda one=one: post_one(server, one) for one in envelopes])
        assert sorted(response.status_code for response in responses) == [201, 422]
        (problem,) = [response.json() for response in responses if response.status_code == 422]
        assert (problem["code"], left(server, shop.name(f"pot-{i}"))) == ("over-consumption", "400")


def test_two_records_of_one_request_that_want_the_same(server: Server, shop: Workshop) -> None:
    """The second is refused; a third that wants less than what is left is not."""
    answers = server.submit(server.envelopes([
        shop.make({"a": "600"}, {"pot": "600"}), shop.make({"b": "600"}, {"pot": "600"}),
        shop.use({"pot": "400"}), shop.use({"pot": "0.000000001"}),
    ]))
    assert codes(answers) == [None, "over-consumption", None, "over-consumption"]
    assert left(server, shop.name("pot")) == "0"


def test_a_lot_identifier_is_used_once(server: Server, shop: Workshop) -> None:
    answers = server.submit(server.envelopes([shop.make({"a": "1"}, {"pot": "1"}) for _ in range(2)]))
    assert codes(answers) == [None, "lot-taken"]
    assert codes(server.submit(server.envelopes([shop.make({"pot": "1"}, {"a": "1"})]))) == ["lot-taken"]


def test_another_s_lot_is_refused_like_an_unknown_one(server: Server, shop: Workshop) -> None:
    other = workshop(server, f"{shop.id.rpartition(':')[2]}-other", theirs="5")

    def answer(lot: str) -> dict[str, Any]:
        party, record = shop.make({"lot": "1"}, {"pot": "1"})
        (flow,) = record.inputs
        problem = refused(server, envelope_of(server, (party, replace(record, inputs=[replace(flow, lot=lot)]))))
        return {name: str(text).replace(lot, "…") for name, text in problem.items()}

    theirs, nobodys = other.name("theirs"), other.name("nobodys")
    assert (answer(theirs), answer(theirs)["code"]) == (answer(nobodys), "unknown-lot")


# --- connections that break ------------------------------------------------------------------------------------------


def raw_request(server: Server, body: bytes, kind: str) -> bytes:
    head = (f"POST /v1/records HTTP/1.1\r\nHost: localhost\r\nContent-Type: {kind}\r\n"
            f"Content-Length: {len(body)}\r\n\r\n")
    return head.encode() + body


def send_and_drop(server: Server, data: bytes, *, reset: bool) -> None:
    """Sends, and closes without waiting for an answer: in good order, or with a reset."""
    address = urlsplit(server.url)
    with socket.create_connection((address.hostname or "", address.port or 0), timeout=60) as connection:
        connection.sendall(data)
        if reset:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


@pytest.mark.parametrize("reset", [False, True], ids=["closed", "reset"])
def test_a_connection_dropped_before_the_answer(server: Server, shop: Workshop, reset: bool) -> None:
    """The one who posts again gets the receipt, whether or not the first attempt came through; never a second entry."""
    before = size_of(server)
    for i in range(10):
        envelope = envelope_of(server, shop.make({f"lot-{i}": "1"}, {"pot": "1"}))
        send_and_drop(server, raw_request(server, envelope, "application/json"), reset=reset)
        response = post_one(server, envelope)
        assert response.status_code in (200, 201)
        assert response.content == proof(server, response.json()["digest"])
    many = server.envelopes([shop.make({f"many-{i}": "1"}, {"pot": "1"}) for i in range(200)])
    send_and_drop(server, raw_request(server, b"\n".join(many), "application/x-ndjson"), reset=reset)
    answers = server.submit(many)
    assert (codes(answers), size_of(server), left(server, shop.name("pot"))) == ([None] * 200, before + 210, "790")


def test_a_request_that_breaks_off(server: Server, shop: Workshop) -> None:
    """Half a body is no body: nothing of it is on the log, even where whole lines had come."""
    before = size_of(server)
    many = server.envelopes([shop.make({f"many-{i}": "1"}, {"pot": "1"}) for i in range(20)])
    request = raw_request(server, b"\n".join(many), "application/x-ndjson")
    for cut in (100, len(request) // 2, len(request) - 1):
        send_and_drop(server, request[:cut], reset=False)
    assert (size_of(server), codes(server.submit(many))) == (before, [None] * 20)


# --- plugins that fail -----------------------------------------------------------------------------------------------


WAYS: Final = get_args(get_type_hints(Wrong)["how"])


def test_a_plugin_that_fails_refuses_its_own_record(server: Server, shop: Workshop) -> None:
    """Not its neighbours; but what builds on it finds no lot."""
    wrong = [shop.make({f"bad-{how}": "1"}, {"pot": "1"}, route="wrong", activity=Wrong(how=how)) for how in WAYS]
    wrong += [shop.make({f"bad-{route}": "1"}, {"pot": "1"}, route=route) for route in ("raising", "nan")]
    fine = [shop.make({f"fine-{i}": "1"}, {"pot": "1"}) for i in range(len(wrong))]
    lines = [one for pair in zip(wrong, fine, strict=True) for one in pair]
    answers = server.submit(server.envelopes([*lines, shop.use({"bad-nan": "1"}), shop.use({"fine-1": "1"})]))
    for posted, answer in zip(wrong, answers[:-2:2], strict=True):
        assert not isinstance(answer, Receipt), posted
        assert answer["status"] == 422, answer
    assert (codes(answers[1:-2:2]), codes(answers[-2:])) == ([None] * len(fine), ["unknown-lot", None])
    problem = refused(server, envelope_of(server, shop.make({"x": "1"}, {"pot": "1"}, route="raising")))
    assert (problem["code"], problem["title"]) == ("plugin-failed", "The sector plugin cannot assess the record")
    assert "the furnace is out of order" in problem["detail"]
    unknown = envelope_of(server, shop.make({"x": "1"}, {"pot": "1"}, route="none"))
    assert refused(server, unknown)["code"] == "unknown-route"


# --- records of one request that build on each other -----------------------------------------------------------------


def test_an_organisation_enters_and_works_in_one_request(server: Server, shop: Workshop) -> None:
    """Enrolment, its site, its product, lots, a transfer, its acceptance: each line rests on those before it."""
    new = Workshop(f"{shop.id.rpartition(':')[2]}-new")
    sent = shop.send("pot", "10", new, "sent")
    transfer = sent[1]
    assert isinstance(transfer, Transfer)
    digest = canonical.digest(canonical.encode(transfer)).hex()
    accepted = new.signed(Acceptance(issuer=new.id, nonce=new.nonce(), transfer=digest))
    made = new.make({"lot": "10"}, {"raw": "10"})
    lines = [new.enrolment(server), *new.opening(), new.mine("raw", "10"), sent, accepted, made]
    assert codes(server.submit(server.envelopes(lines))) == [None] * len(lines)


def test_nothing_rests_on_a_line_that_is_refused(server: Server, shop: Workshop) -> None:
    """What a refused line would have entered is not there for the lines after it."""
    new = Workshop(f"{shop.id.rpartition(':')[2]}-new")
    registrar, entered = new.enrolment(server)
    assert isinstance(entered, Organization)
    (key,) = entered.keys
    for i, wrong_key in enumerate([replace(key, spki=WEAK), replace(key, proof="AAAA")]):
        wrong = (registrar, replace(entered, nonce=shop.nonce(), keys=[wrong_key]))
        _, used = shop.use({"pot": "1"})
        lines = [wrong, *new.opening(), shop.send("pot", "1", new, f"sent-{i}"), shop.use({f"sent-{i}": "1"}),
                 shop.signed(replace(used, on_behalf_of=new.id))]
        found = codes(server.submit(server.envelopes(lines)))
        assert found[0] == ("no-possession" if i else "weak-key")
        assert None not in found
        assert found[3:] == ["unknown-organization", "unknown-lot", "unknown-organization"]
    taken = shop.signed(replace(shop.opening()[1][1], nonce=shop.nonce(), unit="TNE"))
    answers = server.submit(server.envelopes([taken, shop.make({"lot": "1"}, {"pot": "1"})]))
    assert codes(answers) == ["product-taken", None]


def test_lines_in_the_wrong_order(server: Server, shop: Workshop) -> None:
    """A record may only name what is on the ledger before it."""
    late = [shop.mine("raw", "1"), shop.make({"next": "1"}, {"raw": "1"})]
    answers = server.submit(server.envelopes(late[::-1]))
    assert codes(answers) == ["unknown-lot", None]
    assert codes(server.submit(server.envelopes(late[::-1]))) == [None, None]
    new = Workshop(f"{shop.id.rpartition(':')[2]}-new")
    enrolled, opening = new.enrolment(server), new.opening()
    answers = server.submit(server.envelopes([*opening, enrolled]))
    assert codes(answers[-1:]) == [None]
    assert all(code is not None for code in codes(answers[:-1]))
    assert codes(server.submit(server.envelopes(opening))) == [None, None]


def test_the_lot_of_a_request_under_way(server: Server, shop: Workshop) -> None:
    """Whether or not it comes in time, the answer and the log agree."""
    for i in range(20):
        first, second = server.envelopes([shop.mine(f"raw-{i}", "1"), shop.make({f"next-{i}": "1"}, {f"raw-{i}": "1"})])
        made, used = at_once([lambda one=one: post(server.url, [one])[0] for one in (first, second)])
        assert isinstance(made, Receipt)
        if isinstance(used, Receipt):
            assert used.index > made.index
        else:
            assert (used["code"], codes(post(server.url, [second]))) == ("unknown-lot", [None])


def test_many_clients_at_once(server: Server, shop: Workshop) -> None:
    """Sixteen clients with requests of all sizes, all out of one lot: every record once, the balance exact."""
    work = [[shop.make({f"lot-{c}-{i}": "1"}, {"pot": "1"}) for i in range(3 * c)] for c in range(1, 17)]
    envelopes = [server.envelopes(part) for part in work]
    found = at_once([lambda part=part: post(server.url, part) for part in envelopes])
    assert [codes(answers) for answers in found] == [[None] * len(part) for part in work]
    indices = [answer.index for answers in found for answer in answers]
    assert len(set(indices)) == len(indices) == 408
    assert left(server, shop.name("pot")) == "592"


# --- long requests, last since each audit reads the whole log --------------------------------------------------------


def test_a_chain_longer_than_a_chunk(server: Server, shop: Workshop) -> None:
    """2,500 records in one request, each of the lot that the one before it makes."""
    before = size_of(server)
    chain = [shop.make({f"lot-{i + 1}": "1"}, {f"lot-{i}": "1"}) for i in range(2_499)]
    answers = server.submit(server.envelopes([shop.mine("lot-0", "1"), *chain]))
    assert codes(answers) == [None] * 2_500
    assert [answer.index for answer in answers if isinstance(answer, Receipt)] == list(range(before, before + 2_500))
    assert left(server, shop.name("lot-2499")) == "1"
    found = httpx.get(f"{server.url}/v1/footprint", params={"lot": shop.name("lot-2499")}, timeout=60).json()
    assert found["footprint"] == pytest.approx(2_500)


def test_a_link_that_breaks_breaks_what_hangs_on_it(server: Server, shop: Workshop) -> None:
    """The break is just before the border of two chunks; every other record of the request goes through."""
    chain = [shop.make({f"lot-{i + 1}": "1"}, {f"lot-{i}": "1"}) for i in range(1_200)]
    chain[998] = shop.make({"lot-999": "2"}, {"lot-998": "2"})
    beside = [shop.make({f"beside-{i}": "0.1"}, {"pot": "0.1"}) for i in range(1_200)]
    lines = [one for pair in zip(chain, beside, strict=True) for one in pair]
    answers = server.submit(server.envelopes([shop.mine("lot-0", "1"), *lines]))[1:]
    assert codes(answers[1::2]) == [None] * 1_200
    assert codes(answers[::2]) == [None] * 998 + ["over-consumption"] + ["unknown-lot"] * 201


_numbers = count(1)
Case = tuple[list[Posted], Posted, Posted]
"""What is on the log before; what is refused; what names it."""


def digest_of(record: AnyRecord) -> str:
    return canonical.digest(canonical.encode(record)).hex()


def attestation(server: Server, kind: str, subject: str) -> tuple[Posted, Posted]:
    """An auditor's enrolment and statement."""
    auditor = Workshop(f"auditor-{next(_numbers)}")
    enrolled = msgspec.structs.replace(auditor.enrolment(server)[1], roles=["auditor"])
    return (server.registrar, enrolled), auditor.signed(Attestation(
        issuer=auditor.id, nonce=auditor.nonce(), subject=msgspec.convert({"kind": kind, "id": subject}, Subject),
        standard="any", level="limited", opinion="unmodified", start=START, end=END,
        valid_until="2030-01-01T00:00:00Z",
    ))


def too_much(mill: Workshop) -> Posted:
    """Refused under the lock alone: of which lot how much is left, nobody knows before."""
    return mill.make({"never": "2000"}, {"pot": "2000"})


def claim_for_its_lot(_: Server, mill: Workshop) -> Case:
    worn, recycled = mill.use({"pot": "10"})[1], mill.make({}, {"scrap": "10"})[1]
    scrap = Output(lot=mill.name("scrap"), product=mill.name("part"), quantity=kilograms("10"), role="waste",
                   origin="postConsumer")
    again = [
        Output(lot=mill.name("again"), product=mill.name("part"), quantity=kilograms("10"), role="product"),
        Output(lot=mill.name("credit"), product=mill.name("part"), quantity=kilograms("10"), role="credit",
               credit=Credit(material="steel")),
    ]
    before = [mill.signed(msgspec.structs.replace(worn, outputs=[scrap])),
              mill.signed(msgspec.structs.replace(recycled, outputs=again))]
    return before, too_much(mill), mill.signed(Consumption(
        issuer=mill.id, nonce=mill.nonce(), time=END, purpose="claim",
        claim=Claim(method="moduleD", lot=mill.name("never")),
        inputs=[Flow(lot=mill.name("credit"), quantity=kilograms("5"))],
    ))


def attested_lot(server: Server, mill: Workshop) -> Case:
    enrolled, attested = attestation(server, "lot", mill.name("never"))
    return [enrolled], too_much(mill), attested


def attested_record(server: Server, mill: Workshop) -> Case:
    refused = mill.signed(Product(issuer=mill.id, nonce=mill.nonce(), id=mill.name("part"), sector=NAME, unit="KGM"))
    enrolled, attested = attestation(server, "record", digest_of(refused[1]))
    return [enrolled], refused, attested


def acceptance(server: Server, mill: Workshop) -> Case:
    smith = Workshop(f"smith-{next(_numbers)}")
    refused = mill.send("pot", "2000", smith, "sent")
    accepted = Acceptance(issuer=smith.id, nonce=smith.nonce(), transfer=digest_of(refused[1]))
    return [smith.enrolment(server)], refused, smith.signed(accepted)


def pool(mill: Workshop, name: str) -> Posted:
    """A default pool, of which there is one a product."""
    return mill.signed(Pool(issuer=mill.id, nonce=mill.nonce(), id=mill.name(name), facility=mill.name("site"),
                            product=mill.name("part"), default=True))


def addition(mill: Workshop, to: str, lot: str) -> Posted:
    return mill.signed(Addition(issuer=mill.id, nonce=mill.nonce(), pool=mill.name(to), time=END,
                                inputs=[Flow(lot=mill.name(lot), quantity=kilograms("10"))]))


def addition_to_its_pool(_: Server, mill: Workshop) -> Case:
    return [pool(mill, "heap")], pool(mill, "heap-2"), addition(mill, "heap-2", "pot")


def addition_of_its_lot(_: Server, mill: Workshop) -> Case:
    return [pool(mill, "heap")], too_much(mill), addition(mill, "heap", "never")


@pytest.mark.parametrize(("case", "code", "then"), [
    (claim_for_its_lot, "over-consumption", "unknown-lot"), (attested_lot, "over-consumption", "unknown-subject"),
    (attested_record, "product-taken", "unknown-subject"), (acceptance, "over-consumption", "unknown-transfer"),
    (addition_to_its_pool, "default-pool-taken", "unknown-pool"),
    (addition_of_its_lot, "over-consumption", "unknown-lot"),
])
def test_what_rests_on_a_refused_record_falls(
    serving: Server, case: Callable[[Server, Workshop], Case], code: str, then: str
) -> None:
    before, refused, naming = case(serving, workshop(serving, f"mill-{next(_numbers)}", pot="1000"))
    serving.post(before)
    size = size_of(serving)
    answers = serving.submit(serving.envelopes([refused, naming]))
    assert [answer["code"] if isinstance(answer, dict) else None for answer in answers] == [code, then]
    assert size_of(serving) == size


_ROUNDS = 3
_AT_ONCE = 40


async def post_all(url: str, envelopes: Sequence[bytes]) -> list[httpx.Response]:
    """Each in a request of its own, all at once."""
    limits = httpx.Limits(max_connections=_AT_ONCE)
    async with httpx.AsyncClient(timeout=60, limits=limits) as client:
        return list(await asyncio.gather(*[
            client.post(f"{url}/v1/records", content=one, headers={"Content-Type": "application/json"})
            for one in envelopes
        ]))


def test_each_gets_its_own_answer(server: Server, shop: Workshop) -> None:
    """Among them a name that cannot be, a lot that is not there, and a signature that is another's."""
    for turn in range(_ROUNDS):
        sound = [shop.make({f"lot-{turn}-{i}": "1"}, {"pot": "1"}) for i in range(_AT_ONCE)]
        party, record = shop.use({"pot": "1"})
        (flow,) = record.inputs
        poisoned = (party, replace(record, inputs=[replace(flow, lot=f"{flow.lot}\0")]))
        unknown = shop.use({f"nothing-{turn}": "1"})
        stranger = (Workshop(f"stranger-{turn}").party, shop.use({"pot": "1"})[1])
        posted = [*sound[:20], poisoned, unknown, stranger, *sound[20:]]
        answers = asyncio.run(post_all(server.url, server.envelopes(posted)))
        told = [answer.status_code for answer in answers]
        assert told == [201] * 20 + [400, 422, 422] + [201] * 20, [answer.text for answer in answers[20:23]]
        assert [answers[20 + i].json()["code"] for i in range(3)] == ["invalid-field", "unknown-lot", "unknown-key"]
        for (_, record), answer in zip(sound, [*answers[:20], *answers[23:]], strict=True):
            receipt = read_receipt(answer.content)
            assert receipt.digest == canonical.digest(canonical.encode(record)).hex()
            assert verify_receipt(receipt, server.vkey).lots[0].lot == record.outputs[0].lot


def test_a_request_that_goes_away_takes_no_other_with_it(server: Server, shop: Workshop) -> None:
    """Clients give up while their names are read; those of others are read all the same."""
    for turn in range(_ROUNDS):
        envelopes = server.envelopes([shop.make({f"gone-{turn}-{i}": "1"}, {"pot": "1"}) for i in range(_AT_ONCE)])
        answers = asyncio.run(_half_given_up(server.url, envelopes))
        assert [answer.status_code for answer in answers] == [201] * (_AT_ONCE // 2)
        assert all(answer.status_code in (200, 201) for answer in asyncio.run(post_all(server.url, envelopes)))


async def _half_given_up(url: str, envelopes: Sequence[bytes]) -> list[httpx.Response]:
    async with httpx.AsyncClient(timeout=60, limits=httpx.Limits(max_connections=_AT_ONCE)) as client:
        tasks = [
            asyncio.create_task(
                client.post(f"{url}/v1/records", content=one, headers={"Content-Type": "application/json"})
            ) for one in envelopes
        ]
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED, timeout=0.001)
        for task in tasks[::2]:
            task.cancel()
        return list(await asyncio.gather(*tasks[1::2]))
