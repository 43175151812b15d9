"""Versions that the log puts into force and out of it, while two real servers have one version each."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import msgspec
import pytest
from support.bricks import bricks, install, release
from support.server import Server, command, prepared_home
from support.workshop import Workshop

from ledger.core.receipts.receipt import Receipt

OLD, NEW = "2.3.0", "2.4.0"


class Sites(NamedTuple):
    """Folders that have one version of the sector each."""

    old: Path
    new: Path


@pytest.fixture(scope="module")
def sites(tmp_path_factory: pytest.TempPathFactory) -> Sites:
    folder = tmp_path_factory.mktemp("sites")
    for version in (OLD, NEW):
        install(release(folder / f"source-{version}", version), folder / version)
    return Sites(folder / OLD, folder / NEW)


@pytest.fixture
def home() -> Iterator[Path]:
    with prepared_home() as found:
        yield found


def codes(server: Server, *posted: Any) -> list[object]:
    """Of each record its problem's status and code, None where there is a receipt."""
    return [None if isinstance(answer, Receipt) else (answer["status"], answer["code"])
            for answer in server.submit(server.envelopes(posted))]


def told(server: Server) -> Any:
    (found,) = [one for one in httpx.get(f"{server.url}/v1/plugins", timeout=60).json() if one["name"] == "bricks"]
    return found


def activate(server: Server, *arguments: str, installed: Path | None = None, code: int = 0) -> Any:
    done = command(server.home, "plugin", *arguments, "--url", server.url, "--json",
                   installed=[installed] if installed else [])
    assert done.returncode == code, done.stderr
    return msgspec.json.decode(done.stdout)


def notes(server: Server, installed: Path | None, *options: str) -> tuple[int, str]:
    """How many records an audit recomputed, and its notes."""
    done = command(server.home, "audit", server.url, "--vkey", server.vkey, "--compare-only", "--json", *options,
                   installed=[installed] if installed else [])
    assert done.returncode == 0, done.stdout
    report = msgspec.json.decode(done.stdout)
    return report["recomputed"], " ".join(report["notes"])


UNKNOWN = "0" * 64
"""Of a version that no server of the log has had."""
GONE = (503, "plugin-version")
RETIRED = (422, "unknown-sector")


def test_one_version_is_in_force_and_the_other_server_says_so(sites: Sites, home: Path, tmp_path: Path) -> None:
    """Each server answers for what the log has in force, with the other's archive if it lacks the version; what nobody
    has had is 503, in the midst of what it has."""
    shop = Workshop("kiln")
    with Server(home, installed=[sites.old]) as old:
        old.post([shop.enrolment(old), *shop.opening(), bricks(shop, "first")])
        with Server(home, installed=[sites.new]) as new:
            assert (told(new)["inForce"], told(new)["archived"]) == (OLD, True)
            activate(new, "activate", "bricks", installed=sites.new)
            # The first server started before that version was archived, and looks again.
            mixed = [shop.mine("ore", "9"), bricks(shop, "second"), shop.make({"part": "1"}, {"ore": "1"})]
            assert codes(old, *mixed) == [None, None, None]
            digest = told(old)["digest"]
            given = activate(new, "activate", "bricks", "--version", "9", "--digest", UNKNOWN, code=1)
            assert (given["version"], given["installed"]) == ("9", False)
            mixed = [shop.mine("ore-2", "9"), bricks(shop, "never"), shop.make({"part-2": "1"}, {"ore-2": "1"})]
            assert codes(old, *mixed) == [None, GONE, None]
            answer = old.submit(old.envelopes([bricks(shop, "never")]))[0]
            assert isinstance(answer, dict)
            assert "bricks 9 is in force" in str(answer["detail"])
            given = activate(new, "activate", "bricks", "--version", OLD, "--digest", digest)
            assert (given["version"], given["installed"]) == (OLD, True)
            assert (told(old)["inForce"], told(old)["installed"], told(new)["inForceDigest"]) == (OLD, True, digest)
            assert codes(new, bricks(shop, "third")) == [None]
            assert httpx.get(f"{new.url}/health/ready", timeout=60).status_code == 200
            figures = [httpx.get(f"{new.url}/v1/footprint", params={"lot": shop.name(lot)}, timeout=60).json()
                       for lot in ("first", "second", "third")]
            assert [one["plugin"] for one in figures] == [f"bricks/{one}" for one in (OLD, NEW, OLD)]
            assert [one["footprint"] for one in figures] == [pytest.approx(44), pytest.approx(88), pytest.approx(44)]
            recomputed, said = notes(new, sites.new)
            assert f"not recomputed: 2 records of bricks/{OLD}" in said
            assert NEW not in said
            with_old, said = notes(new, sites.old)
            assert f"not recomputed: 1 records of bricks/{NEW}" in said
            assert with_old == recomputed + 1
            without, said = notes(new, None)
            assert (without, said.count("not recomputed")) == (recomputed - 1, 2)
            # One that goes on from its state counts on: an old record before it, a new one after it.
            state = ("--state", str(tmp_path / "state"))
            assert f"not recomputed: 2 records of bricks/{OLD}" in notes(new, sites.new, *state)[1]
            assert codes(old, bricks(shop, "fourth")) == [None]
            again, said = notes(new, sites.new, *state)
            assert again == recomputed
            assert f"not recomputed: 3 records of bricks/{OLD}" in said
            assert "balances were compared only of the" in said


