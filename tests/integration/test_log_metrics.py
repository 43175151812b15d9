"""What the metrics say about the log: closings that are due, cosignatures by witness, a database that is away."""

import dataclasses
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from msgspec.structs import replace
from support.hazards import act, server_of_hazards
from support.inside import Inside, inside
from support.parties import enrolment
from support.publishing import NAMES, site, three_witnesses
from support.revising import amend, change, close, reopen
from support.scraping import scraped, total, values
from support.sectors import Make
from support.server import Posted, prepared_home
from support.waiting import until
from support.workshop import Workshop, workshop

from ledger.core.record.kinds import Transformation
from ledger.service.observation.log import LogReadings
from ledger.store.database import DatabasePool, open_pool

JANUARY = ("2025-01-01T00:00:00Z", "2025-02-01T00:00:00Z")
MARCH = ("2025-03-01T00:00:00Z", "2025-04-01T00:00:00Z")
COMING = (JANUARY[0], f"{datetime.now(UTC) + timedelta(hours=12):%Y-%m-%dT%H:%M:%SZ}")
"""A period that ends within the day: records may say so, and no closing is due."""


@pytest.fixture(scope="module")
def ledger() -> Iterator[Inside]:
    with prepared_home() as home, inside(home) as opened:
        yield opened


class Plant:
    """A shop that posts provisional records."""

    def __init__(self, ledger: Inside, name: str) -> None:
        self.ledger = ledger
        self.shop = Workshop(name)
        self.post((ledger.registrar, enrolment(self.shop.party, ledger.registrar, ledger.origin, self.shop.nonce())),
                  *self.shop.opening())

    def post(self, *posted: Posted) -> None:
        self.ledger.post(posted)

    def heat(self, lot: str, period: tuple[str, str], basis: str = "provisional") -> Posted:
        party, record = self.shop.make({lot: "10"}, ore="10", activity=Make(co2="10"))
        assert isinstance(record, Transformation)
        posted = party, replace(record, basis=basis, start=period[0], end=period[1])
        self.post(posted)
        return posted

    def readings(self) -> dict[str, float]:
        families = self.ledger.run(LogReadings(self.ledger.ledger).read())
        return {family.name.removeprefix("carbon_ledger_"): family.samples[0].value  # type: ignore[misc]
                for family in families if family.samples}

    @property
    def due(self) -> float:
        return self.readings()["closings_due"]


def test_closings_are_due_until_they_are_posted(ledger: Inside) -> None:
    plant = Plant(ledger, "closing")
    assert plant.due == plant.readings()["closing_due_age_seconds"] == 0
    plant.heat("final", JANUARY, basis="final")
    plant.heat("coming", COMING)
    assert plant.due == 0
    plant.heat("a", JANUARY)
    plant.heat("b", JANUARY)
    first = plant.heat("c", MARCH)
    readings = plant.readings()
    assert readings["closings_due"] == 2
    january = readings["closing_due_age_seconds"]
    closing = close(plant.shop, start=JANUARY[0], end=JANUARY[1])
    plant.post(closing)
    readings = plant.readings()
    assert readings["closings_due"] == 1
    assert january - readings["closing_due_age_seconds"] == pytest.approx(59 * 86_400, abs=600)
    plant.post(reopen(plant.shop, closing))
    assert plant.due == 2
    plant.post(close(plant.shop, start=JANUARY[0], end=JANUARY[1]))
    assert plant.due == 1
    plant.post(amend(plant.shop, change(first)))
    assert plant.due == 0


def test_the_log_has_its_size_and_age(ledger: Inside) -> None:
    plant = Plant(ledger, "sizes")
    readings = plant.readings()
    assert readings["log_entries"] == readings["published_entries"] > 3
    assert 0 <= readings["checkpoint_age_seconds"] < 600
    assert readings["unpublished_age_seconds"] == 0
    assert readings["database_up"] == 1


def test_a_database_that_is_away(ledger: Inside) -> None:
    async def closed() -> DatabasePool:
        pool = await open_pool(ledger.ledger.sequencer._url, size=1)
        await pool.close()
        return pool

    parts = ledger.ledger.parts._replace(pool=ledger.run(closed()))
    families = ledger.run(LogReadings(dataclasses.replace(ledger.ledger, parts=parts)).read())
    readings = {family.name: family.samples[0].value for family in families}
    assert readings["carbon_ledger_database_up"] == 0
    assert "carbon_ledger_disk_free_bytes" in readings
    assert "carbon_ledger_log_entries" not in readings


def test_cosignatures_by_the_names_of_the_policy() -> None:
    with site() as place, three_witnesses(place) as witnesses, place.serve() as server:
        shop = workshop(server, "witnessed", pot="10")
        samples = scraped(server.url)
        assert total(samples, "log_entries") == total(samples, "published_entries")
        ages = values(samples, "cosignature_age_seconds", "witness")
        assert ages.keys() == set(NAMES)
        assert sorted(ages.values())[1] < 600
        for witness in witnesses[:2]:
            witness.process.kill()
        server.wait = 0
        server.submit(server.envelopes([shop.make({"x": "1"}, {"pot": "1"})]))
        until(lambda: total(scraped(server.url), "unpublished_age_seconds") > 0, "no entry waits")
        assert total(scraped(server.url), "log_entries") == total(scraped(server.url), "published_entries") + 1


def test_workers_that_end_count_by_reason() -> None:
    with prepared_home() as home, server_of_hazards(home) as server:
        shop = workshop(server, "ending", pot="10")
        answers: list[Any] = [*server.submit(server.envelopes([act(shop, "l", "loops"), act(shop, "w")]))]
        assert answers[0]["code"] == "plugin-timeout"
        ended = values(scraped(server.url), "plugin_workers_ended_total", "reason")
        assert ended["timeout"] > 0
        assert ended["crash"] == 0
        until(lambda: values(scraped(server.url), "plugin_workers", "state")["missing"] == 0, "a worker is missing")
