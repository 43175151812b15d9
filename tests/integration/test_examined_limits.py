"""Evidence of attestations is read for few requests: within the quota, of auditors, once for each subject."""

from collections.abc import Iterator, Sequence
from typing import Any

import pytest
from msgspec.structs import replace
from support.inside import Inside, inside
from support.parties import enrolment
from support.server import Posted, prepared_home
from support.workshop import END, START, Workshop

from ledger.core.record.kinds import Attestation, Subject
from ledger.errors import LedgerError
from ledger.service.limits import ClientLimits
from ledger.service.posting import examined


@pytest.fixture(scope="module")
def story() -> Iterator[tuple[Inside, Workshop, Workshop]]:
    """Three lots of a mill, and an auditor, who may enter six records a day."""
    with prepared_home() as home, inside(home, limits=ClientLimits(records=6)) as ledger:
        mill, auditor = Workshop("mill"), Workshop("auditor")
        ledger.post([
            (ledger.registrar, enrolment(mill.party, ledger.registrar, ledger.origin, mill.nonce())),
            enrolled(ledger, auditor), *mill.opening(), *[mill.mine(lot, "10") for lot in "abc"],
        ])
        yield ledger, mill, auditor


@pytest.fixture
def walks(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The subjects whose chains were read, by log index."""
    read, reader = list[int](), examined.read_evidence

    async def noted(pool: Any, indexes: Sequence[int]) -> Any:
        read.extend(indexes)
        return await reader(pool, indexes)

    monkeypatch.setattr(examined, "read_evidence", noted)
    return read


def enrolled(ledger: Inside, auditor: Workshop) -> Posted:
    record = enrolment(auditor.party, ledger.registrar, ledger.origin, auditor.nonce())
    return ledger.registrar, replace(record, roles=["auditor"])


def attested(by: Workshop, lot: str, *papers: str) -> Posted:
    return by.signed(Attestation(
        issuer=by.id, nonce=by.nonce(), subject=Subject(kind="lot", id=lot), standard="ISO 14064-3", level="limited",
        opinion="unmodified", start=START, end=END, valid_until="2099-01-01T00:00:00Z", examined=list(papers)))


def codes(ledger: Inside, posted: Sequence[Posted]) -> list[str | None]:
    """Of the errors, in order; None for a receipt."""
    return [one.code if isinstance(one, LedgerError) else None for one in ledger.run(ledger.submit(posted))]


def test_only_auditors_are_read_for(story: tuple[Inside, Workshop, Workshop], walks: list[int]) -> None:
    """An auditor whom the same request enrols is one."""
    ledger, mill, _ = story
    trader = Workshop("trader")
    ledger.post([(ledger.registrar, enrolment(trader.party, ledger.registrar, ledger.origin, trader.nonce()))])
    assert codes(ledger, [attested(trader, mill.name("a"), "1" * 64)]) == ["not-auditor"]
    assert walks == []
    fresh = Workshop("fresh")
    assert codes(ledger, [enrolled(ledger, fresh), attested(fresh, mill.name("a"), "1" * 64)]) == [
        None, "unknown-evidence"]
    assert len(walks) == 1


def test_a_subject_is_read_once(
    story: tuple[Inside, Workshop, Workshop], walks: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    """And only so many in a request."""
    ledger, mill, auditor = story
    monkeypatch.setattr(examined, "MAX_SUBJECTS", 2)
    posted = [attested(auditor, mill.name(lot), "1" * 64) for lot in "aabca"]
    assert codes(ledger, posted) == [*["unknown-evidence"] * 3, "many-subjects", "unknown-evidence"]
    assert len(walks) == len(set(walks)) == 2


def test_nothing_is_read_beyond_the_quota(story: tuple[Inside, Workshop, Workshop], walks: list[int]) -> None:
    ledger, mill, auditor = story
    assert codes(ledger, [attested(auditor, mill.name("a")) for _ in range(6)]) == [None] * 6
    assert codes(ledger, [attested(auditor, mill.name("a"), "1" * 64)]) == ["quota"]
    assert walks == []
