"""What may not be amended, withdrawn, closed, pooled, accepted, returned or claimed: refused over HTTP by code and
field, and not a row of any table is another one afterwards."""

import base64
from collections.abc import Callable, Iterator
from typing import Any, Final, NamedTuple

import httpx
import msgspec
import pytest
from msgspec.structs import replace
from support.databases import Database
from support.revising import (
    add,
    amend,
    change,
    check_replay,
    close,
    digest_of,
    everything,
    flows,
    gas,
    outputs,
    pool,
    raw,
    reopen,
)
from support.sectors import Make
from support.server import Posted, Server, prepared_home
from support.workshop import END, START, Workshop, kilograms, workshop

from ledger.core.record import canonical
from ledger.core.record.kinds import Acceptance, Amendment, Consumption, Declaration, Product, Transfer
from ledger.core.record.revisions import Change
from ledger.core.record.values import Claim, Credit, Evidence, Flow, Output, Quantity
from ledger.core.signatures.envelope import Envelope
from ledger.store.embedded import attach

APRIL: Final = {"start": "2025-04-01T00:00:00Z", "end": "2025-04-02T00:00:00Z"}
MAY: Final = {"start": "2025-05-01T00:00:00Z", "end": "2025-05-02T00:00:00Z"}


class Plant(NamedTuple):
    """A mill whose May is closed, and its customer. `named` are records of the mill's by short words."""

    server: Server
    database: Database
    mill: Workshop
    smith: Workshop
    named: dict[str, Posted]

    def __getitem__(self, name: str) -> Posted:
        return self.named[name]


def at(posted: Posted, period: dict[str, str]) -> Posted:
    return posted[0], replace(posted[1], **period)


def transfer(shop: Workshop, lot: str, amount: str, to: Workshop, new_lot: str, **fields: Any) -> Posted:
    """`lot` is whole, `new_lot` short."""
    return shop.signed(Transfer(
        issuer=shop.id, nonce=shop.nonce(), lot=lot, quantity=kilograms(amount), to=to.id, new_lot=shop.name(new_lot),
        time=END, **fields,
    ))


def accept(shop: Workshop, delivery: Posted, **fields: Any) -> Posted:
    return shop.signed(Acceptance(issuer=shop.id, nonce=shop.nonce(), transfer=digest_of(delivery), **fields))


def claim(shop: Workshop, amount: str) -> Posted:
    return shop.signed(Consumption(
        issuer=shop.id, nonce=shop.nonce(), time=END, purpose="claim", claim=Claim(method="endOfLife"),
        inputs=[Flow(lot=shop.name("credit"), quantity=kilograms(amount))],
    ))


@pytest.fixture(scope="module")
def plant() -> Iterator[Plant]:
    with prepared_home() as home, Server(home) as server:
        mill, smith = workshop(server, "mill", pot="1000"), workshop(server, "smith", own="100")
        named = records(mill, smith)
        server.post(list(named.values()))
        with Database(attach(home).owner_url) as database:
            yield Plant(server, database, mill, smith, named)
            check_replay(database, server.origin)


