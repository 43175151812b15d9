"""A record that names what another of its own request would enter falls with it, where that one is refused: it was
prepared as if the other were there, and must not stand on that."""

from collections.abc import Callable
from itertools import count

import httpx
import msgspec
import pytest
from support.sectors import NAME
from support.server import Posted, Server
from support.workshop import END, START, Workshop, kilograms, workshop

from ledger.core.record import canonical
from ledger.core.record.kinds import Acceptance, Addition, AnyRecord, Attestation, Consumption, Pool, Product, Subject
from ledger.core.record.values import Claim, Credit, Flow, Output

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
    mill = workshop(serving, f"mill-{next(_numbers)}", pot="1000")
    before, refused, naming = case(serving, mill)
    serving.post(before)
    size = size_of(serving)
    answers = serving.submit(serving.envelopes([refused, naming]))
    assert [answer["code"] if isinstance(answer, dict) else None for answer in answers] == [code, then]
    assert size_of(serving) == size


def size_of(server: Server) -> int:
    size: int = httpx.get(f"{server.url}/health/ready", timeout=60).json()["size"]
    return size
