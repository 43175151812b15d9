"""Traces with OpenTelemetry: a span for each request, and below it a span for each step of the posting pipeline.

The spans of steps are made when the steps have ended, with their own times. The steps of a batch show in the trace of
each of its requests. No span has a body, a query or the name of a party. Everything else follows the standard variables
`OTEL_*`, which the library reads: address and headers of the collector, name of the service, sampler.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from threading import Thread
from time import perf_counter_ns, time_ns
from typing import Final

from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import SERVICE_NAME, SERVICE_VERSION, OTELResourceDetector, Resource
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SimpleSpanProcessor, SpanExporter, SpanExportResult
from opentelemetry.trace import Span, SpanKind, Status, StatusCode, set_span_in_context
from opentelemetry.trace import Tracer as LibraryTracer
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from ledger.service.observation.steps import Lap

_NAME: Final = "carbon-ledger"
CLOSE_SECONDS: Final = 5.0
"""The longest wait for the collector at the end. The library itself would wait for half a minute."""
CLOSING: Final = "end-of-traces"
_CARRIED: Final = (b"traceparent", b"tracestate")


class OpenTelemetryTracer:
    """See `Tracer`. `exporter` is `otlp` or `console`; `write` prints the spans of the console."""

    def __init__(self, exporter: str, version: str, write: Callable[[str], None]) -> None:
        own = Resource({SERVICE_NAME: _NAME, SERVICE_VERSION: version})
        resource = Resource.create().merge(own).merge(OTELResourceDetector().detect())
        self._provider = TracerProvider(resource=resource, shutdown_on_exit=False)
        self._provider.add_span_processor(
            BatchSpanProcessor(OTLPSpanExporter()) if exporter == "otlp" else SimpleSpanProcessor(_PrintedSpans(write))
        )
        self._tracer = self._provider.get_tracer(_NAME, version)
        self._propagator = TraceContextTextMapPropagator()
        # Spans have times of the wall clock, laps have times of the performance counter.
        self._offset = time_ns() - perf_counter_ns()

    def begin(self, method: str, headers: Iterable[tuple[bytes, bytes]]) -> "OpenTelemetryTrace | None":
        carrier = {name.decode("latin-1"): value.decode("latin-1") for name, value in headers
                   if name in _CARRIED}
        context = self._propagator.extract(carrier) if carrier else None
        span = self._tracer.start_span(method, context, SpanKind.SERVER)
        return OpenTelemetryTrace(self._tracer, span, method, self._offset) if span.is_recording() else None

    def close(self) -> None:
        closing = Thread(target=self._provider.shutdown, name=CLOSING, daemon=True)
        closing.start()
        closing.join(CLOSE_SECONDS)


class OpenTelemetryTrace:
    """See `RequestTrace`."""

    def __init__(self, tracer: LibraryTracer, span: Span, method: str, offset: int) -> None:
        self._tracer = tracer
        self._span = span
        self._method = method
        self._offset = offset
        self._context = set_span_in_context(span)

    def add(self, laps: Sequence[Lap]) -> None:
        for step, start, end in laps:
            span = self._tracer.start_span(str(step), self._context, start_time=start + self._offset)
            span.end(end + self._offset)

    def end(self, route: str, status: int, request_id: str) -> None:
        self._span.update_name(f"{self._method} {route}")
        attributes: Mapping[str, str | int] = {
            "http.request.method": self._method, "http.route": route, "http.response.status_code": status,
            "carbon_ledger.request": request_id,
        }
        self._span.set_attributes(attributes)
        if status >= 500 or not status:
            self._span.set_status(Status(StatusCode.ERROR))
        self._span.end()


class _PrintedSpans(SpanExporter):
    """Prints each span on a line of JSON."""

    def __init__(self, write: Callable[[str], None]) -> None:
        self._write = write

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        for span in spans:
            self._write(span.to_json(indent=None))
        return SpanExportResult.SUCCESS
