"""`python tests/bench/stages.py`: microseconds a record in each stage of an append, in one process, without database.

The load is that of `append.batch`: once with the newest rules alone, once with the factor sets that `init` activates.
A stage is the least processor time of all requests of one process. The last column is the SHA-256 of entries and
leaves: a faster program gives the same.
"""

import argparse
import copy
import gc
import hashlib
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final, NamedTuple, TypeVar

import msgspec

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from support.generator import Posted, parties, transformations
from support.memory import MemoryLedger
from support.sectors import registry as works_registry

from ledger.admission.state import State
from ledger.core.log.inclusion_proof import TlogProof
from ledger.core.outcome.leaves import salt_seed
from ledger.core.receipts.receipt import make_receipt
from ledger.core.record.canonical import decode_record, digest
from ledger.core.signatures.envelope import open_envelope, seal
from ledger.core.signatures.signing import record_message
from ledger.engine.batch import Batch, Item, Sequenced
from ledger.engine.prepared import Submission
from ledger.engine.sectors import Registry
from ledger.registry.installed import installed
from ledger.service.posting.append_request import AppendRequest, Drafted, complete, draft

SIGNERS: Final = 64
REQUEST: Final = 500
STAGES: Final = ("parse", "verify", "draft", "sector", "complete", "Batch.run", "receipt")
_CHECKPOINT: Final = "a checkpoint\n"
_PATH: Final = tuple([bytes([i]) * 32 for i in range(16)])
Value = TypeVar("Value")


class Load(NamedTuple):
    """A ledger with all that the envelopes name, and the signed envelopes, in requests."""

    memory: MemoryLedger
    requests: list[list[bytes]]


class Times:
    """The least time of each stage, in microseconds a record."""

    def __init__(self) -> None:
        self.least: dict[str, float] = {}

    def of(self, stage: str, records: int, run: Callable[[], Value]) -> Value:
        began = time.thread_time()
        value = run()
        taken = (time.thread_time() - began) * 1e6 / records
        self.least[stage] = min(taken, self.least.get(stage, taken))
        return value


def load_of(requests: int, *, priced: bool) -> Load:
    """The load of `append.batch`; `priced`: with the factor sets in force."""
    memory = MemoryLedger(Registry(works_registry().sectors.values(), installed().sets.values() if priced else ()))
    memory.activate_sets()
    count = requests * REQUEST
    memory.admit(parties(1, count, SIGNERS))
    posted = list(transformations(1, count, signers=SIGNERS))
    first = len(posted) - count
    memory.must(*posted[:first])
    envelopes = [_sealed(one, memory.state.origin) for one in posted[first:]]
    return Load(memory, [envelopes[start : start + REQUEST] for start in range(0, count, REQUEST)])


def _sealed(posted: Posted, origin: str) -> bytes:
    signer, record = posted
    return msgspec.json.encode(seal(record, signer.key, origin))


def run(load: Load, times: Times) -> str:
    """Appends the load; the SHA-256 of its entries and leaves."""
    hashed = hashlib.sha256()
    for envelopes in load.requests:
        for sequenced in append(load.memory, envelopes, times):
            hashed.update(b"".join([sequenced.entry, *sequenced.leaves]))
    return hashed.hexdigest()


def append(memory: MemoryLedger, envelopes: Sequence[bytes], times: Times) -> list[Sequenced]:
    """One request, in the order of `Submitter.submit`. The database would give it the facts of `memory`."""
    state, size = memory.state, len(envelopes)
    request = AppendRequest(state.origin)
    request.view = _snapshot(state)
    request.owners = {keyid: key.organization for keyid, key in state.keys.items()}
    versions = state.activations.versions()
    submissions = times.of("parse", size, lambda: [_parsed(one) for one in envelopes])
    times.of("verify", size, lambda: _verify(submissions, state, request))
    drafted = times.of("draft", size, lambda: [draft(one, request, memory.registry, versions) for one in submissions])
    calls = [one.call for one in drafted if isinstance(one, Drafted) and one.call is not None]
    assessed = times.of("sector", size, lambda: [one.installed.assess(one.context, one.activity) for one in calls])
    items = [one for one in times.of("complete", size, lambda: complete(drafted, assessed, request))
             if isinstance(one, Item)]
    batch = Batch(state, memory.figures, memory.registry, 1_893_456_000_000)
    verdicts = times.of("Batch.run", size, lambda: _run(batch, items))
    sequenced = [one for one in verdicts if isinstance(one, Sequenced)]
    if len(sequenced) != size:
        raise SystemExit([one for one in (*drafted, *verdicts) if isinstance(one, Exception)][:3])
    times.of("receipt", size, lambda: [_receipt(one) for one in sequenced])
    return sequenced


def _snapshot(state: State) -> State:
    view = copy.copy(state)
    view.lots = dict(state.lots)
    return view


def _parsed(envelope: bytes) -> Submission:
    opened = open_envelope(envelope)
    record = decode_record(opened.body)
    return Submission(record, opened.body, digest(opened.body), opened.keyid, opened.signature,
                      salt_seed(record.nonce))


def _verify(submissions: Sequence[Submission], state: State, request: AppendRequest) -> None:
    for one in submissions:
        message = record_message(state.origin, one.record.kind, one.digest)
        state.keys[one.keyid].key.verify(one.signature, message)
        request.check_signer(one.record, one.keyid)


def _run(batch: Batch, items: Sequence[Item]) -> list[object]:
    verdicts: list[object] = list(batch.run(items))
    batch.finish()
    return verdicts


def _receipt(one: Sequenced) -> object:
    proof = TlogProof(one.index, _PATH, _CHECKPOINT)
    return make_receipt(proof, one.digest, one.entry, one.leaves, hashes=one.leaf_hashes)


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--requests", type=int, default=16)
    parser.add_argument("--load", choices=("plain", "priced"))
    options = parser.parse_args(arguments)
    for name in (options.load,) if options.load else ("plain", "priced"):
        load, times = load_of(options.requests, priced=name == "priced"), Times()
        gc.freeze()
        gc.set_threshold(1_000_000, 10, 10)
        digest_of_all = run(load, times)
        total = sum(times.least.values())
        print(f"{name:8}", *[f"{stage} {times.least[stage]:.1f}" for stage in STAGES], f"all {total:.1f}",
              f"without verify {total - times.least['verify']:.1f}", digest_of_all[:16], flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
