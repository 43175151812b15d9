"""What the server admits, the audit of an honest ledger must admit too: records that name what was used up before, and
records that revise others."""

import asyncio
from collections.abc import AsyncIterator, Callable
from decimal import Decimal

import msgspec
import pytest
from msgspec import Raw
from support.server import Posted, Server, prepared_home
from support.witness import audited, registry
from support.workshop import END, ISSUED, START, Workshop, kilograms, workshop

from ledger.client.audit.options import AuditOptions
from ledger.client.audit.report import AuditReport
from ledger.client.audit.run import audit
from ledger.client.audit.source.http import http_source
from ledger.core.record import canonical
from ledger.core.record.kinds import (
    Acceptance,
    Addition,
    Amendment,
    AnyRecord,
    Attestation,
    Closing,
    Consumption,
    Pool,
    Subject,
)
from ledger.core.record.revisions import Change
from ledger.core.record.values import Claim, Credit, Flow, Output, Supply


def accepted_when_used_up(server: Server, mill: Workshop, smith: Workshop) -> list[Posted]:
    """First use accepts, and the acceptance may come later still."""
    sent = mill.send("pot", "5", smith, "sent")
    acceptance = Acceptance(issuer=smith.id, nonce=smith.nonce(), transfer=digest_of(sent[1]))
    return [sent, smith.signed(consumption(smith, mill.name("sent"), "5")), smith.signed(acceptance)]


def pool_emptied_and_filled(server: Server, mill: Workshop, smith: Workshop) -> list[Posted]:
    """The generation that was used up is counted still."""
    pool = Pool(issuer=mill.id, nonce=mill.nonce(), id=mill.name("heap"), facility=mill.name("site"),
                product=mill.name("part"))
    added = [
        Addition(issuer=mill.id, nonce=mill.nonce(), pool=pool.id, time=END, inputs=[
            Flow(lot=mill.name("pot"), quantity=kilograms("10"))]) for _ in range(2)
    ]
    return [mill.signed(one) for one in (pool, added[0], consumption(mill, pool.id, "10"), added[1])]


def attested_when_used_up(server: Server, mill: Workshop, smith: Workshop) -> list[Posted]:
    auditor = Workshop("auditor")
    enrolled = msgspec.structs.replace(auditor.enrolment(server)[1], roles=["auditor"])
    attestation = Attestation(
        issuer=auditor.id, nonce=auditor.nonce(), subject=Subject(kind="lot", id=mill.name("pot")), standard="any",
        level="limited", opinion="unmodified", start=START, end=END, valid_until="2030-01-01T00:00:00Z",
    )
    return [(server.registrar, enrolled), mill.use({"pot": "1000"}), auditor.signed(attestation)]


def claimed_for_what_is_used_up(server: Server, mill: Workshop, smith: Workshop) -> list[Posted]:
    """A worn part becomes a part again, with a credit, which is claimed for the part after that was used."""
    scrap = Output(lot=mill.name("scrap"), product=mill.name("part"), quantity=kilograms("10"), role="waste",
                   origin="postConsumer")
    outputs = [
        Output(lot=mill.name("part-1"), product=mill.name("part"), quantity=kilograms("10"), role="product"),
        Output(lot=mill.name("credit"), product=mill.name("part"), quantity=kilograms("10"), role="credit",
               credit=Credit(material="steel")),
    ]
    worn, recycled = mill.use({"pot": "10"})[1], mill.make({}, {"scrap": "10"})[1]
    claim = msgspec.structs.replace(
        consumption(mill, mill.name("credit"), "10"), purpose="claim",
        claim=Claim(method="moduleD", lot=mill.name("part-1")),
    )
    return [mill.signed(one) for one in (
        msgspec.structs.replace(worn, outputs=[scrap]), msgspec.structs.replace(recycled, outputs=outputs),
        mill.use({"part-1": "10"})[1], claim,
    )]


