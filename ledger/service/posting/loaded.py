"""The state over which the records of requests run: the facts that were read for their preparation, completed."""

from collections.abc import Sequence
from typing import NamedTuple

from ledger.admission.facts import Facts
from ledger.admission.names import Names
from ledger.admission.state import State
from ledger.engine.batch import Item
from ledger.footprint.stored.figures import LotFigures
from ledger.service.posting.pending import PendingRequest
from ledger.store.batches import BatchNeeds, load_state
from ledger.store.database import Connection
from ledger.store.facts import FactLoader


class LoadedRequests(NamedTuple):
    """`state` and `figures` (by lot id) hold everything that the records of the requests name. `items`: of each
    request, without preparations that a revision has outdated."""

    state: State
    figures: dict[str, LotFigures]
    items: list[Sequence[Item]]


async def load_requests(
    connection: Connection, loader: FactLoader, requests: Sequence[PendingRequest], state: State, revisions: int
) -> LoadedRequests:
    """Completes the empty `state` for the requests, as of a head that counts `revisions` revisions."""
    names, fresh = Names(), Names()
    figures: dict[str, LotFigures] = {}
    digests: list[bytes] = []
    keyids: set[bytes] = set()
    nonces: dict[bytes, str] = {}
    stale = [request.revisions != revisions for request in requests]
    learnt: Facts | None = None
    for request, outdated in zip(requests, stale, strict=True):
        names.merge(request.names)
        if outdated:
            # A revision came in between: facts that were read before it are read again, and the records are
            # prepared again.
            fresh.merge(request.names)
        else:
            fresh.merge(request.fresh)
            # Small requests that shared one reading hold the same facts.
            if request.facts is not learnt:
                state.learn(request.facts)
                figures.update(request.figures)
                learnt = request.facts
        digests.extend([item.submission.digest for item in request.items])
        keyids.update([item.submission.keyid for item in request.items])
        nonces.update({item.submission.salt_seed: item.submission.record.nonce for item in request.items})
    await load_state(connection, loader, BatchNeeds(names, fresh, digests, keyids, nonces), state, figures)
    return LoadedRequests(state, figures, [
        [item._replace(prepared=None) for item in request.items] if outdated else request.items
        for request, outdated in zip(requests, stale, strict=True)
    ])
