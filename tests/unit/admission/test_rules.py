"""Rules in force, activations of factor sets, erasures, and record kinds."""

import re
from pathlib import Path
from typing import Final, get_args

import pytest
from support.raising import raised
from unit.admission.world import (
    END,
    MILL,
    REGISTRAR,
    START,
    World,
    activation,
    attestation,
    burdened,
    consumption,
    declaration,
    digest_of,
    erasure,
    facility,
    first_record,
    flow,
    key_change,
    nonce,
    organization,
    output,
    public,
    quantity,
    rules,
    signing_key,
    stocked,
    transfer,
    transformation,
)

from ledger.admission import rules as versions
from ledger.admission.activations import NO_ACTIVATION, Activations, PluginActivation, PluginState
from ledger.admission.apply import note
from ledger.admission.checks.times import EARLIEST, LATEST, LONGEST_YEARS
from ledger.admission.kinds.table import KINDS
from ledger.admission.rules import NEWEST, RULES, VERSIONS, Rules, check_beginning, version_of
from ledger.core.log.policy import ACTIVATED
from ledger.core.record.kinds import AnyRecord, Baseline, Report
from ledger.core.record.revisions import Amendment, Change
from ledger.engine.batch import LoadedRecord, Sequenced
from ledger.errors import ConfigurationError, InvalidBody, Unavailable

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


# Activations of factor sets: their precedence, and the versions in force at each index.

ONE, TWO = "1" * 64, "2" * 64


def test_sets_are_asked_in_the_order_of_their_precedence(world: World) -> None:
    world.admit(activation("own", precedence=2), activation("open", precedence=7), activation("house", precedence=1))
    assert world.state.activations.versions().sets == ("house", "own", "open")
    world.admit(activation("open", version="2", digest=TWO, precedence=3), activation("own", retired=True))
    assert world.state.activations.versions().sets == ("house", "open")
    assert world.state.plugins["open"] == PluginState("2", TWO, 3)


def test_two_sets_at_one_precedence(world: World) -> None:
    world.admit(activation("own", precedence=2), activation("house", precedence=1))
    error = world.refuse(activation("open", precedence=2), "same-precedence", "precedence", 2, says="'own' has")
    assert "house 1, own 2" in (error.rule or "")
    world.admit(activation("own", version="2", digest=TWO, precedence=2))


def test_a_sector_stays_a_sector_and_a_set_a_set(world: World) -> None:
    world.refuse(activation("works", version="2", precedence=1), "plugin-kind", "precedence", 1, says="as a sector")
    world.admit(activation("open", precedence=1))
    world.refuse(activation("open", version="2", digest=TWO), "plugin-kind", "precedence", says="as a factor set")


def test_a_set_is_no_sector(world: World) -> None:
    world.admit(activation("open", precedence=1))
    assert world.state.activations.versions().sector("open") is None
    assert world.state.activations.versions().sector("works") is not None


@pytest.mark.parametrize("precedence", [0, 1001, -1])
def test_the_range_of_a_precedence(world: World, precedence: int) -> None:
    assert raised(InvalidBody, world.run, activation("open", precedence=precedence)).field == "$.precedence"


LOG = Activations([
    PluginActivation(1, RULES, NEWEST.name, NEWEST.digest),
    PluginActivation(2, "steel", "1", ONE),
    PluginActivation(3, "open", "1", ONE, precedence=1),
    PluginActivation(10, "steel", "2", TWO),
    PluginActivation(20, "open", "2", TWO, precedence=1),
    PluginActivation(30, "steel", "2", TWO, retired=True),
])


@pytest.mark.parametrize(("activation_index", "steel", "open_set"), [
    (NO_ACTIVATION, None, None), (1, None, None), (2, ONE, None), (3, ONE, ONE), (10, TWO, ONE), (20, TWO, TWO),
    (30, None, TWO),
])
def test_versions_after_each_activation(activation_index: int, steel: str | None, open_set: str | None) -> None:
    versions = LOG.versions(activation_index)
    sector = versions.sector("steel")
    assert (None if sector is None else sector.digest) == steel
    assert versions.plugins.get("open", PluginState("", "")).digest == (open_set or "")


@pytest.mark.parametrize(("index", "before"), [(0, -1), (1, -1), (2, 1), (5, 3), (10, 3), (11, 10), (99, 30)])
def test_the_newest_activation_before_an_entry(index: int, before: int) -> None:
    assert LOG.before(index) == before


def test_activations_are_values() -> None:
    assert Activations(LOG.entries) == LOG != Activations()
    assert (hash(Activations(LOG.entries)), LOG.newest, Activations().newest) == (hash(LOG), 30, NO_ACTIVATION)


