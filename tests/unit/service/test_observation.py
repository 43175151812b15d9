"""The counts that a process keeps: buckets, labels with a bound, laps, and what processes send each other."""

import msgspec
import pytest
from support.raising import raised

from ledger.service.observation import catalogue
from ledger.service.observation.families import by_label, by_labels, packed, single, unpacked
from ledger.service.observation.recorder import MOST_LABELS, OTHER, SECONDS, Distribution, Recorder, Tally
from ledger.service.observation.steps import Lap, Step, Stopwatch


def test_a_bound_counts_as_below_it() -> None:
    values = Distribution((1, 10))
    for value in (0.5, 1, 1.5, 10, 11):
        values.add(value)
    assert (values.counts, values.total) == ([2, 2, 1], 24)


def test_codes_have_a_bound() -> None:
    tally = Tally()
    for number in range(MOST_LABELS + 50):
        tally.add(f"code-{number}")
    tally.add("code-0", 2)
    assert (len(tally.counts), tally.counts[OTHER], tally.counts["code-0"]) == (MOST_LABELS + 1, 50, 3)


def test_laps_follow_each_other() -> None:
    watch = Stopwatch()
    watch.lap(Step.DECODE)
    watch.lap(Step.READ)
    watch.skip()
    watch.lap(Step.VERIFY)
    decode, read, verify = watch.laps
    assert watch.start == decode.start <= decode.end == read.start <= read.end <= verify.start <= verify.end


def test_laps_are_seconds_of_their_step() -> None:
    recorder = Recorder()
    recorder.timed([Lap(Step.LOCK, 5, 5 + 2_000_000_000), Lap(Step.LOCK, 0, 0), Lap(Step.LOAD, 0, 50_000)])
    lock = recorder.steps.by_key[Step.LOCK]
    assert lock.total == 2
    assert [bound for bound, count in zip(SECONDS, lock.counts, strict=False) if count] == [0.0001, 2.5]
    assert recorder.steps.by_key[Step.LOAD].total == pytest.approx(0.00005)


def test_processes_read_what_others_send() -> None:
    distribution = Distribution((1, 2))
    distribution.add(1.5)
    families = [
        single(catalogue.APPENDED, 7), single(catalogue.BATCH_RECORDS, distribution),
        by_label(catalogue.REFUSED, {"overdraft": 2}), single(catalogue.SIGNING, True),
        by_labels(catalogue.REQUESTS, {("GET", "/", "2xx"): 1}),
    ]
    received = unpacked(packed(families))
    assert [family.name for family in received] == [family.name for family in families]
    assert received[3].samples[0].value == 1
    assert received[1].samples[0].value.counts == [0, 1, 0]  # type: ignore[union-attr]
    assert received[2].samples[0].labels == ["overdraft"]
    raised(msgspec.MsgspecError, unpacked, b"garbage")


def test_names_and_labels_follow_the_rules_of_prometheus() -> None:
    for name, metric in catalogue.METRICS.items():
        assert name.isascii()
        assert name.islower()
        assert name.endswith("_total") == (metric.kind == "counter"), name
        assert metric.meaning, name
        assert catalogue.PROCESS not in metric.labels
