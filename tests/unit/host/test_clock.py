"""What is believed of the host's clock: by its steady clock, over restarts, by witnesses and by the operator's word."""

from pathlib import Path

import pytest
from support.raising import raised

from ledger.errors import InvalidInput, Unavailable
from ledger.host.clock import AHEAD, FILE, GAP, LEAD, HostClock, Timekeeper

START = 1_800_000_000_000
DAY = 86_400_000


class Host:
    """`slept` is time that passes; `set` moves the wall clock alone; `restarted` is another start of the host."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.wall = START
        self.steady = 50_000
        self.boot = "first"

    def passed(self, milliseconds: int) -> None:
        self.wall += milliseconds
        self.steady += milliseconds

    def started(self, newest: int = START, gap: int = GAP, others: int | None = None) -> Timekeeper:
        keeper = Timekeeper(HostClock(lambda: self.wall, lambda: self.steady, self.boot), self.home)
        keeper.begin(newest, gap, others)
        keeper.remember()
        return keeper


@pytest.fixture
def host(tmp_path: Path) -> Host:
    return Host(tmp_path)


def right(keeper: Timekeeper) -> bool:
    try:
        keeper.require_right()
    except Unavailable as error:
        return error.code != AHEAD
    return True


def test_time_that_passes_is_no_lead(host: Host) -> None:
    """However long the host serves, or sleeps."""
    keeper = host.started()
    host.passed(400 * DAY)
    assert right(keeper)
    assert keeper() == START + 400 * DAY


@pytest.mark.parametrize(("step", "held"), [(LEAD, True), (LEAD + 1, False), (7 * DAY, False), (-DAY, True)])
def test_a_step_of_the_clock(host: Host, step: int, held: bool) -> None:
    keeper = host.started()
    host.wall += step
    assert right(keeper) is held
    host.wall -= step
    assert right(keeper)


def test_small_steps_add_up(host: Host) -> None:
    keeper = host.started()
    for _ in range(3):
        host.wall += LEAD // 3
        host.passed(DAY)
        assert right(keeper)
    host.wall += LEAD // 3
    assert not right(keeper)


def test_a_restart_settles_nothing(host: Host) -> None:
    host.started()
    host.wall += DAY
    assert not right(host.started())
    host.passed(GAP)
    assert not right(host.started())
    host.wall -= DAY
    assert right(host.started())


def test_the_operator_settles_it(host: Host) -> None:
    """For a server that runs and for those that start later; with the time that the clock says."""
    running = host.started()
    host.wall += DAY
    operator = host.started()
    assert "not 2027-01-15" in str(raised(InvalidInput, operator.accept, START))
    assert not right(running)
    operator.accept(host.wall)
    assert right(running)
    assert right(host.started())
    host.wall += DAY
    assert not right(running)


@pytest.mark.parametrize(("idle", "held"), [(0, True), (GAP, True), (GAP + LEAD + 1, False)])
def test_the_first_start_of_a_host_goes_by_the_newest_entry(host: Host, idle: int, held: bool) -> None:
    host.wall += idle
    assert right(host.started()) is held
    assert (host.home / FILE).exists() is held
    host.boot = "second"
    again = host.started()
    assert right(again) is held
    again.accept(host.wall)
    assert right(host.started())


def test_a_first_start_without_entries_believes_the_clock(host: Host) -> None:
    host.wall += 4_000 * DAY
    assert right(host.started(newest=0))


def test_a_clock_that_is_behind_the_log_and_is_set_right(host: Host) -> None:
    """As that of a host without a battery: it starts with an old time."""
    host.wall -= 900 * DAY
    keeper = host.started()
    assert right(keeper)
    host.wall += 900 * DAY
    assert right(keeper)


def test_the_clock_of_the_database_s_host(host: Host) -> None:
    """A replica whose own clock leads that of the database at its first start."""
    host.wall += DAY
    assert not right(host.started(others=START))
    host.wall -= DAY
    assert right(host.started(others=START))


def test_witnesses_say_what_time_it_is(host: Host) -> None:
    """Their word counts more than what was believed before, and less than what the operator says later."""
    host.wall += DAY
    keeper = host.started(newest=START, gap=LEAD)
    assert not right(keeper)
    keeper.cosigned(host.wall // 1000)
    assert right(keeper)
    keeper.cosigned(START // 1000)
    assert not right(keeper)
    keeper.accept(host.wall)
    assert right(keeper)


def test_what_witnesses_said_to_another_server(host: Host) -> None:
    """A replica that does not feed them, after its host was down: what they said before is past, and no more."""
    host.wall += DAY
    keeper = host.started(newest=START, gap=LEAD)
    keeper.passed(START // 1000)
    assert not right(keeper)
    keeper.passed(host.wall // 1000 - 2)
    assert right(keeper)
    keeper.passed(START // 1000)
    assert right(keeper)


def test_what_is_kept_cannot_be_read_or_written(host: Host) -> None:
    (host.home / FILE).write_text("{")
    assert right(host.started())
    host.home = host.home / "missing"
    assert right(host.started())
