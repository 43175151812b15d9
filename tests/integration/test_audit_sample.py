"""`audit sample`: the population is what the log says of a facility and period, and the draw repeats."""

from pathlib import Path
from typing import Any

import msgspec
from support.databases import Database
from support.revising import amend, change
from support.sectors import Make
from support.server import Server, command, prepared_home
from support.workshop import END, START, workshop

from ledger.store.embedded import EmbeddedPostgres

YEAR = f"{START}/{END}"


def test_a_sample() -> None:
    with prepared_home() as home, EmbeddedPostgres(home) as postgres, Server(home, postgres.owner_url) as server:
        mill, other = [workshop(server, name, pot="1000") for name in ("mill", "other")]
        made = [mill.make({f"lot-{i}": "1"}, {"pot": "1"}, activity=Make(co2=str(i))) for i in range(1, 31)]
        receipts = server.post(made)
        server.post([other.make({"else": "1"}, {"pot": "1"})])
        amendment, _ = server.post([
            amend(mill, change(made[4], activity=Make(co2="1000"))), amend(mill, change(made[5])),
        ])

        def sample(*options: str, target: str = server.url) -> dict[str, Any]:
            done = command(home, "audit", "sample", target, "--facility", mill.name("site"), "--period", YEAR,
                           "--vkey", server.vkey, "--json", *options)
            assert done.returncode == 0, done.stderr
            return msgspec.json.decode(done.stdout)

        first = sample("--seed", "7", "--size", "5")
        assert first == sample("--seed", "7", "--size", "5")
        assert first["records"] != sample("--seed", "8", "--size", "5")["records"]
        # The pot was made before the period; the withdrawn one is out, the amended one weighs what it says now.
        assert first["population"] == {"records": 29, "emissions": sum(range(1, 31)) - 6 - 5 + 1000}
        heavy = sample("--seed", "7", "--size", "2", "--method", "monetary")
        (amended,) = [one for one in heavy["records"] if one["emissions"] == 1000]
        assert (amended["digest"], amended["revisedBy"]) == (receipts[4].digest, [amendment.index])
        assert sample("--seed", "7", "--size", "5", target=postgres.owner_url) == first
        told = command(home, "audit", "sample", server.url, "--facility", mill.name("site"), "--period", YEAR,
                       "--seed", "7", "--size", "5", "--vkey", server.vkey)
        assert "population  29 transformations" in told.stdout
        assert "note: the log was not replayed" in told.stdout
        _refuses_what_cannot_be(home, server, mill.name("site"))
        # A log that does not hash to its checkpoint is drawn from by nobody.
        with Database(postgres.owner_url) as owner:
            owner.tamper("UPDATE entry SET data = set_byte(data, 100, get_byte(data, 100) # 1), leaf_hash = "
                         "sha256('\\x00'::bytea || set_byte(data, 100, get_byte(data, 100) # 1)) WHERE index = 30")
        done = command(home, "audit", "sample", server.url, "--facility", mill.name("site"), "--period", YEAR,
                       "--seed", "7", "--json")
        assert (done.returncode, msgspec.json.decode(done.stderr)["code"]) == (1, "unsound-log")


def _refuses_what_cannot_be(home: Path, server: Server, site: str) -> None:
    """A sample of nothing would pass for one in which nothing was wrong."""
    for facility, period, told in (
        (site, "a/b", "'a' is not a valid day or instant"),
        (site, "2025-02-30/2026-01-01", "'2025-02-30' is not a valid day"),
        (site, "2026-01-01/2025-01-01", "2026-01-01 is not before 2025-01-01"),
        ("nowhere", YEAR, "no transformation of facility 'nowhere'"),
        (site, "1999-01-01/2000-01-01", "begins at 1999-01-01T00:00:00Z or later"),
    ):
        done = command(home, "audit", "sample", server.url, "--facility", facility, "--period", period, "--seed", "7")
        assert done.returncode == 1
        (line,) = [line for line in done.stderr.splitlines() if line.startswith("error:")]
        assert told in line
    done = command(home, "audit", "sample", server.url, "--facility", site, "--period", "2025", "--seed", "7")
    assert done.returncode == 2
