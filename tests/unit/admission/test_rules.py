"""The switch for rules: versions come into force by index, only forwards, and never by guessing."""

from itertools import pairwise
from typing import Any

import pytest
from unit.admission.world import (
    END,
    MILL,
    START,
    World,
    activation,
    attestation,
    burdened,
    consumption,
    declaration,
    flow,
    output,
    transformation,
)

from ledger.admission.activations import Activations, PluginActivation
from ledger.admission.checks.times import EARLIEST, LATEST, LONGEST_YEARS
from ledger.admission.rules import NEWEST, RULES, VERSIONS, Rule, Rules
from ledger.core.log.policy import ACTIVATED
from ledger.core.record.kinds import Activation, Baseline, Report
from ledger.engine.batch import Sequenced
from ledger.errors import Unavailable

FAR = {"start": "9998-01-01T00:00:00Z", "end": "9999-01-01T00:00:00Z"}


def rules(version: str = NEWEST.name, digest: str = NEWEST.digest, **fields: Any) -> Activation:
    return activation(RULES, **{"version": version, "digest": digest, **fields})


def test_versions_only_grow_and_each_has_a_digest_of_its_own() -> None:
    for earlier, later in pairwise(VERSIONS):
        assert earlier.rules < later.rules
        assert earlier.digest != later.digest
    assert VERSIONS[0].rules == frozenset()


def test_a_rule_applies_after_its_activation(world: World) -> None:
    """The same batch, the same kind of record: before the activation it is admitted, after it refused."""
    verdicts, _ = world.run(
        transformation([output("early", "1")], **FAR), rules(), transformation([output("late", "1")], **FAR),
        transformation([output("usual", "1")]),
    )
    assert [isinstance(verdict, Sequenced) for verdict in verdicts] == [True, True, False, True]
    assert getattr(verdicts[2], "code", None) == "instant-range"
    world.refuse(transformation([output("later", "1")], **FAR), "instant-range", "start", FAR["start"])


def test_each_record_keeps_the_rules_of_its_index() -> None:
    log = Rules().after(5, NEWEST.name, NEWEST.digest)
    assert [log.has(Rule.BOUNDED_TIMES, index) for index in (0, 5, 6)] == [False, False, True]
    assert log.has(Rule.BOUNDED_TIMES)
    assert (log.version(5), log.version(6)) == (VERSIONS[0], NEWEST)


def test_what_is_activated_beside_sectors_is_no_sector(world: World) -> None:
    world.admit(rules(), activation(ACTIVATED, version="tlog-policy/v0"))
    assert RULES not in world.state.plugins
    for name in (RULES, ACTIVATED):
        world.refuse(transformation([output("x")], process=f"{name}.make"), "unknown-sector", "process")


def test_what_is_not_known_is_refused(world: World) -> None:
    for version, digest in (("99", NEWEST.digest), (NEWEST.name, "0" * 64), ("two", NEWEST.digest)):
        error = world.refuse(rules(version, digest), "unknown-rules", "version", version)
        assert NEWEST.digest in (error.rule or "")


def test_rules_go_forwards_only(world: World) -> None:
    world.refuse(rules(VERSIONS[0].name, VERSIONS[0].digest), "rules-order", "version", VERSIONS[0].name)
    world.refuse(rules(retired=True), "rules-order", "retired", True)
    world.admit(rules())
    world.refuse(rules(), "rules-order", "version", NEWEST.name, says="which is in force")
    world.refuse(rules(VERSIONS[0].name, VERSIONS[0].digest), "rules-order", "version")


def test_only_the_registrar_activates_them(world: World) -> None:
    world.refuse(rules(by=MILL), "not-registrar", "issuer", MILL.id)


@pytest.mark.parametrize("newer", [("3", "0" * 64), (NEWEST.name, "0" * 64)], ids=["version", "digest"])
def test_a_program_that_does_not_know_the_version_in_force_does_not_guess(
    world: World, newer: tuple[str, str]
) -> None:
    world.state.activations = Activations([PluginActivation(world.state.size, RULES, *newer)])
    verdicts, _ = world.run(transformation([output("x", "1")]))
    (error,) = verdicts
    assert isinstance(error, Unavailable)
    assert (error.code, error.value) == ("rules-version", newer[0])
    assert newer[1] in (error.rule or "")


# The first rule: times


@pytest.mark.parametrize(("at", "field"), [
    ({"start": "0001-01-01T00:00:00Z"}, "start"), ({"end": "9999-12-31T23:59:59Z"}, "end"),
    ({"start": "1899-12-31T23:59:59Z", "end": "1900-01-01T00:00:00Z"}, "start"),
    ({"start": LATEST, "end": "2200-01-01T00:00:00Z"}, "end"),
])
def test_times_that_no_record_is_of(world: World, at: dict[str, str], field: str) -> None:
    world.admit(rules())
    error = world.refuse(transformation([output("x", "1")], **at), "instant-range", field, at[field])
    assert EARLIEST in (error.rule or "")
    assert LATEST in (error.rule or "")


def test_the_edges_of_what_is_allowed(world: World) -> None:
    """By the second version: later ones know today."""
    world.admit(rules(VERSIONS[1].name, VERSIONS[1].digest))
    world.admit(
        transformation([output("first", "1")], start=EARLIEST, end="1910-01-01T00:00:00Z"),
        transformation([output("last", "1")], start="2190-01-01T00:00:00Z", end=LATEST),
        transformation([output("leap", "1")], start="2024-02-29T00:00:00Z", end="2034-02-28T23:59:59Z"),
    )


def test_a_period_has_at_most_ten_years(world: World) -> None:
    world.admit(rules())
    long = {"start": "2020-01-01T00:00:00Z", "end": "2030-01-01T00:00:01Z"}
    error = world.refuse(transformation([output("x", "1")], **long), "period-length", "end", long["end"])
    assert str(LONGEST_YEARS) in (error.rule or "")


def test_every_time_of_a_record_is_looked_at(world: World) -> None:
    world.admit(rules())
    report = Report(issuer=MILL.id, nonce="AAAAAAAAAAAAAAAAAAAAAA", start=START, end=END,
                    baseline=Baseline(start="0001-01-01T00:00:00Z", end="0002-01-01T00:00:00Z"))
    world.refuse(report, "instant-range", "baseline.start", "0001-01-01T00:00:00Z")
    world.refuse(consumption([flow("steel-1", "1")], time="9999-01-01T00:00:00Z"), "instant-range", "time")
    world.refuse(burdened(output("y", "1"), "1", end="2999-01-01T00:00:00Z"), "instant-range", "end")
    world.refuse(declaration(per=None, start="0999-01-01T00:00:00Z"), "instant-range", "start")
    world.refuse(attestation("lot", MILL.name("steel-1"), by=MILL, valid_until="9999-01-01T00:00:00Z"),
                 "instant-range", "validUntil")
