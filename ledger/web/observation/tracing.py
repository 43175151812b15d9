"""Traces of requests: the interface, and the choice of its one implementation.

The implementation needs the extra `tracing`. A server loads it only if `OTEL_TRACES_EXPORTER` asks for traces, as it
loads the object store only for an anchor in one.
"""

from collections.abc import Callable, Iterable, Mapping
from importlib import import_module
from typing import Final, Protocol

from ledger.errors import ConfigurationError
from ledger.service.observation.steps import Trace

EXPORTER: Final = "OTEL_TRACES_EXPORTER"
EXPORTERS: Final = ("otlp", "console")
OFF: Final = ("", "none")
_DISABLED: Final = "OTEL_SDK_DISABLED"


class RequestTrace(Trace, Protocol):
    """The trace of one request."""

    def end(self, route: str, status: int, request_id: str) -> None:
        """The request has its answer; a `status` of 0 means that the client left first."""
        ...


class Tracer(Protocol):
    """A process has at most one."""

    def begin(self, method: str, headers: Iterable[tuple[bytes, bytes]]) -> RequestTrace | None:
        """Begins the trace of a request, or continues the trace that its `traceparent` names. None if this request is
        not traced."""
        ...

    def close(self) -> None:
        """Sends the remaining spans. It waits for the collector, but not for long; do not call it in the event loop's
        thread."""
        ...


def open_tracer(environment: Mapping[str, str], version: str, write: Callable[[str], None]) -> Tracer | None:
    """The tracer that the standard variables `OTEL_*` ask for; None without one. `write` prints the spans of the
    exporter `console`. Raises ConfigurationError."""
    exporter = environment.get(EXPORTER, "").strip().lower()
    if exporter in OFF or environment.get(_DISABLED, "").strip().lower() == "true":
        return None
    if exporter not in EXPORTERS:
        raise ConfigurationError(f"{EXPORTER} is {exporter!r}: it must be one of {', '.join(EXPORTERS)}, or `none`",
                                 field=EXPORTER, value=exporter, rule=f"one of: {', '.join(EXPORTERS)}; or unset")
    try:
        module = import_module("ledger.web.observation.opentelemetry")
    except ModuleNotFoundError as error:
        raise ConfigurationError(
            f"{EXPORTER}={exporter} needs the package {error.name}: pip install 'carbon-ledger[tracing]'",
            code="no-server", field=EXPORTER, value=exporter,
        ) from None
    tracer: Tracer = module.OpenTelemetryTracer(exporter, version, write)
    return tracer
