"""`make bench`: measures the ledger beside its peers on this machine, writes bench.json and prints a table.

Signed loads are all Ed25519. Every load is checked: an answer that is no receipt, or no figure, stops the run.
`python tests/bench/run.py chain footprint` makes those measures alone whose names begin so, and writes nothing. Ratios
below their floor (see `bench.floor`) are printed at the end, and the exit code is 1.
"""

import asyncio
import json
import os
import random
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from urllib.parse import quote

import msgspec
from rich.console import Console
from rich.table import Table

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from bench.access import Owned, measure_access
from bench.chains import MEASURES as OF_CHAINS
from bench.floor import read_floors, shortfalls
from bench.importing import measure_import
from bench.load import batches, drive, get, post, require_receipts, serving
from bench.log import MEASURES as OF_THE_LOG
from bench.measures import ED25519, Measure, ed25519_verifications, fsyncs, rate
from bench.pages import MEASURES as OF_PAGES
from bench.peers import served
from bench.processes import APPENDS, measure_appends, measure_processes
from bench.processes import PROCESSES as OF_PROCESSES
from bench.publishing import PUBLISHING, measure_publishing
from bench.revisions import measure_revisions
from bench.storage import STORAGE, measure_storage
from support.generator import parties, transformations
from support.parties import enrolment, nonces
from support.process_memory import measured_command, peak_memory
from support.server import Server, environment, temporary_home

from ledger.core.record.canonical import decode_record
from ledger.core.record.kinds import Transformation
from ledger.core.signatures.envelope import open_envelope

BATCH = 1_000
BATCHES = 48
SINGLES = 12_000
READS = 20_000
CONNECTIONS = 64
SIGNERS = CONNECTIONS
LANES = 16
PROCESSES = os.cpu_count() or 1
SERVED = (
    "append.batch", "import.csv", "append.single", "footprint.read", "footprint.authorized", "auth.token",
    "audit.replay", "audit.public", "amend.30k",
    "close.1200",
)
MEASURES = {**OF_CHAINS, **OF_PAGES, **OF_THE_LOG}
"""Those that make what they need themselves."""
OUTPUT = Path(__file__).resolve().parents[2] / "bench.json"


def main(prefixes: Sequence[str]) -> int:
    console = Console()
    known = (*SERVED, *APPENDS, *MEASURES, *PUBLISHING, *OF_PROCESSES, *STORAGE)
    wanted = [name for name in known if not prefixes or name.startswith(tuple(prefixes))]
    if not wanted:
        console.print(f"no measure begins with {' or '.join(prefixes)}: {', '.join(known)}")
        return 2
    measures = _served(console, wanted) if set(SERVED) & set(wanted) else []
    for name in APPENDS:
        if name in wanted:
            console.print(f"{name} …")
            measures.append(measure_appends(name))
    for name, make in MEASURES.items():
        if name in wanted:
            console.print(f"{name} …")
            measures.append(make(name))
    if set(PUBLISHING) & set(wanted):
        console.print("publish …")
        measures.extend(measure_publishing([name for name in PUBLISHING if name in wanted]))
    if set(OF_PROCESSES) & set(wanted):
        console.print("append.processes and append.replicas …")
        measures.extend(measure_processes([name for name in OF_PROCESSES if name in wanted]))
    if set(STORAGE) & set(wanted):
        console.print("stored, logged, database, backup and restore …")
        measures.extend(measure_storage([name for name in STORAGE if name in wanted]))
    with temporary_home() as home:
        rate_of_fsync = fsyncs(home.parent)
    _print(console, measures, rate_of_fsync)
    if not prefixes:
        OUTPUT.write_text(json.dumps(msgspec.to_builtins(measures), indent=1) + "\n")
        console.print(f"written to {OUTPUT.name}")
    short = shortfalls(measures, read_floors())
    for line in short:
        console.print(line)
    return 1 if short else 0


def _served(console: Console, wanted: Sequence[str]) -> list[Measure]:
    """What a server does, one after the other; the load that others rest on is always appended."""
    measures: list[Measure] = []
    with temporary_home() as home, ExitStack() as stack:
        with Server(home, CARBON_LEDGER_PROCESSES=str(PROCESSES), CARBON_LEDGER_QUOTA_RECORDS="1000000") as server:
            console.print("signing the load …")
            setup, batch, single = _loads(server)
            _set_up(server, setup)
            console.print("append.batch …")
            measures.append(_append_batch(server, batch))
            if "import.csv" in wanted:
                console.print("import.csv …")
                measures.extend(measure_import(server, measures[0].value))
        # One process from here on: its peers are one process too.
        server = stack.enter_context(Server(home))
        steps: dict[str, Callable[[], Sequence[Measure]]] = {
            "append.single": lambda: [_append_single(server, single)],
            "footprint.read": lambda: [_footprint_read(server, _lots_of(batch))],
            "footprint.authorized and auth.token": lambda: measure_access(server, _owned(batch)),
            "audit.replay": lambda: [_audited(server, "audit.replay")],
            "audit.public": lambda: [_audited(server, "audit.public", "--public")],
            "amend.30k and close.1200": lambda: measure_revisions(server),
        }
        for name, step in steps.items():
            if set(name.split(" and ")) & set(wanted):
                console.print(f"{name} …")
                measures.extend(step())
    return [one for one in measures if one.name.startswith(tuple(wanted))]


