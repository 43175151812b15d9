"""The page of metrics of real servers: it counts what was posted and asked, for all processes, names no party, and
tells of closings that are due, cosignatures by witness, a database that is away."""

import dataclasses
import http.client
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import psutil
import pytest
from msgspec.structs import replace
from support.hazards import act, server_of_hazards
from support.inside import Inside, inside
from support.oauth import bearer, by_key, token_of
from support.parties import enrolment
from support.publishing import NAMES, site, three_witnesses
from support.revising import amend, change, close, reopen
from support.scraping import AUTHORIZED, scraped, total, values
from support.sectors import Make
from support.server import Posted, Server, prepared_home
from support.waiting import until
from support.workshop import Workshop, workshop

from ledger.cli.operator.siblings import SIBLING
from ledger.errors import ConfigurationError
from ledger.service.observation import catalogue
from ledger.service.observation.log import LogReadings
from ledger.service.observation.steps import Step
from ledger.store.database import DatabasePool, open_pool
from ledger.web.observation.readers import MetricsReaders

DOCUMENT = Path(__file__).parents[2] / "charts" / "METRICS.md"
OF_POSTS = set(Step) - {Step.REVISE}


def refused(server: Server, shop: Workshop) -> dict[str, object]:
    """A record that takes more than there is."""
    (answer,) = server.submit(server.envelopes([shop.make({"too-much": "5000"}, {"pot": "5000"})]))
    return answer


def test_a_post_counts_once_with_all_its_steps(server: Server, shop: Workshop) -> None:
    before = scraped(server.url)
    envelopes = server.envelopes([shop.make({f"a{i}": "1"}, {"pot": "1"}) for i in range(20)])
    server.submit(envelopes)
    server.submit(envelopes[:3])
    answer = refused(server, shop)
    after = scraped(server.url)

    def grown(name: str, **labels: str) -> float:
        return total(after, name, **labels) - total(before, name, **labels)

    assert (grown("records_appended_total"), grown("records_repeated_total")) == (20, 3)
    assert grown("records_refused_total", code=str(answer["code"])) == grown("records_refused_total") == 1
    assert (grown("batch_records_sum"), grown("batch_records_count")) == (24, 3)
    assert grown("posting_step_seconds_count", step="decode") == 3
    assert grown("http_requests_total", route="/v1/records", method="POST", status="2xx") == 3
    steps = {step: grown("posting_step_seconds_count", step=step) for step in OF_POSTS}
    assert all(steps.values()), steps
    assert grown("log_entries") == 20


def test_requests_count_by_template(server: Server) -> None:
    lot = "urn:example:a-lot-that-nobody-has"
    before = scraped(server.url)
    for digest in ("0" * 64, "1" * 64):
        assert httpx.get(f"{server.url}/v1/records/{digest}").status_code == 404
    assert httpx.get(f"{server.url}/v1/footprint", params={"lot": lot}).status_code == 404
    assert httpx.get(f"{server.url}/{lot}").status_code == 404
    assert httpx.get(f"{server.url}/v1/lots", headers={"Host": "other.example"}).status_code == 421
    after = scraped(server.url)

    def grown(name: str, **labels: str) -> float:
        return total(after, name, **labels) - total(before, name, **labels)

    assert grown("http_requests_total", route="/v1/records/{digest}", status="4xx") == 2
    assert grown("http_requests_total", route="/v1/footprint", status="4xx") == 1
    assert grown("http_requests_total", route="unmatched", status="4xx") == 2
    assert grown("http_problems_total", code="unknown-host") == 1
    assert grown("http_request_seconds_count", route="/v1/footprint") == 1


def test_no_label_names_a_party(server: Server, shop: Workshop) -> None:
    server.post([shop.make({"named": "1"}, {"pot": "1"})])
    page = httpx.get(f"{server.url}/metrics", headers=AUTHORIZED).text
    for name in (shop.id, "urn:", server.origin, "named"):
        assert name not in page, name


def test_the_page_has_what_the_catalogue_lists(server: Server) -> None:
    page = httpx.get(f"{server.url}/metrics", headers=AUTHORIZED).text
    shown = {line.split()[2] for line in page.splitlines() if line.startswith("# TYPE carbon_ledger_")}
    assert shown == set(catalogue.METRICS)
    standard = {line.split()[2] for line in page.splitlines() if line.startswith("# TYPE process_")}
    document = DOCUMENT.read_text(encoding="utf-8")
    assert standard == {name for name in standard if f"`{name}`" in document}
    assert "process_resident_memory_bytes" in standard


def test_both_formats_are_served(server: Server) -> None:
    plain = httpx.get(f"{server.url}/metrics", headers=AUTHORIZED)
    assert plain.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
    assert plain.headers["cache-control"] == "no-store"
    newer = httpx.get(f"{server.url}/metrics", headers={
        **AUTHORIZED, "Accept": "application/openmetrics-text; version=1.0.0"})
    assert newer.headers["content-type"].startswith("application/openmetrics-text")
    assert newer.text.endswith("# EOF\n")


def test_parts_show_their_state(server: Server) -> None:
    samples = scraped(server.url)
    workers = values(samples, "plugin_workers", "state")
    assert workers["idle"] >= 2
    assert workers["busy"] == workers["missing"] == 0
    assert values(samples, "plugin_workers_ended_total", "reason") == {"timeout": 0, "crash": 0, "memory": 0}
    assert values(samples, "database_sessions_max", "pool") == {"posts": 10, "queries": 10}
    assert total(samples, "database_sessions_used", pool="queries") == 0
    assert total(samples, "queue_requests") == total(samples, "queue_oldest_seconds") == 0
    assert total(samples, "signing") == total(samples, "database_up") == 1
    assert total(samples, "database_bytes") > 1 << 20
    assert 0 < total(samples, "disk_free_bytes") <= total(samples, "disk_size_bytes")
    assert -60 < total(samples, "clock_lead_seconds") < 60


