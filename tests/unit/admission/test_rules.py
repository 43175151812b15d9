"""The switch for rules: versions come into force by index, only forwards, and never by guessing."""

from typing import Final

import pytest
from support.raising import raised
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
    first_record,
    flow,
    output,
    rules,
    transformation,
)

from ledger.admission import rules as versions
from ledger.admission.activations import Activations, PluginActivation
from ledger.admission.checks.times import EARLIEST, LATEST, LONGEST_YEARS
from ledger.admission.rules import NEWEST, RULES, VERSIONS, Rules, check_beginning, version_of
from ledger.core.log.policy import ACTIVATED
from ledger.core.record.kinds import Baseline, Report
from ledger.errors import ConfigurationError, Unavailable

FAR = {"start": "9998-01-01T00:00:00Z", "end": "9999-01-01T00:00:00Z"}
GATE: Final = "gate-of-tests"
LATER: Final = version_of("6", 1, [GATE])
"""A version that exists in tests alone."""


@pytest.fixture
def later(monkeypatch: pytest.MonkeyPatch) -> None:
    """The program knows a later version too."""
    monkeypatch.setattr(versions, "VERSIONS", (*VERSIONS, LATER))


def test_digests_cover_name_revision_and_gates() -> None:
    digests = {one.digest for one in (
        version_of("5", 1), version_of("6", 1), version_of("5", 2), version_of("5", 1, ["a"]),
        version_of("5", 1, ["b"]), version_of("5", 1, ["a", "b"]),
    )}
    assert (len(digests), version_of("5", 1, ["a", "b"])) == (6, version_of("5", 1, ["b", "a"]))


def test_the_program_knows_one_version() -> None:
    assert [(one.name, one.gates) for one in VERSIONS] == [("5", frozenset())]


@pytest.mark.usefixtures("later")
def test_each_record_keeps_the_rules_of_its_index() -> None:
    log = Rules().after(1, NEWEST.name, NEWEST.digest).after(5, LATER.name, LATER.digest)
    assert [log.has(GATE, index) for index in (0, 1, 2, 5, 6)] == [False, False, False, False, True]
    assert log.has(GATE)
    assert (log.version(0), log.version(5), log.version(6)) == (NEWEST, NEWEST, LATER)
    assert Rules((log.activated[0],)).has(GATE) is False


@pytest.mark.usefixtures("later")
def test_a_log_that_begins_with_a_later_version() -> None:
    log = Rules().after(1, LATER.name, LATER.digest)
    assert [log.has(GATE, index) for index in (0, 1, 2)] == [True, True, True]


def test_what_is_activated_beside_sectors_is_no_sector(world: World) -> None:
    world.admit(activation(ACTIVATED, version="tlog-policy/v0"))
    assert RULES not in world.state.plugins
    for name in (RULES, ACTIVATED):
        world.refuse(transformation([output("x")], process=f"{name}.make"), "unknown-sector", "process")


def test_what_is_not_known_is_refused(world: World) -> None:
    for version, digest in (("99", NEWEST.digest), (NEWEST.name, "0" * 64), ("two", NEWEST.digest)):
        error = world.refuse(rules(version, digest), "unknown-rules", "version", version)
        assert NEWEST.digest in (error.rule or "")


@pytest.mark.usefixtures("later")
def test_rules_go_forwards_only(world: World) -> None:
    world.refuse(rules(retired=True), "rules-order", "retired", True)
    world.refuse(rules(), "rules-order", "version", NEWEST.name, says="which is in force")
    world.admit(rules(LATER.name, LATER.digest))
    assert world.state.rules.has(GATE)
    world.refuse(rules(), "rules-order", "version", NEWEST.name, says="not later than version 6")


def test_only_the_registrar_activates_them(world: World) -> None:
    world.refuse(rules(by=MILL), "not-registrar", "issuer", MILL.id)