# Erasures: who may have whose body erased, and when. What is left of a record, `test_residue` says; what comes of an
# amendment of it, the tests of revisions.

PRICE = declaration(per=quantity("1 TNE"), burdens={"fossilGhgEmissions": "2"})


def test_the_registrar_erases_a_private_record() -> None:
    world = stocked()
    world.admit(PRICE)
    (found,) = world.admit(erasure(PRICE))
    assert (found.leaves, world.state.erased) == ((), {digest_of(PRICE)})


@pytest.mark.parametrize("record", [
    facility("other"), PRICE, transformation([output("a")]), transfer("steel-1", "1", "sent"),
], ids=lambda one: type(one).__name__)
def test_every_private_type_can_be_erased(record: AnyRecord) -> None:
    stocked().admit(record, erasure(record))


def test_nobody_else_does() -> None:
    world = stocked()
    world.admit(PRICE)
    world.refuse(erasure(PRICE, by=MILL), "not-registrar", "issuer", MILL.id)


def test_nobody_else_learns_whether_a_record_exists() -> None:
    stocked().refuse(erasure("0" * 64, by=MILL), "not-registrar", "issuer", MILL.id)


def test_of_nothing() -> None:
    stocked().refuse(erasure("0" * 64), "unknown-record", "record", "0" * 64)


def test_public_records_stay() -> None:
    world = stocked()
    changed = key_change(MILL, added=[public(signing_key("spare"), MILL.id)])
    again = activation("works")
    world.admit(PRICE, changed, again)
    done = erasure(PRICE)
    world.admit(done)
    for record in (changed, again, done):
        world.refuse(erasure(record), "not-erasable", "record", digest_of(record))


def test_the_organization_stays() -> None:
    world = stocked()
    one = organization(REGISTRAR, id="urn:example:new", prefixes=["urn:example:new:"],
                       keys=[public(signing_key("new"), "urn:example:new")])
    world.admit(one)
    world.refuse(erasure(one), "not-erasable", "record", digest_of(one))


def test_once() -> None:
    world = stocked()
    world.admit(PRICE, erasure(PRICE))
    world.refuse(erasure(PRICE), "erased", "record", digest_of(PRICE))


def test_twice_in_one_batch() -> None:
    """The first in log order counts; the very same record again is known."""
    world, one = stocked(), erasure(PRICE)
    verdicts, _ = world.run(PRICE, one, one, erasure(PRICE))
    assert isinstance(verdicts[1], Sequenced)
    assert isinstance(verdicts[2], LoadedRecord)
    assert getattr(verdicts[3], "code", None) == "erased"


def test_amendments_go_first() -> None:
    """They hold fields of it: else these would stay."""
    world = stocked()
    made = transformation([output("a")])
    world.admit(made)
    change = Change(record=digest_of(made), withdrawn=True)
    withdrawal = Amendment(issuer=MILL.id, nonce=nonce(), changes=[change], reason="never happened")
    amendment = Amendment(issuer=MILL.id, nonce=nonce(), reason="a slip", changes=[
        Change(record=digest_of(made), fields={"basis": b'"final"'})])  # type: ignore[dict-item]
    for record in (withdrawal, amendment):
        # What revises others is sequenced by the reviser; here counts that it is on the log.
        note(world.state, record, bytes.fromhex(digest_of(record)))
    error = world.refuse(erasure(made), "amended", "record", digest_of(made))
    assert digest_of(amendment) in str(error.rule)
    assert digest_of(withdrawal) not in str(error.rule)
    world.admit(erasure(amendment), erasure(made))


def test_what_rests_on_it_goes_on() -> None:
    world = stocked()
    made = transformation([output("a", "2")])
    world.admit(made, PRICE, erasure(made), erasure(PRICE))
    world.admit(transformation([output("b", "1")], [flow("a", "1")]))


# The table of record kinds is complete, and each kind has the module that carries its name.

FOLDER = Path(__file__).parents[3] / "ledger" / "admission" / "kinds"
SHARED = {"__init__", "kind", "table"}


def test_every_record_kind_is_in_the_table() -> None:
    assert set(KINDS) == set(get_args(AnyRecord))


def test_each_kind_has_a_module_of_its_name() -> None:
    names = {re.sub(r"(?<!^)(?=[A-Z])", "_", kind.__name__).lower(): one for kind, one in KINDS.items()}
    assert {path.stem for path in FOLDER.glob("*.py")} - SHARED == set(names)
    for name, one in names.items():
        assert type(one).__module__ == f"ledger.admission.kinds.{name}"