def amended_with_descendants(server: Server, mill: Workshop, smith: Workshop) -> list[Posted]:
    """What was taken meanwhile, and handed on, is figured anew."""
    first = mill.make({"first": "10"}, {"pot": "10"})
    amendment = Amendment(issuer=mill.id, nonce=mill.nonce(), reason="a meter was read wrongly", changes=[
        Change(record=digest_of(first[1]), fields={"activity": Raw(b'{"co2":"7"}')}),
    ])
    return [first, mill.send("first", "5", smith, "sent"), mill.signed(amendment), mill.use({"first": "2"})]


def withdrawn(server: Server, mill: Workshop, smith: Workshop) -> list[Posted]:
    """What it had taken is there again, for another."""
    wrong = mill.make({"wrong": "1000"}, {"pot": "1000"})
    amendment = Amendment(issuer=mill.id, nonce=mill.nonce(), reason="it never happened", changes=[
        Change(record=digest_of(wrong[1]), withdrawn=True),
    ])
    return [wrong, mill.signed(amendment), mill.use({"pot": "1000"})]


def closed(server: Server, mill: Workshop, smith: Workshop) -> list[Posted]:
    """What was measured is spread over two records, of which one's lot was used meanwhile."""
    made = [mill.make({lot: "10"}, {"pot": "10"}, basis="provisional") for lot in ("first", "second")]
    closing = Closing(
        issuer=mill.id, nonce=mill.nonce(), facility=mill.name("site"), start=START, end=END,
        measured=[Supply(material="coal", quantity=kilograms("40"))],
    )
    return [*made, mill.use({"first": "5"}), mill.signed(closing), mill.use({"first": "5"})]


def digest_of(record: AnyRecord) -> str:
    return canonical.digest(canonical.encode(record)).hex()


def consumption(of: Workshop, lot: str, amount: str) -> Consumption:
    return Consumption(issuer=of.id, nonce=of.nonce(), time=END, purpose="finalUse",
                       inputs=[Flow(lot=lot, quantity=kilograms(amount))], evidence=ISSUED)


@pytest.mark.parametrize("posted", [
    accepted_when_used_up, pool_emptied_and_filled, attested_when_used_up, claimed_for_what_is_used_up,
    amended_with_descendants, withdrawn, closed,
])
def test_the_audit_admits_what_the_server_did(
    serving: Server, posted: Callable[[Server, Workshop, Workshop], list[Posted]]
) -> None:
    mill, smith = [workshop(serving, f"{name}-{posted.__name__}", pot="1000") for name in ("mill", "smith")]
    receipts = [serving.post([one])[0] for one in posted(serving, mill, smith)]
    report = audited(serving)
    assert report.size == receipts[-1].index + 1
    # What other cases of this module have left on the log is theirs.
    first = receipts[0].index - 8
    assert [one for one in report.findings if one.index is None or one.index >= first] == []


def test_the_first_amendment_comes_during_the_audit() -> None:
    """Balances are read last, as they are by then: what the checkpoint did not hold yet explains them."""
    with prepared_home() as home, Server(home) as server:
        mill = workshop(server, "mill", pot="1000")
        made = mill.make({"made": "10"}, {"pot": "10"})
        server.post([made])
        inputs = msgspec.json.encode([Flow(lot=mill.name("pot"), quantity=kilograms("20"))])
        amendment = mill.signed(Amendment(issuer=mill.id, nonce=mill.nonce(), reason="weighed again", changes=[
            Change(record=digest_of(made[1]), fields={"inputs": Raw(inputs)}),
        ]))

        async def run() -> AuditReport:
            async with http_source(server.url) as source:
                read = source.balances

                def amended_first() -> AsyncIterator[list[tuple[int, str, Decimal]]]:
                    server.post([amendment])
                    return read()

                source.balances = amended_first
                return await audit(source, registry(), AuditOptions(vkey=server.vkey))

        report = asyncio.run(run())
        assert (report.findings, report.balances, audited(server).size) == ([], 2, report.size + 1)