@pytest.mark.parametrize("unknown", [("6", LATER.digest), (NEWEST.name, "0" * 64)], ids=["version", "digest"])
def test_a_program_that_does_not_know_the_version_in_force_does_not_guess(
    world: World, unknown: tuple[str, str]
) -> None:
    world.state.activations = Activations([
        *world.state.activations.entries, PluginActivation(world.state.size, RULES, *unknown)])
    error = world.refuse(transformation([output("x", "1")]), "rules-version", "version", unknown[0])
    assert isinstance(error, Unavailable)
    assert unknown[1] in error.message


# The first batch


def test_a_log_begins_with_a_version_that_the_program_knows() -> None:
    check_beginning(Rules().after(1, NEWEST.name, NEWEST.digest), 3)


@pytest.mark.parametrize("version", ["4", NEWEST.name])
def test_a_log_that_another_program_began(version: str) -> None:
    error = raised(ConfigurationError, check_beginning, Rules().after(1, version, "f" * 64), 3)
    assert error.code == "rules-version"
    assert f"version {version} of the ledger's rules" in error.message
    assert "f" * 64 in error.message
    assert NEWEST.digest in error.message


@pytest.mark.parametrize("log", [Rules(), Rules().after(3, NEWEST.name, NEWEST.digest)], ids=["none", "later"])
def test_an_old_log_activates_no_rules_in_its_first_batch(log: Rules) -> None:
    error = raised(ConfigurationError, check_beginning, log, 3)
    assert error.code == "rules-version"
    assert error.message.startswith("this log was begun by version 0.2 or earlier of the program")


def test_the_first_entries_need_no_rules_before_them() -> None:
    world = World(first_record(), activation("works"))
    world.admit(rules())
    assert world.state.rules.version() == NEWEST


# Times


@pytest.mark.parametrize(("at", "field"), [
    ({"start": "0000-01-01T00:00:00Z"}, "start"), ({"start": "0001-01-01T00:00:00Z"}, "start"),
    ({"end": "9999-12-31T23:59:59Z"}, "end"),
    ({"start": "1899-12-31T23:59:59Z", "end": "1900-01-01T00:00:00Z"}, "start"),
    ({"start": LATEST, "end": "2200-01-01T00:00:00Z"}, "end"),
])
def test_times_that_no_record_is_of(world: World, at: dict[str, str], field: str) -> None:
    error = world.refuse(transformation([output("x", "1")], **at), "instant-range", field, at[field])
    assert EARLIEST in (error.rule or "")
    assert LATEST in (error.rule or "")


def test_the_edges_of_what_is_allowed(world: World) -> None:
    world.admit(
        transformation([output("first", "1")], start=EARLIEST, end="1910-01-01T00:00:00Z"),
        transformation([output("leap", "1")], start="2016-02-29T00:00:00Z", end="2026-02-28T23:59:59Z"),
    )


def test_a_period_has_at_most_ten_years(world: World) -> None:
    long = {"start": "2020-01-01T00:00:00Z", "end": "2030-01-01T00:00:01Z"}
    error = world.refuse(transformation([output("x", "1")], **long), "period-length", "end", long["end"])
    assert str(LONGEST_YEARS) in (error.rule or "")


def test_every_time_of_a_record_is_looked_at(world: World) -> None:
    report = Report(issuer=MILL.id, nonce="AAAAAAAAAAAAAAAAAAAAAA", start=START, end=END,
                    baseline=Baseline(start="0001-01-01T00:00:00Z", end="0002-01-01T00:00:00Z"))
    world.refuse(report, "instant-range", "baseline.start", "0001-01-01T00:00:00Z")
    world.refuse(consumption([flow("steel-1", "1")], time="9999-01-01T00:00:00Z"), "instant-range", "time")
    world.refuse(burdened(output("y", "1"), "1", end="2999-01-01T00:00:00Z"), "instant-range", "end")
    world.refuse(declaration(per=None, start="0999-01-01T00:00:00Z"), "instant-range", "start")
    world.refuse(attestation("lot", MILL.name("steel-1"), by=MILL, valid_until="9999-01-01T00:00:00Z"),
                 "instant-range", "validUntil")
