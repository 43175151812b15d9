"""The chart's alert rules and dashboard: promtool fires each rule, and a real Prometheus scrapes a real server and
answers each query."""

import json
import re
import socket
import subprocess
import time
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final, NamedTuple

import httpx
import pytest
from support.alerting import CASES
from support.manifests import manifests, merged, values_of
from support.manifests import named as manifest_named
from support.server import METRICS_TOKEN, Server, prepared_home
from support.tools import tool
from support.waiting import until
from support.workshop import workshop

from ledger.service.observation.catalogue import METRICS

FILES: Final = Path(__file__).parents[2] / "charts" / "carbon-ledger" / "files"
GROUPS: Final = manifest_named(manifests(merged(values_of("cnpg"), {"metrics": {"rules": {"enabled": True}}})),
                               "PrometheusRule", "ledger")["spec"]["groups"]
"""As the chart has them with everything on; without a cluster, `alerts.yaml` alone."""
RULES: Final = {rule["alert"]: rule for group in GROUPS for rule in group["rules"]}
PANELS: Final = [panel for panel in json.loads((FILES / "dashboard.json").read_text())["panels"]
                 if panel["type"] != "row"]
QUERIES: Final = {panel["title"]: [target["expr"] for target in panel["targets"]] for panel in PANELS}


def named(query: str) -> set[str]:
    """The metrics in a query, histograms without their suffix."""
    names = set(re.findall(r"\b(?:carbon_ledger|process)_\w+", re.sub(r'"[^"]*"', "", query)))
    return {name if name in METRICS else re.sub(r"_(bucket|sum|count)$", "", name) for name in names}


def group(series: Mapping[str, str], *, fire: bool) -> dict[str, object]:
    """A test of promtool for all rules at once: each starts a database of its own, which takes seconds."""
    tests = []
    for alert, case in CASES.items():
        rule = RULES[alert]
        expected = {"exp_labels": rule["labels"] | case.labels, "exp_annotations": rule["annotations"]}
        tests.append({"eval_time": f"{case.minutes}m", "alertname": alert, "exp_alerts": [expected] if fire else []})
    return {"interval": "1m", "alert_rule_test": tests,
            "input_series": [{"series": name, "values": values} for name, values in series.items()]}


def rules_in(folder: Path) -> Path:
    """A file of all rules."""
    rules = folder / "rules.json"
    rules.write_text(json.dumps({"groups": GROUPS}))
    return rules


def run_promtool(folder: Path, *groups: object) -> subprocess.CompletedProcess[str]:
    file = folder / "tests.json"
    file.write_text(json.dumps({
        "rule_files": [str(rules_in(folder))], "evaluation_interval": "1m", "tests": groups}))
    return subprocess.run([tool("promtool"), "test", "rules", str(file)], capture_output=True, text=True, check=False,
                          timeout=600)


def joined(parts: Iterable[Mapping[str, str]]) -> dict[str, str]:
    """The series of all cases, none of which may have a series of another."""
    series: dict[str, str] = {}
    for part in parts:
        assert not series.keys() & part.keys()
        series |= part
    return series


def test_each_rule_fires_and_is_quiet(tmp_path: Path) -> None:
    fires, quiet = joined(case.fires for case in CASES.values()), joined(case.quiet for case in CASES.values())
    done = run_promtool(tmp_path, group(fires, fire=True), group(quiet, fire=False))
    assert done.returncode == 0, done.stdout + done.stderr
    swapped = run_promtool(tmp_path, group(quiet, fire=True))
    missing = set(re.findall(r"alertname: (\w+)", swapped.stdout + swapped.stderr))
    assert missing == CASES.keys(), "a rule fires for any series"


def test_each_rule_has_a_case_and_says_what_to_do() -> None:
    assert CASES.keys() == RULES.keys()
    for alert, rule in RULES.items():
        assert rule["labels"]["severity"] in ("critical", "warning", "info"), alert
        assert rule["annotations"].keys() == {"summary", "description"}, alert


def test_panels_are_described_and_show_every_metric() -> None:
    assert len({panel["id"] for panel in PANELS}) == len(PANELS)
    for panel in PANELS:
        assert panel["description"], panel["title"]
        assert panel["fieldConfig"]["defaults"]["unit"], panel["title"]
    shown = set().union(*[named(query) for queries in QUERIES.values() for query in queries])
    assert set(METRICS) - shown == set()


