"""Explanations of signed refusals have limits, come after the receipts, and state no false faults."""

import asyncio
import logging
from collections.abc import Iterator, Sequence
from time import monotonic
from typing import Final

import pytest
from msgspec.structs import replace
from support.inside import Inside, inside
from support.parties import enrolment
from support.revising import amend, change
from support.sectors import Make
from support.server import Posted, prepared_home
from support.workshop import Workshop

from ledger.core.receipts.receipt import Receipt
from ledger.core.record.kinds import Facility
from ledger.errors import LedgerError
from ledger.service.posting.log_writer import LogWriter
from ledger.service.posting.own_names import OwnNames
from ledger.service.posting.pending import Answer, PendingRequest

LONG: Final = "-".join(["a-long-part-of-a-name"] * 8)


@pytest.fixture
def ledger() -> Iterator[Inside]:
    with prepared_home() as home, inside(home) as ledger:
        yield ledger


@pytest.fixture
def shop(ledger: Inside) -> Workshop:
    shop = Workshop("shop")
    entered = enrolment(shop.party, ledger.registrar, ledger.origin, shop.nonce())
    ledger.post([(ledger.registrar, entered), *shop.opening(), shop.mine("pot", "1000")])
    return shop


async def longest_pause(ledger: Inside, posted: Sequence[Posted]) -> tuple[list[LedgerError], float]:
    """The refusals, and for how long the event loop did nothing else at the most."""
    submitting = asyncio.create_task(ledger.submit(posted))
    pause = 0.0
    while not submitting.done():
        started = monotonic()
        await asyncio.sleep(0.005)
        pause = max(pause, monotonic() - started)
    return [one for one in await submitting if isinstance(one, LedgerError)], pause


def test_the_first_values_of_a_request_are_compared_with_names(ledger: Inside, shop: Workshop) -> None:
    """Forty different lots are unknown, among a hundred lots with long names. Meanwhile the server answers others."""
    ledger.post([shop.mine(f"{LONG}-{i}", "1") for i in range(100)])
    wrong = [
        shop.make({f"made-{record}": "1"}, {f"{LONG}-x{record}-{i}": "1" for i in range(10)}) for record in range(4)]
    refusals, pause = ledger.run(longest_pause(ledger, wrong))
    faults = [fault for refusal in refusals for fault in refusal.parts]
    assert [fault.code for fault in faults] == ["unknown-lot"] * 40
    assert [bool(fault.allowed) for fault in faults] == [True] * 20 + [False] * 20
    assert pause < 0.5


def test_equal_values_count_once(ledger: Inside, shop: Workshop) -> None:
    wrong = [shop.make({f"made-{i}": "1"}, {"pott": "1"}) for i in range(30)]
    refusals, _ = ledger.run(longest_pause(ledger, wrong))
    assert [refusal.mend[0]["value"] for refusal in refusals] == [shop.name("pot")] * 30


@pytest.mark.parametrize("checked", [False, True])
def test_receipts_survive_a_failing_explanation(
    ledger: Inside, shop: Workshop, checked: bool, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture,
) -> None:
    async def lost(*_: object) -> Sequence[str]:
        raise ConnectionResetError("the session is lost")

    monkeypatch.setattr(OwnNames, "lots", lost)
    posted = [shop.mine("lot", "1"), shop.make({"made": "1"}, {"pott": "1"})]
    submitter = ledger.ledger.submitter
    with caplog.at_level(logging.ERROR, "ledger.service.posting.explaining"):
        if checked:
            effect, error = ledger.run(submitter.check(ledger.envelopes(posted)))
            assert not isinstance(effect, LedgerError)
        else:
            receipt, error = ledger.run(ledger.submit(posted))
            assert isinstance(receipt, Receipt)
    assert isinstance(error, LedgerError)
    assert (error.code, error.allowed) == ("unknown-lot", ())
    assert "explaining refusals failed" in caplog.text


def of_new_site(shop: Workshop) -> tuple[Posted, Posted]:
    """A site, and a record of it with an unknown input."""
    site = Facility(issuer=shop.id, nonce=shop.nonce(), id=shop.name("annex"), country="CN")
    _, made = shop.make({"made": "1"}, {"pott": "1"})
    return shop.signed(site), shop.signed(replace(made, facility=site.id))


def test_a_name_that_was_entered_in_the_meantime_is_no_fault(
    ledger: Inside, shop: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The site is entered after the request has read its facts, and before it gets the lock."""
    site, made = of_new_site(shop)
    append = LogWriter.append

    async def after_the_site(writer: LogWriter, pending: PendingRequest) -> list[Answer]:
        monkeypatch.setattr(LogWriter, "append", append)
        await ledger.must([site])
        return await append(writer, pending)

    monkeypatch.setattr(LogWriter, "append", after_the_site)
    (error,) = ledger.run(ledger.submit([made]))
    assert isinstance(error, LedgerError)
    assert (error.code, error.field, error.parts) == ("unknown-lot", "inputs[0].lot", ())
    assert error.mend


@pytest.mark.parametrize("checked", [False, True])
def test_a_name_of_the_same_request_is_no_fault(ledger: Inside, shop: Workshop, checked: bool) -> None:
    """Records after an amendment are prepared under the lock."""
    made = shop.mine("lot", "1")
    ledger.post([made])
    amendment = amend(shop, change(made, activity=Make(co2="2")))
    posted = [amendment, *of_new_site(shop)]
    submitter = ledger.ledger.submitter
    answers: Sequence[object] = ledger.run(
        submitter.check(ledger.envelopes(posted)) if checked else ledger.submit(posted))
    error = answers[2]
    assert isinstance(error, LedgerError)
    assert (error.code, error.field, error.parts) == ("unknown-lot", "inputs[0].lot", ())
