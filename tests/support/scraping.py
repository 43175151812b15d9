"""Reads a server's page of metrics, as Prometheus would."""

from collections.abc import Mapping
from typing import Final

import httpx
from prometheus_client.parser import text_string_to_metric_families

from support.server import METRICS_TOKEN

AUTHORIZED: Final = {"Authorization": f"Bearer {METRICS_TOKEN.read_text(encoding='utf-8').strip()}"}
"""The token of the servers of tests."""
Samples = dict[tuple[str, frozenset[tuple[str, str]]], float]


def scraped(url: str, **headers: str) -> Samples:
    """All samples, by name and labels. Fails for a page that is not well formed or has a sample twice."""
    response = httpx.get(f"{url}/metrics", headers={**AUTHORIZED, **headers})
    assert response.status_code == 200, response.text
    samples: Samples = {}
    for family in text_string_to_metric_families(response.text):
        assert family.documentation, family.name
        for sample in family.samples:
            key = sample.name, frozenset(sample.labels.items())
            assert key not in samples, key
            samples[key] = sample.value
    return samples


def total(samples: Samples, name: str, **labels: str) -> float:
    """The sum of the samples of `carbon_ledger_<name>` with these labels."""
    return sum(value for (full, own), value in samples.items()
               if full == f"carbon_ledger_{name}" and own >= frozenset(labels.items()))


def values(samples: Samples, name: str, label: str) -> Mapping[str, float]:
    """The samples of a metric, by the value of one label, added up over the others."""
    sums: dict[str, float] = {}
    for (full, own), value in samples.items():
        if full == f"carbon_ledger_{name}":
            key = dict(own)[label]
            sums[key] = sums.get(key, 0) + value
    return sums