def records(mill: Workshop, smith: Workshop) -> dict[str, Posted]:
    """x is taken of by y, y by z; heap holds 40 kg of `part` in its second generation; what the smith got is 5 kg,
    accepted, and 3 kg in dispute; all credits of the scrap are claimed."""
    found = {
        "thing": mill.signed(Product(
            issuer=mill.id, nonce=mill.nonce(), id=mill.name("thing"), sector="works", unit="C62",
            mass_per_unit=kilograms("1"),
        )),
        "wire": mill.signed(Product(
            issuer=mill.id, nonce=mill.nonce(), id=mill.name("wire"), sector="works", unit="KGM",
        )),
        "x": mill.mine("x", "100", co2="60"), "y": mill.make({"y": "50"}, {"x": "50"}),
        "z": mill.make({"z": "20"}, {"y": "20"}), "free": mill.make({"free": "10"}, {"x": "10"}),
        "gone": mill.make({"gone": "1"}, {"x": "1"}), "late": mill.mine("late", "10"),
        "heap": pool(mill, "heap"), "first": add(mill, "heap", {"pot": "10"}), "used": mill.use({"heap": "10"}),
        "second": add(mill, "heap", {"pot": "40"}), "empty": pool(mill, "empty"),
        "sent": transfer(mill, mill.name("pot"), "5", smith, "sent"),
        "other": transfer(mill, mill.name("pot"), "3", smith, "other"),
        "wires": product(mill.make({"wires": "5"}, {"pot": "5"}), product=mill.name("wire")),
        "things": product(
            mill.make({"things": "5"}, {"pot": "5"}), product=mill.name("thing"),
            quantity=Quantity(value="5", unit="C62"),
        ),
        "scrap": mill.signed(Declaration(
            issuer=mill.id, nonce=mill.nonce(), start=START, end=END, basis="collected", boundary="none",
            collector=mill.id, evidence=[Evidence(digest="7" * 64, media_type="application/pdf", kind="weighbridge")],
            lot=Output(lot=mill.name("scrap"), product=mill.name("part"), quantity=kilograms("10"), role="waste",
                       origin="postConsumer"),
        )),
        "recycled": recycled(mill),
        "heat": at(mill.make({"heat": "10"}, {"pot": "10"}, basis="provisional", supplies=[gas("9")]), MAY),
        "short": at(mill.make({"short": "10"}, {"pot": "10"}, basis="provisional", supplies=[gas("1")]), MAY),
        "open": at(mill.make({"open": "10"}, {"pot": "10"}, basis="provisional", supplies=[gas("9")]), APRIL),
        "little": at(mill.make({"little": "10"}, {"pot": "10"}, basis="provisional", supplies=[gas("1")]), APRIL),
        "closing": close(mill, gas("12"), **MAY),
    }
    found |= {
        "smiths": smith.make({"smiths": "1"}, {"own": "1"}), "accepted": accept(smith, found["sent"]),
        "dispute": accept(smith, found["other"], disputed=True, reason="wet"),
        "claim": claim(mill, "8"), "withdrawal": amend(mill, change(found["gone"])),
        "opened": close(mill, start=START, end=END),
    }
    found["reopening"] = reopen(mill, found["opened"])
    return found


def product(posted: Posted, **fields: Any) -> Posted:
    signer, record = posted
    return signer, replace(record, outputs=[replace(one, **fields) for one in record.outputs])


def recycled(mill: Workshop) -> Posted:
    """8 kg of scrap become product again, with credits for as much."""
    signer, record = mill.make({"fresh": "8"}, {"scrap": "8"})
    credit = Output(lot=mill.name("credit"), product=mill.name("part"), quantity=kilograms("8"), role="credit",
                    credit=Credit(material="steel"))
    return signer, replace(record, outputs=[*record.outputs, credit])


def new(plant: Plant, lot: str, inputs: list[Flow] | None = None) -> Posted:
    """A transformation of the mill's with these inputs."""
    signer, record = plant.mill.make({lot: "1"}, {})
    return signer, replace(record, inputs=inputs or flows(plant.mill, {"pot": "1"}))


def form(mill: Workshop, *changes: Change) -> Posted:
    return mill.signed(Amendment(issuer=mill.id, nonce=mill.nonce(), reason="wrong", changes=list(changes)))


def put(mill: Workshop, lot: str, made_of: str) -> list[Output]:
    return [Output(lot=mill.name(lot), product=mill.name(made_of), quantity=kilograms("10"), role="product")]


