"""Reads the present state of this process's parts, without any wait."""

from collections.abc import Iterator
from time import perf_counter_ns

from ledger.registry.workers.pool import ENDS
from ledger.registry.workers.supervised import Workers
from ledger.service.ledger import Ledger
from ledger.service.observation import catalogue
from ledger.service.observation.families import Family, by_label, single
from ledger.service.observation.recorder import Recorder
from ledger.service.posting.sequencer import AWAY, OPEN


def read_parts(ledger: Ledger) -> Iterator[Family]:
    """The metrics of the parts of an open ledger."""
    yield from _counted(ledger.parts.recorder)
    yield from _queued(ledger)
    yield from _workers(ledger)
    pools = {"posts": ledger.parts.pool.sessions(), "queries": ledger.pool.sessions()}
    yield by_label(catalogue.SESSIONS, {name: pool.open for name, pool in pools.items()})
    yield by_label(catalogue.SESSIONS_USED, {name: pool.used for name, pool in pools.items()})
    yield by_label(catalogue.SESSIONS_MOST, {name: pool.most for name, pool in pools.items()})
    yield single(catalogue.SIGNING, ledger.heads.signing)
    yield single(catalogue.CLOCK_LEAD, ledger.keeper.lead() / 1000)


def _counted(recorder: Recorder) -> Iterator[Family]:
    yield single(catalogue.APPENDED, recorder.appended)
    yield single(catalogue.REPEATED, recorder.repeated)
    yield by_label(catalogue.REFUSED, recorder.refused.counts)
    yield by_label(catalogue.STEP_SECONDS, recorder.steps.by_key.items())
    yield single(catalogue.BATCH_RECORDS, recorder.batches)
    yield by_label(catalogue.BATCH_RETRIES, {AWAY: 0, OPEN: 0} | recorder.retried.counts)
    yield single(catalogue.REVISION_SECONDS, recorder.revisions)
    yield single(catalogue.REVISION_LOCKED, recorder.revisions_locked)
    yield single(catalogue.REVISED, recorder.revised)


def _queued(ledger: Ledger) -> Iterator[Family]:
    waiting = list(ledger.sequencer.waiting)
    oldest = min([request.arrived for request in waiting], default=None)
    yield single(catalogue.QUEUE_REQUESTS, len(waiting))
    yield single(catalogue.QUEUE_RECORDS, sum([len(request.items) for request in waiting]))
    yield single(catalogue.QUEUE_SECONDS, 0 if oldest is None else (perf_counter_ns() - oldest) / 1e9)
    yield single(catalogue.REVISIONS_WAITING, ledger.parts.reviser.waiting)


def _workers(ledger: Ledger) -> Iterator[Family]:
    if not isinstance(ledger.parts.assessor, Workers):
        return
    counts = ledger.parts.assessor.pool.counts()
    yield by_label(catalogue.WORKERS, {
        "busy": counts.busy, "idle": counts.running - counts.busy, "missing": counts.wanted - counts.running,
    })
    yield single(catalogue.WORKER_QUEUE, counts.waiting)
    yield by_label(catalogue.WORKERS_ENDED, dict.fromkeys(ENDS, 0) | dict(counts.ended))