def test_a_server_that_starts_undoes_nothing(sites: Sites, home: Path) -> None:
    """It activates sectors of which the log has never had a version. Everything else is for the registrar to say."""
    shop = Workshop("kiln")
    with Server(home, installed=[sites.old]) as server:
        server.post([shop.enrolment(server), *shop.opening(), bricks(shop, "first")])
    with Server(home, installed=[sites.new]) as server:
        assert told(server)["inForce"] == OLD
        activate(server, "activate", "bricks", installed=sites.new)
    with Server(home, installed=[sites.old]) as server:
        assert (told(server)["inForce"], told(server)["archived"]) == (NEW, True)
        assert codes(server, bricks(shop, "second")) == [None]
        again = activate(server, "activate", "bricks", installed=sites.old)
        assert (again["version"], told(server)["inForce"], again["installed"]) == (OLD, OLD, True)
        assert codes(server, bricks(shop, "third")) == [None]
        done = command(home, "plugin", "activate", "bricks", "--url", server.url, installed=[sites.old])
        assert (done.returncode, "in force already" in done.stderr) == (1, True)
    with Server(home, installed=[sites.new]) as server:
        assert told(server)["inForce"] == OLD


def test_a_retired_sector(sites: Sites, home: Path) -> None:
    """It takes no new record, on no server and after no restart, until a version is activated; what it made stays."""
    shop = Workshop("kiln")
    with Server(home, installed=[sites.old]) as server:
        server.post([shop.enrolment(server), *shop.opening(), bricks(shop, "first")])
        known = server.envelopes([bricks(shop, "before")])
        (receipt,) = server.submit(known)
        retired = activate(server, "retire", "bricks")
        assert (retired["plugin"], retired["version"]) == ("bricks", OLD)
        assert codes(server, bricks(shop, "second"), shop.mine("ore", "1")) == [RETIRED, None]
        answer = server.submit(server.envelopes([bricks(shop, "never")]))[0]
        assert isinstance(answer, dict)
        assert "no plugin 'bricks' is active" in str(answer["detail"])
        assert server.submit(known) == [receipt]
        assert "inForce" not in told(server)
        done = command(home, "plugin", "retire", "bricks", "--url", server.url)
        assert (done.returncode, len(done.stderr.splitlines())) == (1, 1)
        figure = httpx.get(f"{server.url}/v1/footprint", params={"lot": shop.name("first")}, timeout=60).json()
        assert figure["plugin"] == f"bricks/{OLD}"
        assert "not recomputed" not in notes(server, sites.old)[1]
    with Server(home, installed=[sites.new]) as server:
        assert "inForce" not in told(server)
        assert codes(server, bricks(shop, "second")) == [RETIRED]
        activate(server, "activate", "bricks", installed=sites.new)
        assert codes(server, bricks(shop, "second")) == [None]
        assert f"not recomputed: 2 records of bricks/{OLD}" in notes(server, sites.new)[1]


def test_only_the_registrar_says_what_is_in_force(sites: Sites, home: Path, tmp_path: Path) -> None:
    with Server(home, installed=[sites.old]) as server:
        key = tmp_path / "mine.pem"
        assert command(home, "key", "new", str(key)).returncode == 0
        for arguments in (("retire", "bricks"), ("activate", "bricks", "--version", "9", "--digest", "0" * 64)):
            done = command(home, "plugin", *arguments, "--url", server.url, "--registrar-key", str(key))
            assert (done.returncode, len(done.stderr.splitlines())) == (1, 1)
            assert "is not the registrar's" in done.stderr
        done = command(home, "plugin", "activate", "none", "--url", server.url)
        assert (done.returncode, "no plugin none is installed here" in done.stderr) == (1, True)
        assert command(home, "plugin", "activate", "bricks", "--version", "9", "--url", server.url).returncode == 2
        assert told(server)["inForce"] == OLD


def test_where_a_version_is_in_force(sites: Sites, home: Path) -> None:
    """On the log; and whether the server that took the activation can compute with it, or must be restarted first."""
    shop = Workshop("kiln")
    with Server(home, installed=[sites.old]) as server:
        server.post([shop.enrolment(server), *shop.opening()])
        chosen = ("plugin", "activate", "bricks", "--url", server.url)
        # No server of this log has had that version.
        done = command(home, *chosen, installed=[sites.new])
        assert done.returncode == 1
        assert f"bricks {NEW} is in force on the log from entry " in done.stdout
        assert done.stderr.splitlines() == [
            f"error: the server at {server.url} does not have that version: install the version with that digest on "
            "its host, if it is not there yet, and restart the server, since it loads plugins only at its start; until "
            "then it answers 503 for new records of bricks"
        ]
        done = command(home, *chosen, installed=[sites.old])
        assert (done.returncode, done.stderr) == (0, "")
        assert f"bricks {OLD} is in force on the log from entry " in done.stdout
        assert done.stdout.splitlines()[-1] == f"the server at {server.url} has that version: no restart is needed"
        with Server(home, installed=[sites.new]):
            # It archives its version.
            pass
        done = command(home, *chosen, installed=[sites.new])
        assert (done.returncode, done.stderr) == (0, "")
        assert done.stdout.splitlines()[-1] == f"the server at {server.url} has that version: no restart is needed"
        assert codes(server, bricks(shop, "at-once")) == [None]
        given = activate(server, "activate", "bricks", "--version", "9", "--digest", UNKNOWN, code=1)
        assert (given["installed"], given["restart"]) == (False, True)