Case = Callable[[Plant], Posted]
CASES: Final[dict[str, tuple[Case, str, str]]] = {
    "an amendment of another's record": (
        lambda p: amend(p.smith, change(p["x"], activity=Make(co2="1"))), "unknown-record", "changes[0].record"),
    "of a record that nobody has posted": (
        lambda p: amend(p.mill, change("0" * 64, activity=Make(co2="1"))), "unknown-record", "changes[0].record"),
    "a lot that would be overdrawn, since it is less": (
        lambda p: amend(p.mill, change(p["x"], outputs=outputs(p.mill, {"x": "59"}))), "over-consumption", "changes"),
    "a lot that would be overdrawn, since more is taken": (
        lambda p: amend(p.mill, change(p["y"], inputs=flows(p.mill, {"x": "91"}))), "over-consumption", "changes"),
    "a pool that would be overdrawn": (
        lambda p: amend(p.mill, change(p["used"], inputs=flows(p.mill, {"heap": "11"}))),
        "over-consumption", "changes"),
    "a younger lot": (
        lambda p: amend(p.mill, change(p["y"], inputs=flows(p.mill, {"late": "10"}))), "younger-lot", "inputs[0].lot"),
    "its own lot": (
        lambda p: amend(p.mill, change(p["y"], inputs=flows(p.mill, {"y": "10"}))), "younger-lot", "inputs[0].lot"),
    "a generation of a pool that is younger": (
        lambda p: amend(p.mill, change(p["y"], inputs=flows(p.mill, {"heap": "10"}))), "empty-pool", "inputs[0].lot"),
    "a record of a closed period": (
        lambda p: amend(p.mill, change(p["heat"], activity=Make(co2="1"))), "period-closed", "start"),
    "its withdrawal": (lambda p: amend(p.mill, change(p["heat"])), "period-closed", "start"),
    "a record that would be of a closed period": (
        lambda p: amend(p.mill, change(p["free"], **MAY)), "period-closed", "start"),
    "a new record of a closed period": (lambda p: at(new(p, "new"), MAY), "period-closed", "start"),
    "a field that does not change": (
        lambda p: amend(p.mill, change(p["x"], facility=p.mill.name("elsewhere"))),
        "not-amendable", "changes[0].fields.facility"),
    "a field that there is not": (
        lambda p: amend(p.mill, change(p["x"], colour="red")), "not-amendable", "changes[0].fields.colour"),
    "a field of another type": (
        lambda p: amend(p.mill, change(p["other"], quantity=5)), "invalid-field", "changes[0].fields.quantity"),
    "a quantity that is none": (
        lambda p: amend(p.mill, change(p["other"], quantity={"unit": "KGM", "value": "-1"})), "invalid-field",
        "changes[0].fields.quantity.value"),
    "a record that was posted final, as provisional": (
        lambda p: amend(p.mill, change(p["x"], basis="provisional")), "not-amendable", "changes[0].fields.basis"),
    "a product": (
        lambda p: amend(p.mill, change(p["wire"], unit="TNE")), "not-amendable", "changes[0].record"),
    "an acceptance": (
        lambda p: amend(p.smith, change(p["accepted"], reason="no")), "not-amendable", "changes[0].record"),
    "a closing": (
        lambda p: amend(p.mill, change(p["closing"], spread="hours")), "not-amendable", "changes[0].fields.spread"),
    "an amendment": (lambda p: amend(p.mill, change(p["withdrawal"])), "not-amendable", "changes[0].record"),
    "what was withdrawn": (
        lambda p: amend(p.mill, change(p["gone"], activity=Make(co2="2"))), "not-amendable", "changes[0].record"),
    "other lots": (
        lambda p: amend(p.mill, change(p["free"], outputs=outputs(p.mill, {"renamed": "10"}))),
        "amended-lots", "changes"),
    "lots of another product": (
        lambda p: amend(p.mill, change(p["free"], outputs=put(p.mill, "free", "wire"))), "amended-lots", "changes"),
    "more than what went in": (
        lambda p: amend(p.mill, change(p["free"], outputs=outputs(p.mill, {"free": "11"}))), "mass-balance", "outputs"),
    "a lot in dispute": (
        lambda p: amend(p.smith, change(digest_of(p["smiths"]), inputs=[
            Flow(lot=p.mill.name("other"), quantity=kilograms("1"))])), "disputed", "changes"),
    "what reads so already": (
        lambda p: amend(p.mill, change(p["x"], activity=Make(co2="60"))), "amendment-form", "changes[0].fields"),
    "one record twice": (
        lambda p: amend(p.mill, change(p["free"], activity=Make(co2="2")), change(p["free"], evidence=[])),
        "amendment-form", "changes[1]"),
    "fields and a withdrawal": (
        lambda p: form(p.mill, replace(change(p["free"]), fields={"evidence": raw([])})),
        "amendment-form", "changes[0]"),
    "neither": (lambda p: form(p.mill, Change(record=digest_of(p["free"]))), "amendment-form", "changes[0]"),
    "no change at all": (lambda p: form(p.mill), "invalid-field", "$.changes"),
    "a withdrawal of what was used": (lambda p: amend(p.mill, change(p["y"])), "used", "changes[0]"),
    "of a delivery that was accepted": (lambda p: amend(p.mill, change(p["sent"])), "accepted", "changes[0]"),
    "of an addition": (lambda p: amend(p.mill, change(p["second"])), "not-amendable", "changes[0]"),
    "one wrong change of two": (
        lambda p: amend(p.mill, change(p["free"], activity=Make(co2="2")), change(p["y"])), "used", "changes[1]"),
    "a closing whose total is too small": (
        lambda p: close(p.mill, gas("2"), spread="hours", **APRIL), "negative-share", "measured[0].quantity"),
    "one whose period is closed": (lambda p: close(p.mill, gas("12"), **MAY), "closed-already", "start"),
    "one of a part of it": (
        lambda p: close(p.mill, start="2025-05-01T06:00:00Z", end="2025-05-01T07:00:00Z"), "closed-already", "start"),
    "one over another's facility": (
        lambda p: p.smith.signed(replace(close(p.smith)[1], facility=p.mill.name("site"))),
        "unknown-facility", "facility"),
    "one of nothing": (
        lambda p: close(p.mill, gas("1"), start="2026-01-01T00:00:00Z", end="2026-02-01T00:00:00Z"),
        "nothing-to-close", "measured"),
    "one that ends before it starts": (
        lambda p: close(p.mill, start=APRIL["end"], end=APRIL["start"]), "period", "end"),
    "one of a material twice": (
        lambda p: close(p.mill, gas("20"), gas("20"), **APRIL), "duplicate-material", "measured[1].material"),
    "one by what nobody has stated": (
        lambda p: close(p.mill, replace(gas("20"), material="coke"), spread="stated", **APRIL),
        "zero-weights", "spread"),
    "one that retires another's lot": (
        lambda p: close(p.mill, **APRIL, retired=[Flow(lot=p.smith.name("own"), quantity=kilograms("1"))]),
        "unknown-lot", "retired[0].lot"),
    "one that retires more than there is": (
        lambda p: close(p.mill, **APRIL, retired=flows(p.mill, {"late": "11"})),
        "over-consumption", "retired[0].quantity"),
    "a closing that is opened twice": (lambda p: reopen(p.mill, p["opened"]), "not-closed", "closing"),
    "another's": (lambda p: reopen(p.smith, p["closing"]), "unknown-record", "closing"),
    "a record that is no closing": (lambda p: reopen(p.mill, p["x"]), "unknown-record", "closing"),
    "a pool of two products": (
        lambda p: add(p.mill, "heap", {"wires": "1"}), "pool-mix", "inputs[0].lot"),
    "a pool of two units": (
        lambda p: p.mill.signed(replace(add(p.mill, "heap", {"things": "1"})[1], inputs=[
            Flow(lot=p.mill.name("things"), quantity=Quantity(value="1", unit="C62"))])), "pool-mix", "inputs[0].lot"),
    "a product without a default pool": (
        lambda p: new(p, "new", flows(p.mill, {"part": "1"})), "no-default-pool", "inputs[0].lot"),
    "a pool that holds nothing": (
        lambda p: new(p, "new", flows(p.mill, {"empty": "1"})), "empty-pool", "inputs[0].lot"),
    "another's pool": (
        lambda p: p.smith.signed(replace(add(p.smith, "heap", {"own": "1"})[1], pool=p.mill.name("heap"))),
        "unknown-pool", "pool"),
    "an acceptance of a stranger": (lambda p: accept(p.mill, p["other"]), "unknown-transfer", "transfer"),
    "a second one": (lambda p: accept(p.smith, p["sent"]), "accepted", "transfer"),
    "a return of more than was received": (
        lambda p: transfer(p.smith, p.mill.name("sent"), "6", p.mill, "back", purpose="return"),
        "over-consumption", "quantity"),
    "a return of what came from elsewhere": (
        lambda p: transfer(p.smith, p.smith.name("own"), "6", p.mill, "back", purpose="return"), "wrong-return", "to"),
    "a credit that is claimed after use": (lambda p: claim(p.mill, "1"), "over-consumption", "inputs[0].quantity"),
}


