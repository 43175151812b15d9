"""A process that is told to end knows first which other processes it has started."""

import signal
import threading
from collections.abc import Iterator
from typing import NoReturn

import pytest
from support.server import prepared_home

from ledger.host.signals import signals_deferred
from ledger.store.embedded import cluster
from ledger.store.embedded.layout import Layout
from ledger.store.embedded.pidfile import running_postmaster
from ledger.store.embedded.supervisor import EmbeddedPostgres


class Ended(BaseException):
    pass


def end(number: int, _: object) -> NoReturn:
    raise Ended(number)


@pytest.fixture(params=[signal.SIGINT, signal.SIGTERM])
def number(request: pytest.FixtureRequest) -> Iterator[signal.Signals]:
    one: signal.Signals = request.param
    before = signal.signal(one, end)
    yield one
    signal.signal(one, before)


def deferring(number: signal.Signals, done: list[str], error: Exception | None = None) -> None:
    with signals_deferred():
        signal.raise_signal(number)
        done.append("all of the block")
        if error is not None:
            raise error


def test_a_signal_takes_effect_after_the_block(number: signal.Signals) -> None:
    done: list[str] = []
    with pytest.raises(Ended):
        deferring(number, done)
    assert done == ["all of the block"]
    assert signal.getsignal(number) is end


def test_an_error_of_the_block_is_the_context_of_the_end(number: signal.Signals) -> None:
    with pytest.raises(Ended) as caught:
        deferring(number, [], ZeroDivisionError())
    assert isinstance(caught.value.__context__, ZeroDivisionError)


def test_without_a_signal_nothing_changes(number: signal.Signals) -> None:
    with signals_deferred():
        assert signal.getsignal(number) is not end
    assert signal.getsignal(number) is end


def test_another_thread_defers_nothing(number: signal.Signals) -> None:
    handlers = []

    def work() -> None:
        with signals_deferred():
            handlers.append(signal.getsignal(number))

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert handlers == [end]


def test_a_database_that_is_just_starting_is_stopped(monkeypatch: pytest.MonkeyPatch, number: signal.Signals) -> None:
    """The signal comes when PostgreSQL runs and nothing has noted that yet."""
    spawn = cluster.spawn

    def spawned(*given: object) -> object:
        child = spawn(*given)  # type: ignore[arg-type]
        signal.raise_signal(number)
        return child

    with prepared_home() as home:
        monkeypatch.setattr(cluster, "spawn", spawned)
        with pytest.raises(Ended):
            EmbeddedPostgres(home).start()
        assert running_postmaster(Layout.at(home).data) is None