@pytest.mark.parametrize("headers", [
    {}, {"X-Forwarded-For": "127.0.0.1"}, {"Authorization": "Bearer another-token-of-tests"},
    {"Authorization": AUTHORIZED["Authorization"].replace("Bearer", "Basic")}, {"Authorization": "Bearer"},
    {"Authorization": AUTHORIZED["Authorization"][:-1]},
])
def test_without_the_token_nobody_reads(server: Server, headers: dict[str, str]) -> None:
    """Also on the server's own host, whose browsers and proxies read for others."""
    response = httpx.get(f"{server.url}/metrics", headers=headers)
    assert (response.status_code, response.json()["code"]) == (401, "metrics-token")
    assert response.headers["WWW-Authenticate"].startswith("Bearer")
    assert "carbon_ledger" not in response.text


def test_two_tokens_in_one_request_are_none(server: Server) -> None:
    fields = [("Authorization", AUTHORIZED["Authorization"])] * 2
    assert httpx.get(f"{server.url}/metrics", headers=fields).status_code == 401


def test_an_access_token_is_no_token_of_the_metrics(server: Server) -> None:
    token = token_of(by_key(server.url, server.registrar.key, server.registrar.id))
    assert httpx.get(f"{server.url}/metrics", headers=bearer(token)).status_code == 401
    assert httpx.get(f"{server.url}/auth/clients", headers=AUTHORIZED).status_code == 401


@pytest.mark.parametrize("spelling", ["//metrics", "/metrics/", "/%6detrics"])
def test_the_page_has_one_path(server: Server, spelling: str) -> None:
    """A proxy that keeps `/metrics` to itself would pass the others on."""
    parts = urlsplit(server.url)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=60)
    connection.request("GET", spelling)
    assert connection.getresponse().status == 404
    connection.close()


def test_a_replaced_file_counts_without_a_restart(tmp_path: Path) -> None:
    """With the old and the new token a scraper loses no page. Without a file the socket alone shows the page."""
    tokens = tmp_path / "tokens"
    tokens.write_text("the-first-token-1\n")
    with prepared_home() as home, Server(home, CARBON_LEDGER_METRICS_TOKEN_FILE=str(tokens)) as server:
        def statuses() -> list[int]:
            return [httpx.get(f"{server.url}/metrics", headers=bearer(f"the-{one}")).status_code
                    for one in ("first-token-1", "second-token-2")]

        assert statuses() == [200, 401]
        tokens.write_text("the-first-token-1\nthe-second-token-2\n")
        assert statuses() == [200, 200]
        tokens.write_text("the-second-token-2\n")
        assert statuses() == [401, 200]
        for unfit in ("", "short\n"):
            tokens.write_text(unfit)
            assert statuses() == [401, 401]
        tokens.unlink()
        assert statuses() == [401, 401]
        with httpx.Client(transport=httpx.HTTPTransport(uds=str(home / "serve.sock"))) as operator:
            assert operator.get("http://localhost/metrics").status_code == 200


@pytest.mark.parametrize("text", [None, "", "too-short\n", "a-token-that-is-long\nshort\n"])
def test_no_server_starts_with_a_file_without_tokens(tmp_path: Path, text: str | None) -> None:
    tokens = tmp_path / "tokens"
    if text is not None:
        tokens.write_text(text)
    with pytest.raises(ConfigurationError) as caught:
        MetricsReaders(tokens)
    assert (caught.value.field, str(tokens) in caught.value.message) == ("metrics_token_file", True)


def up(server: Server) -> Mapping[str, float]:
    """Which processes answer a scrape. Nothing if the scrape came to a process that was just killed."""
    try:
        return values(scraped(server.url), "process_up", "process")
    except httpx.TransportError:
        return {}


def test_a_scrape_has_the_values_of_all_processes() -> None:
    """Whichever process the kernel chooses; a client's connection stays with one of them."""
    with prepared_home() as home, Server(home, CARBON_LEDGER_PROCESSES="2") as server:
        before = scraped(server.url)
        shop = workshop(server, "several", pot="1000")
        for i in range(16):
            server.post([shop.make({f"s{i}": "1"}, {"pot": "1"})])
        pages = [scraped(server.url) for _ in range(8)]
        for page in pages:
            assert total(page, "records_appended_total") - total(before, "records_appended_total") == 20
            assert (values(page, "process_up", "process"), total(page, "processes")) == ({"0": 1, "1": 1}, 2)
            assert total(page, "log_entries") == total(pages[0], "log_entries")
        appended = values(pages[0], "records_appended_total", "process")
        assert min(appended.values()) > 0, "one process got all connections"
        (sibling,) = [one for one in psutil.Process(server.process.pid).children() if SIBLING in one.cmdline()]
        sibling.kill()
        until(lambda: up(server) == {"0": 1, "1": 0}, "it is not missed")
        until(lambda: up(server) == {"0": 1, "1": 1}, "it is not back")
        again = values(scraped(server.url), "records_appended_total", "process")
        assert again == {"0": appended["0"], "1": 0}


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
    readings = Plant(ledger, "sizes").readings()
    assert readings["log_entries"] == readings["published_entries"] > 3
    assert 0 <= readings["checkpoint_age_seconds"] < 600
    assert (readings["unpublished_age_seconds"], readings["database_up"]) == (0, 1)


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
