"""Logs with revisions and erasures, audited step by step from a state: at each size, and from each size on, it says
what an audit from zero says, with all in memory or next to nothing."""

import random
from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple

import msgspec
import pytest
from support.databases import Database
from support.histories import History
from support.inside import Inside, inside
from support.memory import MemoryLedger
from support.parties import enrolment, nonces
from support.revising import amend, change
from support.sectors import registry
from support.server import Posted, prepared_home
from support.witness import registry as installed
from support.workshop import Workshop

from ledger.client.audit.options import AuditOptions
from ledger.client.audit.report import AuditReport
from ledger.client.audit.run import audit
from ledger.core.record import canonical
from ledger.core.record.kinds import Activation, Erasure, Organization
from ledger.service.audit_source.database import DatabaseSource
from ledger.service.erasure.erase import carry_out
from ledger.store.embedded import attach

SEEDS: Final = (2,)
STEPS: Final = 120
ERASED_EVERY: Final = 12
BATCHES: Final = (1, 1, 1, 2, 5)


class Grown(NamedTuple):
    """A log that was audited after each request: the states that this left, the reports from the one before and from
    zero, in order."""

    inner: Inside
    states: list[Path]
    steps: list[AuditReport]
    zeros: list[AuditReport]


@pytest.fixture(scope="module", params=SEEDS)
def grown(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Grown]:
    seed, folder = request.param, tmp_path_factory.mktemp("states")
    state = folder / "audit.state"
    with prepared_home() as home, inside(home) as inner:
        grown = Grown(inner, [], [], [])
        for i, batch in enumerate(batches(inner, seed)):
            inner.run(inner.submit(batch))
            inner.run(carry_out(attach(home).owner_url))
            grown.steps.append(audited(inner, state, 60_000 if i % 2 else 3))
            grown.zeros.append(audited(inner, None, 3 if i % 2 else 60_000))
            grown.states.append(folder / f"{i}.state")
            grown.states[-1].write_bytes(state.read_bytes())
        yield grown


def batches(inner: Inside, seed: int) -> Iterator[list[Posted]]:
    """What plants post, and now and then the erasure of something that they have posted. An erasure is refused of what
    is amended, and so is what changes an erased record."""
    told = History(MemoryLedger(registry(), seed=seed), random.Random(seed))
    for _ in range(STEPS):
        told.step()
    parties = {plant.id: plant.party for plant in told.plants}
    new, chance = nonces(seed, "enrol"), random.Random(seed)
    yield [(inner.registrar, enrolment(one, inner.registrar, inner.origin, next(new))) for one in parties.values()]
    posted = [(parties[record.issuer], record) for record in told.memory.records
              if not isinstance(record, Organization | Activation)]
    done = 0
    while done < len(posted):
        length = chance.choice(BATCHES)
        batch = posted[done : done + length]
        if done // ERASED_EVERY < (done + length) // ERASED_EVERY:
            _, named = posted[chance.randrange(done + 1)] if done else posted[0]
            digest = canonical.digest(canonical.encode(named)).hex()
            batch = [*batch, (inner.registrar, Erasure(
                issuer=inner.registrar.id, nonce=next(new), record=digest, legal_basis="GDPR"))]
        yield batch
        done += length


def audited(inner: Inside, state: Path | None, lots_in_memory: int) -> AuditReport:
    async def run() -> AuditReport:
        source = DatabaseSource(inner.ledger.pool, inner.ledger.identity)
        return await audit(
            source, installed(), AuditOptions(vkey=inner.vkey, state=state, lots_in_memory=lots_in_memory),
        )

    return inner.run(run())


def comparable(report: AuditReport) -> AuditReport:
    """Without where the audit began, and without how many records were recomputed: one that was erased since the state
    was recomputed before."""
    return msgspec.structs.replace(report, start=0, balances=0, earlier={}, notes=[], recomputed=0, erased=0)


def test_every_step_says_what_one_from_zero_says(grown: Grown) -> None:
    for step, zero in zip(grown.steps, grown.zeros, strict=True):
        assert step.findings == zero.findings == []
        assert comparable(step) == comparable(zero)
        assert zero.recomputed <= step.recomputed <= zero.recomputed + zero.erased
    assert [step.start for step in grown.steps] == [0, *[step.size for step in grown.steps[:-1]]]
    assert {"Addition", "Amendment", "Closing", "Erasure", "Pool", "Reopening"} <= grown.zeros[-1].records.keys()
    assert grown.zeros[-1].erased > 3


def test_from_every_state_on(grown: Grown, tmp_path: Path) -> None:
    """To the end of the log in one step, and then once more, with nothing new."""
    state = tmp_path / "audit.state"
    for i, kept in enumerate(grown.states):
        state.write_bytes(kept.read_bytes())
        report = audited(grown.inner, state, 3 if i % 2 else 60_000)
        assert report.findings == []
        assert report.start == grown.steps[i].size
        assert comparable(report) == comparable(grown.zeros[-1])
        again = audited(grown.inner, state, 60_000)
        assert (again.ok, again.start) == (True, grown.zeros[-1].size)
        assert comparable(again) == comparable(grown.zeros[-1])


@pytest.mark.parametrize(("gone", "first"), [
    (None, False), ("starts = '2025-05-01T00:00:00Z'", False), ("true", False), ("true", True),
], ids=["stored", "gone", "all gone", "all gone before"])
def test_a_period_that_a_record_of_before_the_state_was_moved_to(
    tmp_path: Path, gone: str | None, first: bool
) -> None:
    """A closing would not find the record by it; a record that was posted final has none. `gone`: which periods are
    deleted, after the record was moved or `first`; a server that sees none takes it for one that was posted final."""
    state, mill = tmp_path / "audit.state", Workshop("mill")
    with prepared_home() as home, inside(home) as inner:
        made = mill.make({"made": "10"}, ore="10", basis="provisional")
        final = mill.make({"final": "10"}, ore="10")
        enrolled = (inner.registrar, enrolment(mill.party, inner.registrar, inner.origin, mill.nonce()))
        receipts = inner.post([enrolled, *mill.opening(), made, final])
        assert audited(inner, state, 60_000).ok
        later = {"start": "2025-05-01T00:00:00Z", "end": "2025-05-02T00:00:00Z"}
        move = amend(mill, change(made, **later, basis="final"), change(final, **later))
        with Database(attach(home).owner_url) as database:
            if not first:
                inner.post([move])
            if gone is not None:
                database.tamper(f"DELETE FROM provisional WHERE {gone}")
            if first:
                inner.post([move])
        found = [(one.rule, one.index) for one in audited(inner, state, 60_000).findings]
    assert found == ([("names", receipts[-2].index)] if gone else [])
