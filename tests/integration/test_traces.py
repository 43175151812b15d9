"""Traces of a real server, as a collector on loopback receives them: one post shows every step of the pipeline."""

import json
import socket
import threading
from itertools import pairwise

import httpx
import msgspec
import pytest
from opentelemetry.proto.trace.v1.trace_pb2 import Span
from support.collector import collecting
from support.server import Server, prepared_home
from support.workshop import workshop

from ledger.core.signatures.envelope import seal
from ledger.errors import ConfigurationError
from ledger.service.observation.steps import Step
from ledger.web.observation.opentelemetry import CLOSING, OpenTelemetryTracer
from ledger.web.observation.tracing import open_tracer

TRACE = "0af7651916cd43dd8448eb211c80319c"
PARENT = "b7ad6b7169203331"


def test_a_post_shows_all_steps() -> None:
    with collecting() as collector, prepared_home() as home:
        variables = {"OTEL_TRACES_EXPORTER": "otlp", "OTEL_EXPORTER_OTLP_ENDPOINT": collector.url}
        with Server(home, CARBON_LEDGER_PROXIES="127.0.0.1", **variables) as server:
            shop = workshop(server, "traced", pot="10")
            party, record = shop.make({"x": "1"}, {"pot": "1"})
            envelope = msgspec.json.encode(seal(record, party.key, server.origin))
            response = httpx.post(f"{server.url}/v1/records", content=envelope,
                                  headers={"traceparent": f"00-{TRACE}-{PARENT}-01"})
            assert response.status_code == 201, response.text
            assert httpx.get(f"{server.url}/metrics").status_code == 401
            server.stop()  # sends the spans that are left
        spans = [span for span in collector.spans if span.trace_id.hex() == TRACE]
    (root,) = [span for span in spans if span.parent_span_id.hex() == PARENT]
    steps = [span for span in spans if span.parent_span_id == root.span_id]
    assert (len(spans), root.name, root.kind) == (len(steps) + 1, "POST /v1/records", Span.SPAN_KIND_SERVER)
    attributes = {one.key: one.value for one in root.attributes}
    assert attributes["http.response.status_code"].int_value == 201
    assert attributes["carbon_ledger.request"].string_value == response.headers["x-request-id"]
    assert sorted(span.name for span in steps) == sorted(set(Step) - {Step.REVISE})
    steps.sort(key=lambda span: list(Step).index(Step(span.name)))
    for earlier, later in pairwise(steps):
        assert earlier.start_time_unix_nano <= earlier.end_time_unix_nano <= later.start_time_unix_nano
    assert root.start_time_unix_nano <= steps[0].start_time_unix_nano
    assert steps[-1].end_time_unix_nano <= root.end_time_unix_nano
    assert collector.services == {"carbon-ledger"}
    names = {span.name for span in collector.spans} | {text for span in collector.spans for one in span.attributes
                                                       for text in [one.value.string_value]}
    assert not [name for name in names if "urn:" in name or shop.id in name or "metrics" in name]


def test_the_console_prints_spans_to_stderr() -> None:
    with prepared_home() as home, Server(home, OTEL_TRACES_EXPORTER="console", OTEL_SERVICE_NAME="mine") as server:
        httpx.get(f"{server.url}/health/live")
        server.stop()
        text = server.log()
    # The server asks itself once before it says that it is ready.
    *_, span = [json.loads(line) for line in text.splitlines() if line.startswith("{")]
    assert (span["name"], span["resource"]["attributes"]["service.name"]) == ("GET /health/live", "mine")


def test_a_silent_collector_delays_no_end(monkeypatch: pytest.MonkeyPatch) -> None:
    """The end does not wait until the library has given up: that still goes on afterwards."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = f"http://127.0.0.1:{silent.getsockname()[1]}"
        for name, value in (("OTEL_EXPORTER_OTLP_ENDPOINT", address), ("OTEL_EXPORTER_OTLP_TIMEOUT", "600")):
            monkeypatch.setenv(name, value)
        tracer = OpenTelemetryTracer("otlp", "0", print)
        trace = tracer.begin("GET", [])
        assert trace is not None
        trace.end("/health/live", 200, "1")
        tracer.close()
        assert CLOSING in {thread.name for thread in threading.enumerate()}


def test_a_stranger_continues_no_trace() -> None:
    with prepared_home() as home, Server(home, OTEL_TRACES_EXPORTER="console") as server:
        httpx.get(f"{server.url}/health/live", headers={"traceparent": f"00-{TRACE}-{PARENT}-01"})
        httpx.get(f"{server.url}/health/ready", headers={"traceparent": f"00-{TRACE}-{PARENT}-00"})
        server.stop()
        assert TRACE not in server.log()
        # Not even by the flag that asks for no trace.
        assert "GET /health/ready" in server.log()


def test_a_method_of_a_strangers_own_names_no_span() -> None:
    with prepared_home() as home, Server(home, OTEL_TRACES_EXPORTER="console") as server:
        httpx.request("BREW", f"{server.url}/health/live")
        server.stop()
        assert '"_OTHER ' in server.log()
        assert "BREW" not in server.log()


def test_traces_are_off_unless_asked_for() -> None:
    for variables in ({}, {"OTEL_TRACES_EXPORTER": "none"}, {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:1"},
                      {"OTEL_TRACES_EXPORTER": "otlp", "OTEL_SDK_DISABLED": "true"}):
        assert open_tracer(variables, "0", print) is None
    with pytest.raises(ConfigurationError, match="must be one of otlp, console"):
        open_tracer({"OTEL_TRACES_EXPORTER": "zipkin"}, "0", print)