def _loads(server: Server) -> tuple[list[bytes], list[bytes], list[bytes]]:
    """Signed set-up records, and transformations of two inputs and two outputs for both append loads."""
    source = nonces(1, "bench")
    count = BATCH * BATCHES + SINGLES
    enrolled = parties(1, count, SIGNERS)
    registrar = server.registrar
    setup = server.envelopes(
        [(registrar, enrolment(one, registrar, server.origin, next(source))) for one in enrolled]
    )
    posted = list(transformations(1, count, signers=SIGNERS))
    envelopes = server.envelopes(posted)
    first = len(posted) - count
    # Signers take turns, so that every SIGNERS-th record is of one signer and needs only lots of its own before it.
    return setup + envelopes[:first], envelopes[first : first + BATCH * BATCHES], envelopes[first + BATCH * BATCHES :]


def _set_up(server: Server, envelopes: Sequence[bytes]) -> None:
    for answer in server.submit(envelopes):
        if isinstance(answer, dict):
            raise SystemExit(f"set-up refused: {answer}")


def _append_batch(server: Server, envelopes: Sequence[bytes]) -> Measure:
    """NDJSON of 1,000 transformations a request, durable, over HTTP: as many serving processes as there are cores, and
    sixteen connections, equally many to each process, with the signers shared out."""
    before = ed25519_verifications()
    _, seconds = asyncio.run(drive(
        server.url, batches(envelopes, LANES, BATCH), require_receipts, serving(server)))
    peer = (before + ed25519_verifications()) / 2
    return rate("append.batch", len(envelopes) / seconds, ED25519, peer, peak_memory(server.process.pid))


def _append_single(server: Server, envelopes: Sequence[bytes]) -> Measure:
    """One record a request, 64 connections, each with the records of one signer."""

    def lane(signer: int) -> Iterator[bytes]:
        for envelope in envelopes[signer::SIGNERS]:
            yield post(envelope, "application/json")

    def check(status: int, body: bytes) -> None:
        if status != 201:
            raise SystemExit(f"record refused: {status} {body[:400]!r}")

    before = ed25519_verifications()
    done, seconds = asyncio.run(drive(server.url, [lane(signer) for signer in range(SIGNERS)], check))
    peer = (before + ed25519_verifications()) / 2
    return rate("append.single", done / seconds, ED25519, peer, peak_memory(server.process.pid))


def _lots_of(envelopes: Sequence[bytes]) -> list[str]:
    lots: list[str] = []
    for envelope in envelopes:
        record = decode_record(open_envelope(envelope).body)
        if isinstance(record, Transformation):
            lots.extend(output.lot for output in record.outputs)
    return lots


def _owned(envelopes: Sequence[bytes]) -> list[Owned]:
    makers = {one.id: one for one in parties(1, BATCH * BATCHES + SINGLES, SIGNERS)}
    records = [decode_record(open_envelope(envelope).body) for envelope in envelopes]
    return [Owned(output.lot, makers[record.issuer]) for record in records if isinstance(record, Transformation)
            for output in record.outputs]


def _footprint_read(server: Server, lots: Sequence[str]) -> Measure:
    """Footprints of random lots, each read from the database, 64 connections."""
    picked = random.Random(1).choices(lots, k=READS)

    def check(status: int, body: bytes) -> None:
        if status != 200 or b'"footprint":' not in body:
            raise SystemExit(f"read failed: {status} {body[:400]!r}")

    def lanes(requests: Sequence[bytes]) -> list[Iterator[bytes]]:
        return [iter(requests[i::CONNECTIONS]) for i in range(CONNECTIONS)]

    reads = [get("/v1/footprint?lot=" + quote(lot, safe="")) for lot in picked]
    done, seconds = asyncio.run(drive(server.url, lanes(reads), check))
    memory = peak_memory(server.process.pid)
    peer = _bare(lanes([get("/")] * READS), check)
    return rate("footprint.read", done / seconds, "bare Litestar handler on the same server", peer, memory)


def _bare(lanes: Sequence[Iterator[bytes]], check: object) -> float:
    with served("bare.py") as url:
        done, seconds = asyncio.run(drive(url, lanes, check))  # type: ignore[arg-type]
        return done / seconds


def _audited(server: Server, name: str, *options: str) -> Measure:
    """Entries a second that `carbon-ledger audit` replays and compares over HTTP, recomputation included; or checks
    without bodies."""
    before = ed25519_verifications()
    began = time.perf_counter()
    done = measured_command(
        ["audit", server.url, "--vkey", server.vkey, "--json", *options], environment(server.home))
    seconds = time.perf_counter() - began
    report = json.loads(done.out)
    if done.code or not report["ok"] or any(note.startswith("not recomputed") for note in report["notes"]):
        raise SystemExit(f"the audit failed: {report}")
    peer = (before + ed25519_verifications()) / 2
    return rate(name, report["entries"] / seconds, ED25519, peer, done.peak)


def _print(console: Console, measures: Sequence[Measure], rate_of_fsync: float) -> None:
    pages = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    table = Table(title=f"{os.cpu_count()} cores, {pages:.0f} GiB memory, {rate_of_fsync:.0f} fsync/s")
    for column in ("name", "value", "unit", "MiB", "peer", "peer value", "ratio"):
        table.add_column(column, justify="left" if column in ("name", "unit", "peer") else "right",
                         no_wrap=column != "peer")
    for one in measures:
        cells = (one.name, one.value, one.unit, one.memory_mi_b, one.peer, one.peer_value, one.ratio)
        table.add_row(*["" if cell is None else str(cell) for cell in cells])
    console.print(table)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