class Prometheus(NamedTuple):
    """A running Prometheus that scrapes `server`."""

    url: str
    server: Server

    def get(self, path: str, **parameters: str) -> Any:
        response = httpx.get(f"{self.url}/api/v1/{path}", params=parameters)
        assert response.status_code == 200, response.text
        return response.json()["data"]

    def query(self, query: str) -> list[Any]:
        return self.get("query", query=query)["result"]

    def value(self, query: str) -> float | None:
        result = self.query(query)
        return float(result[0]["value"][1]) if result else None


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.fixture(scope="module")
def prometheus(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Prometheus]:
    folder, port = tmp_path_factory.mktemp("prometheus"), free_port()
    with prepared_home() as home, Server(home) as server:
        (folder / "config.json").write_text(json.dumps({
            "global": {"scrape_interval": "2s", "scrape_timeout": "2s", "evaluation_interval": "1s"},
            "rule_files": [str(rules_in(folder))],
            "scrape_configs": [{
                "job_name": "carbon-ledger", "authorization": {"credentials_file": str(METRICS_TOKEN)},
                "static_configs": [{"targets": [server.url.removeprefix("http://")]}],
            }],
        }))
        process = subprocess.Popen(
            [tool("prometheus"), f"--config.file={folder / 'config.json'}", f"--storage.tsdb.path={folder / 'data'}",
             f"--web.listen-address=127.0.0.1:{port}", "--log.level=warn"],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )
        running = Prometheus(f"http://127.0.0.1:{port}", server)
        try:
            until(lambda: process.poll() is None and ready(running.url), "Prometheus does not start")
            yield running
        finally:
            process.terminate()
            process.wait(60)


def ready(url: str) -> bool:
    try:
        return httpx.get(f"{url}/-/ready").status_code == 200
    except httpx.TransportError:
        time.sleep(0.1)
        return False


def test_prometheus_scrapes_what_was_posted(prometheus: Prometheus) -> None:
    until(lambda: prometheus.value('up{job="carbon-ledger"}') == 1, "the server is not scraped")
    appended = "sum(carbon_ledger_records_appended_total)"
    before = prometheus.value(appended)
    shop = workshop(prometheus.server, "scraped", pot="100")
    prometheus.server.post([shop.make({f"s{i}": "1"}, {"pot": "1"}) for i in range(20)])
    until(lambda: prometheus.value(appended) == before + 24, "the records are not counted")
    until(lambda: prometheus.value("carbon_ledger_log_entries") == before + 24, "the entries are not counted")
    (target,) = prometheus.get("targets", state="active")["activeTargets"]
    assert target["scrapeUrl"] == f"{prometheus.server.url}/metrics"


def test_rules_and_panels_name_metrics_that_a_server_has(prometheus: Prometheus) -> None:
    """Metadata has the metrics that a scrape has described, also those without a sample yet."""
    until(lambda: prometheus.value('up{job="carbon-ledger"}') == 1, "the server is not scraped")
    known = {re.sub(r"_total$", "", name) for name in prometheus.get("metadata")}
    own = [(rule["alert"], [rule["expr"]]) for rule in GROUPS[0]["rules"]]
    for title, queries in [*QUERIES.items(), *own]:
        for query in queries:
            assert {re.sub(r"_total$", "", name) for name in named(query)} <= known, title
            assert named(query), title


def test_prometheus_accepts_each_rule_and_each_panel(prometheus: Prometheus) -> None:
    for title, queries in QUERIES.items():
        for query in queries:
            text = query.replace("$__rate_interval", "1m").replace("$instance", ".+")
            assert isinstance(prometheus.query(text), list), title
    until(lambda: all(rule["health"] == "ok" for rule in loaded(prometheus)), "a rule is not evaluated")
    assert {rule["name"] for rule in loaded(prometheus)} == RULES.keys()
    assert [rule["name"] for rule in loaded(prometheus) if rule["state"] == "firing"] == []


def loaded(prometheus: Prometheus) -> list[Any]:
    return [rule for group in prometheus.get("rules")["groups"] for rule in group["rules"]]
