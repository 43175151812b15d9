"""The same as `test_tampering_everywhere`, of the tables of a log that has witnesses, or whose key was rotated."""

from collections.abc import Iterator
from typing import Final

import pytest
from support.campaign import Campaign
from support.databases import copied
from support.kept import Kept, kept_at
from support.publishing import acknowledged, proof, receipt, site, three_witnesses
from support.server import Server, command, prepared_home
from support.tampering import deeds
from support.waiting import until
from support.workshop import workshop

WITNESSED: Final = ("publication", "renewal")


@pytest.fixture(scope="module")
def witnessed() -> Iterator[Kept]:
    """Three published heads, the newest of them renewed twice. The witnesses are gone."""
    with site() as place:
        with three_witnesses(place), place.serve(CARBON_LEDGER_RENEW_SECONDS="1") as server:
            shop = workshop(server, "shop", pot="100")
            for lot in ("a", "b"):
                (answer,) = acknowledged(server, [shop.make({lot: "1"}, {"pot": "1"})])
                receipt(proof(server, answer.digest, wait=30))
            for _ in range(2):
                last = max(place.checkpoint(server.url).times.values())
                until(lambda last=last: min(place.checkpoint(server.url).times.values()) > last)
        with kept_at(place.home, place.vkey, place.policy_file) as found:
            yield found


@pytest.fixture(scope="module")
def rotated() -> Iterator[Kept]:
    """A rotation of the log's key has begun and ended, and a head was signed by the new one alone: two rows."""
    with prepared_home() as home:
        with Server(home) as server:
            shop = workshop(server, "shop", pot="100")
            vkey = server.vkey
            for step in ((), ("--finish",)):
                done = command(home, "key", "rotate-log", *step)
                assert done.returncode == 0, done.stderr
        with Server(home) as server:
            server.post([shop.make({"a": "1"}, {"pot": "1"})])
        with kept_at(home, vkey) as found:
            yield found


def test_every_column_of_published_heads(witnessed: Kept) -> None:
    campaigned(witnessed, WITNESSED)


def test_every_column_of_rotations(rotated: Kept) -> None:
    campaigned(rotated, ("log_key",))


def campaigned(kept: Kept, tables: tuple[str, ...]) -> None:
    with copied(kept.postgres) as database:
        campaign = Campaign(kept, database)
        for table in tables:
            assert database.one(f"SELECT count(*) FROM {table}") >= 2
        report = kept.by_database(database)
        assert report.ok, report.findings
        chosen = [deed for number in range(3) for deed in deeds(campaign.tampering.columns, number)]
        campaign.run([deed for deed in chosen if deed.table in tables])
        print(campaign.table())
        assert not campaign.faults
