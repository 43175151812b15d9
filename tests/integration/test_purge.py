"""After a purge no live file of the database holds what was erased: not the tables, their indexes or TOAST, not the
statistics, not the log of changes or what is left of it under other names, not temporary files or messages."""

import random
from pathlib import Path
from typing import Final

import msgspec
import pytest
from msgspec.structs import replace
from support.databases import Database
from support.revising import amend, change, digest_of
from support.sectors import Make
from support.server import Server, command, temporary_home
from support.witness import audited
from support.workshop import workshop

from ledger.core.record.kinds import Erasure, Transformation
from ledger.core.record.values import Evidence
from ledger.service.erasure.purge import Purged, search
from ledger.store.embedded import attach

MARK: Final = "Lindqvist-7f3a9c51e0b4"
LONG_MARK: Final = "Oberhauser-2d8e6b90fa17"


def noise(generator: random.Random, length: int) -> str:
    """Letters that no compression shortens."""
    return "".join([chr(generator.randrange(0x21, 0x7F)) for _ in range(length)])


def evidence(generator: random.Random, mark: str) -> Evidence:
    return Evidence(digest=generator.randbytes(32).hex(), media_type="text/plain", kind=noise(generator, 120) + mark)


@pytest.mark.parametrize("serving", [True, False], ids=["beside a server", "alone"])
def test_no_file_holds_it_any_more(serving: bool) -> None:
    """A short body, a long one that is stored apart, and what an amendment made of one."""
    generator = random.Random(7)
    with temporary_home() as home:
        with Server(home) as server:
            shop = workshop(server, "shop", pot="1000")
            (party, short), (_, long) = shop.mine("a", "100"), shop.mine("b", "100")
            assert isinstance(short, Transformation)
            assert isinstance(long, Transformation)
            short = replace(short, evidence=[evidence(generator, MARK)])
            long = replace(long, evidence=[evidence(generator, LONG_MARK) for _ in range(40)])
            other = amend(shop, change((party, short), activity=Make(co2="2")))
            server.post([(party, short), (party, long), other, *[shop.mine(f"c{i}", "1") for i in range(50)]])
            with Database(attach(home).owner_url) as database:
                database.execute("ANALYZE; CHECKPOINT")
            folder = home / "postgres"
            for mark in (MARK, LONG_MARK):
                assert search(folder, [mark.encode()], print).found, f"{mark} is nowhere: the search sees nothing"
            server.post([(server.registrar, Erasure(
                issuer=server.registrar.id, nonce=shop.nonce(), record=digest, legal_basis="GDPR Art. 17"))
                for digest in (digest_of(other), digest_of((party, short)), digest_of((party, long)))])
            if serving:
                check(home, folder)
                server.post([shop.make({"d": "10"}, {"a": "10", "b": "10"})])
                report = audited(server)
                assert (report.ok, report.erased) == (True, 3), report.findings
        if not serving:
            check(home, folder)


def check(home: Path, folder: Path) -> None:
    done = command(home, "purge", "--json", "--search", MARK, "--search", LONG_MARK)
    assert done.returncode == 0, done.stdout + done.stderr
    found = msgspec.json.decode(done.stdout, type=Purged)
    assert (found.refused, found.keepers) == ([], [])
    assert found.searched is not None
    assert found.searched.found == found.searched.unreadable == []
    segments = {path.name for path in (folder / "data" / "pg_wal").iterdir() if path.is_file()}
    assert segments
    assert found.searched.files > len(segments)
    assert search(folder, [MARK.encode(), LONG_MARK.encode()], print).found == []


def test_a_word_that_is_there_is_told(tmp_path: Path) -> None:
    """Also where it lies across two parts that are read one after the other."""
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "one").write_bytes(b"." * ((1 << 20) - 5) + MARK.encode() + b"." * 100)
    (tmp_path / "two").write_bytes(b"nothing")
    found = search(tmp_path, [MARK.encode()], print)
    assert (found.files, found.found) == (2, [str(tmp_path / "in" / "one")])


def test_short_words_are_refused() -> None:
    with temporary_home() as home:
        with Server(home):
            pass
        done = command(home, "purge", "--search", "Li")
    assert done.returncode == 1
    assert "at least 4 bytes" in done.stderr
