"""A log of a million entries: `python tests/bench/million.py [ENTRIES]`. Signs and posts them, audits the log from zero
with a state, posts 1,000 more and audits again from the state; prints seconds and peak memory of both as measures.

It takes an hour on two cores, so `make bench` leaves it out.
"""

import asyncio
import itertools
import json
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import msgspec

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from bench.load import drive, post
from bench.measures import Measure
from support.generator import parties, transformations
from support.parties import enrolment, nonces
from support.process_memory import measured_command
from support.server import Posted, Server, environment, temporary_home
from support.workshop import workshop

SIGNERS = 64
AT_ONCE = 20_000
BATCH = 1_000
NEW = 1_000


def main(count: int) -> int:
    with temporary_home() as home, Server(
        home, CARBON_LEDGER_QUOTA_RECORDS="1000000000"
    ) as server:
        _fill(server, count)
        state = home.parent / "audit.state"
        found = [_audited(server, state, "audit.million")]
        mill = workshop(server, "mill", pot=str(NEW))
        server.post([mill.make({f"lot-{i}": "1"}, {"pot": "1"}) for i in range(NEW)])
        found.append(_audited(server, state, "audit.resumed"))
        print(msgspec.json.format(msgspec.json.encode(found), indent=1).decode())
    return 0


def _fill(server: Server, count: int) -> None:
    source, registrar = nonces(1, "bench"), server.registrar
    server.post([(registrar, enrolment(one, registrar, server.origin, next(source)))
                 for one in parties(1, count, SIGNERS)])
    stream = transformations(1, count, signers=SIGNERS)
    # Facilities, products and ore of each signer.
    server.post(list(itertools.islice(stream, SIGNERS * 11)))
    while part := list(itertools.islice(stream, AT_ONCE)):
        asyncio.run(drive(server.url, [_lane(server, part[0::2]), _lane(server, part[1::2])], _check))


def _lane(server: Server, records: list[Posted]) -> Iterator[bytes]:
    envelopes = server.envelopes(records)
    for start in range(0, len(envelopes), BATCH):
        yield post(b"\n".join(envelopes[start : start + BATCH]), "application/x-ndjson")


def _check(status: int, body: bytes) -> None:
    if status != 200 or b"urn:carbon-ledger:problem" in body:
        raise SystemExit(f"refused: {status} {body[:400]!r}")


def _audited(server: Server, state: Path, name: str) -> Measure:
    """The command as it is, its start included."""
    began = time.perf_counter()
    done = measured_command(
        ["audit", server.url, "--vkey", server.vkey, "--state", state, "--json"], environment(server.home))
    seconds = time.perf_counter() - began
    if done.code or not json.loads(done.out)["ok"]:
        raise SystemExit(f"the audit failed: {done.out} {done.err}")
    return Measure(name=name, value=round(seconds, 2), unit="s", memory_mi_b=done.peak)


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000))
