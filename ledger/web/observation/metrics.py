"""The page of metrics, in the exposition format of Prometheus.

prometheus-client writes the format. The counts are plain numbers elsewhere (`ledger/service/observation/recorder.py`):
its own way to serve several processes has to be chosen before it is imported, and keeps files for each process.
"""

import asyncio
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import accumulate
from typing import Final, NamedTuple

from prometheus_client import CollectorRegistry, ProcessCollector
from prometheus_client.exposition import choose_encoder
from prometheus_client.metrics_core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily
from prometheus_client.metrics_core import Metric as Exposed
from prometheus_client.registry import Collector

from ledger.service.ledger import Ledger
from ledger.service.observation import catalogue
from ledger.service.observation.catalogue import PROCESS, Metric
from ledger.service.observation.families import Buckets, Family, Sample, single
from ledger.service.observation.log import LogReadings
from ledger.service.observation.parts import read_parts
from ledger.web.observation.peers import Place, ask_peers
from ledger.web.observation.readers import MetricsReaders

Reading = Callable[[], Iterable[Family]]
OWN: Final = "process_"
"""Prefix of the standard metrics of a process: memory, descriptors, processor time."""


class Page(NamedTuple):
    content: bytes
    media_type: str


class Metrics:
    """A process has one. `version` of the program. `readers`: who may read the page over the network."""

    def __init__(self, ledger: Ledger, version: str, place: Place | None = None) -> None:
        self._ledger = ledger
        self._log = LogReadings(ledger)
        self._version = version
        self._place = place or Place()
        self._readings: list[Reading] = []
        self.readers = MetricsReaders(ledger.settings.metrics_token_file)

    def add(self, reading: Reading) -> None:
        """The page shows the metrics of this reading too."""
        self._readings.append(reading)

    def own(self) -> list[Family]:
        """The metrics of this process."""
        families = [Family(catalogue.BUILD.full_name, [Sample([self._version], 1)]), *read_parts(self._ledger)]
        for read in self._readings:
            families += read()
        return [*families, *_standard()]

    async def page(self, accept: str) -> Page:
        """All metrics, in the newest format that the client accepts."""
        peers, shared = await asyncio.gather(ask_peers(self._place), self._log.read())
        processes = {self._place.number: self.own(), **peers}
        shared.append(single(catalogue.PROCESSES, self._place.processes))
        return await asyncio.to_thread(_written, processes, shared, accept)


def _standard() -> Iterator[Family]:
    """The standard metrics of this process, by prometheus-client; nothing where the system has no /proc."""
    for metric in ProcessCollector(registry=CollectorRegistry()).collect():
        for sample in metric.samples:
            yield Family(sample.name, [Sample([], sample.value)])


class _Families(Collector):
    def __init__(self, exposed: Sequence[Exposed]) -> None:
        self._exposed = exposed

    def collect(self) -> Iterable[Exposed]:
        return self._exposed


def _written(processes: Mapping[int, Sequence[Family] | None], shared: Sequence[Family], accept: str) -> Page:
    exposed: dict[str, Exposed] = {}
    for number, families in sorted(processes.items()):
        up = single(catalogue.PROCESS_UP, families is not None)
        for family in (up, *(families or ())):
            _add(exposed, family, [str(number)])
    for family in shared:
        _add(exposed, family, [])
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Families(list(exposed.values())))
    encode, media_type = choose_encoder(accept)
    if media_type.startswith("text/"):
        media_type = media_type.removesuffix("; charset=utf-8")  # the framework adds it
    return Page(encode(registry), media_type)


def _add(exposed: dict[str, Exposed], family: Family, process: Sequence[str]) -> None:
    metric = _standard_metric(family.name) if family.name.startswith(OWN) else family.metric
    target = exposed.get(family.name)
    if target is None:
        target = exposed[family.name] = _empty(family.name, metric)
    for sample in family.samples:
        labels = [*sample.labels, *process]
        if isinstance(target, HistogramMetricFamily) and isinstance(sample.value, Buckets):
            target.add_metric(labels, *_cumulative(sample.value))
        elif isinstance(target, CounterMetricFamily | GaugeMetricFamily) and not isinstance(sample.value, Buckets):
            target.add_metric(labels, sample.value)


def _empty(name: str, metric: Metric) -> Exposed:
    labels = [*metric.labels, *([PROCESS] if metric.of_process else [])]
    match metric.kind:
        case "counter":
            return CounterMetricFamily(name, metric.meaning, labels=labels)
        case "gauge":
            return GaugeMetricFamily(name, metric.meaning, labels=labels)
        case "histogram":
            return HistogramMetricFamily(name, metric.meaning, labels=labels)


def _standard_metric(name: str) -> Metric:
    return Metric(name, "counter" if name.endswith("_total") else "gauge", "standard metric of a process")


def _cumulative(buckets: Buckets) -> tuple[Sequence[tuple[str, float]], float]:
    bounds = [*[str(float(bound)) for bound in buckets.bounds], "+Inf"]
    return list(zip(bounds, accumulate(buckets.counts), strict=True)), buckets.total

