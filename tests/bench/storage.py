"""What a record takes: in the database with its indexes, and as write-ahead log, which standbys and archives get. Then
the time of `backup` and `restore` for that database, and the memory of PostgreSQL.

One server appends the records of a kind in batches of 1,000. The peer is the signed body. The first change of a page
after a checkpoint writes the whole page to the log, so a ledger that appends more between two checkpoints writes less.
"""

import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final, NamedTuple

import psutil
from bench.measures import Measure
from support.databases import Database
from support.server import Posted, Server, environment, temporary_home
from support.workshop import Workshop, workshop

from ledger.core.record import canonical
from ledger.core.record.kinds import Declaration
from ledger.core.record.values import Output, Quantity
from ledger.store.embedded import attach

RECORDS: Final = 4_000
_BATCH: Final = 1_000
_BUYERS: Final = 5
"""Nobody sends more than 1,000 lots a day to one that has accepted none of them."""
_KINDS: Final = ("declaration", "transformation", "transfer", "use")
STORAGE: Final = (*[f"{what}.{kind}" for what in ("stored", "logged") for kind in _KINDS],
                  "database.memory", "backup.time", "restore.time")
_PASSPHRASE: Final = {"CARBON_LEDGER_PASSPHRASE": "a long passphrase"}


class _Bytes(NamedTuple):
    """Of a record, or of all: of its body, in the database, of write-ahead log."""

    body: float
    stored: float
    logged: float


def measure_storage(names: Sequence[str]) -> list[Measure]:
    """The measures of these names."""
    measures: list[Measure] = []
    with temporary_home() as home:
        with Server(home, CARBON_LEDGER_QUOTA_RECORDS="1000000") as server, \
                Database(attach(home).owner_url) as database:
            works = workshop(server, "works", pot="1000000")
            buyers = [workshop(server, f"buyer-{number}") for number in range(_BUYERS)]
            for kind, make in _makers(works, buyers).items():
                each = _appended(server, database, [make(number) for number in range(RECORDS)])
                measures += [_measure(f"{what}.{kind}", value, "B", each.body)
                             for what, value in (("stored", each.stored), ("logged", each.logged))]
            measures.append(_measure("database.memory", _memory_of(home), "MiB"))
        measures += _backed_up(home)
    return [one for one in measures if one.name in names]


def _makers(works: Workshop, buyers: Sequence[Workshop]) -> Mapping[str, Callable[[int], Posted]]:
    """The record of each kind with a number. Transformations have two inputs and two outputs."""
    return {
        "declaration": lambda number: works.signed(Declaration(
            issuer=works.id, nonce=works.nonce(), start="2025-01-01T00:00:00Z", end="2025-02-01T00:00:00Z",
            basis="pact", boundary="cradleToGate", burdens={"fossilGhgEmissions": "12"}, primary_share="0.4",
            lot=Output(lot=works.name(f"declared-{number}"), product=works.name("part"),
                       quantity=Quantity(value="4", unit="KGM"), role="product"))),
        "transformation": lambda number: works.make(
            {f"a-{number}": "2", f"b-{number}": "1"}, {f"declared-{number}": "2", "pot": "1"}),
        "transfer": lambda number: works.send(
            f"a-{number}", "1", buyers[number % _BUYERS], f"sent-{number}"),
        "use": lambda number: works.use({f"b-{number}": "0.5"}),
    }


def _appended(server: Server, database: Database, posted: Sequence[Posted]) -> _Bytes:
    """Bytes a record."""
    envelopes = server.envelopes(posted)
    database.execute("VACUUM ANALYZE")
    database.execute("CHECKPOINT")
    before = _size(database)
    for start in range(0, len(envelopes), _BATCH):
        refused = [answer for answer in server.submit(envelopes[start : start + _BATCH]) if isinstance(answer, dict)]
        if refused:
            raise SystemExit(f"record refused: {refused[0]}")
    after, count = _size(database), len(posted)
    body = sum([len(canonical.encode(record)) for _, record in posted])
    return _Bytes(body / count, (after.stored - before.stored) / count, (after.logged - before.logged) / count)


def _size(database: Database) -> _Bytes:
    (row,) = database.fetch("SELECT pg_database_size(current_database()) AS stored, "
                            "pg_current_wal_lsn() - '0/0'::pg_lsn AS logged")
    return _Bytes(0, int(row["stored"]), int(row["logged"]))


def _memory_of(home: Path) -> float:
    """MiB of all processes of the embedded PostgreSQL; memory that they share counts once."""
    pid = int((home / "postgres" / "data" / "postmaster.pid").read_text().split()[0])
    server = psutil.Process(pid)
    return sum([one.memory_full_info().pss for one in (server, *server.children(recursive=True))]) / 2**20


def _backed_up(home: Path) -> list[Measure]:
    """The seconds of a backup and of a restore."""
    with TemporaryDirectory() as folder, temporary_home() as restored:
        target = Path(folder, "backup")
        seconds = [_timed(home, "backup", str(target)), _timed(restored, "restore", str(target), "--home",
                                                               str(restored))]
    return [_measure(name, value, "s") for name, value in zip(("backup.time", "restore.time"), seconds, strict=True)]


def _timed(home: Path, *arguments: str) -> float:
    began = time.monotonic()
    done = subprocess.run([sys.executable, "-m", "ledger.cli", *arguments], env={**environment(home), **_PASSPHRASE},
                          cwd="/", capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(done.stderr)
    return time.monotonic() - began


def _measure(name: str, value: float, unit: str, body: float | None = None) -> Measure:
    return Measure(
        name=name, value=round(value, 1), unit=unit, peer=None if body is None else "bytes of the signed body",
        peer_value=None if body is None else round(body, 1), ratio=None if body is None else round(body / value, 3),
    )