def posting(server: Server, envelope: bytes) -> dict[str, Any]:
    answer = httpx.post(
        f"{server.url}/v1/records", content=envelope, headers={"Content-Type": "application/json"}, timeout=60,
    )
    assert answer.headers["Content-Type"] == "application/problem+json", answer.text
    found: dict[str, Any] = answer.json()
    assert answer.status_code == found["status"] in (400, 422)
    return found


@pytest.mark.parametrize("case", CASES)
def test_what_may_not_be(plant: Plant, case: str) -> None:
    record, code, field = CASES[case]
    envelope = plant.server.envelopes([record(plant)])[0]
    before = list(everything(plant.database))
    found = posting(plant.server, envelope)
    assert (found["code"], found["field"]) == (code, field), found
    assert found["detail"]
    assert found["rule"]
    # Beside others in one request it is refused in the same words.
    assert (plant.server.submit([envelope, envelope]), list(everything(plant.database))) == ([found, found], before)


def test_a_closing_with_a_negative_total(plant: Plant) -> None:
    """No record says it: quantities are above zero."""
    signer, record = close(plant.mill, gas("5"), **APRIL)
    body = canonical.encode(record).replace(b'"value":"5"', b'"value":"-5"')
    digest = canonical.digest(body)
    envelope = msgspec.json.encode(Envelope(
        base64.b64encode(body).decode(), signer.key.keyid.hex(),
        base64.b64encode(signer.key.sign_record(plant.server.origin, record.kind, digest)).decode(),
    ))
    before = list(everything(plant.database))
    found = posting(plant.server, envelope)
    assert (found["code"], found["field"]) == ("invalid-field", "$.measured[0].quantity.value")
    assert list(everything(plant.database)) == before


def test_too_many_changes(plant: Plant) -> None:
    one = change(plant["free"], activity=Make(co2="2"))
    before = list(everything(plant.database))
    found = posting(plant.server, plant.server.envelopes([form(plant.mill, *[one] * 1_001)])[0])
    assert (found["code"], found["field"], list(everything(plant.database))) == ("invalid-field", "$.changes", before)


def test_a_repost_by_another(plant: Plant) -> None:
    """Who asks for the receipt of an amendment by posting it again shows a key of its issuer."""
    signer, record = plant["withdrawal"]
    (receipt,) = plant.server.post([(signer, record)])
    assert receipt.digest == digest_of((signer, record))
    found = posting(plant.server, plant.server.envelopes([(plant.smith.party, record)])[0])
    assert found["code"] == "wrong-issuer"
