"""Metrics with their present values, in a form that processes can send each other."""

from collections.abc import Iterable, Mapping, Sequence

import msgspec
from msgspec import Struct

from ledger.service.observation.catalogue import METRICS, Metric
from ledger.service.observation.recorder import Distribution


class Buckets(Struct, array_like=True, frozen=True):
    """A histogram: `counts` has one number for each of `bounds`, and one for all larger values."""

    bounds: Sequence[float]
    counts: Sequence[int]
    total: float


class Sample(Struct, array_like=True, frozen=True):
    """`labels`: the values, in the order of the metric's labels."""

    labels: Sequence[str]
    value: float | Buckets


class Family(Struct, array_like=True, frozen=True):
    """A metric, by its full name, with its samples."""

    name: str
    samples: Sequence[Sample]

    @property
    def metric(self) -> Metric:
        return METRICS[self.name]


def single(metric: Metric, value: float | Distribution) -> Family:
    """A metric without labels."""
    return Family(metric.full_name, [Sample([], _value(value))])


def by_label(metric: Metric, values: Mapping[str, float] | Iterable[tuple[str, float | Distribution]]) -> Family:
    """A metric with one label."""
    pairs = values.items() if isinstance(values, Mapping) else values
    return Family(metric.full_name, [Sample([label], _value(value)) for label, value in pairs])


def by_labels(metric: Metric, values: Mapping[tuple[str, ...], float]) -> Family:
    """A metric with several labels."""
    return Family(metric.full_name, [Sample(list(labels), float(value)) for labels, value in values.items()])


def _value(value: float | Distribution) -> float | Buckets:
    if isinstance(value, Distribution):
        return Buckets(list(value.bounds), list(value.counts), value.total)
    return float(value)


def packed(families: Sequence[Family]) -> bytes:
    return msgspec.msgpack.encode(families)


def unpacked(data: bytes) -> list[Family]:
    """Raises msgspec.MsgspecError for other bytes."""
    return msgspec.msgpack.decode(data, type=list[Family])
