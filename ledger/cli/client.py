"""The clients of commands, and the options that name a server."""

import math
from typing import Any

import click
import stamina

from ledger.cli.console import Command, say
from ledger.cli.trust import ca_option
from ledger.client.asking import DEFAULT_URL
from ledger.client.sync import Client as Client

_QUIET_SECONDS = 5.0


class Seconds(click.FloatRange):
    """An option that is a time in seconds: `minimum` to a week."""

    def __init__(self, minimum: float = 0) -> None:
        super().__init__(min=minimum, max=7 * 86_400)

    def convert(self, value: Any, parameter: click.Parameter | None, context: click.Context | None) -> float:
        seconds = float(super().convert(value, parameter, context))
        if math.isnan(seconds):
            self.fail(f"{value!r} is not a number of seconds", parameter, context)
        return seconds


def url_option(command: Command) -> Command:
    """`--url` and `--ca`, for commands that query a server."""
    return click.option(
        "--url", envvar="CARBON_LEDGER_URL", default=DEFAULT_URL, show_default=True, show_envvar=True,
        help="Address of the ledger's server.",
    )(ca_option(command))


def catalogue_option(command: Command) -> Command:
    """`--url` and `--ca`, for commands that need no server, but use the catalogue of one that is named."""
    return click.option(
        "--url", envvar="CARBON_LEDGER_URL", show_envvar=True,
        help="Use the catalogue of this server.  [default: the plugins installed here]",
    )(ca_option(command))


def patient_client(url: str, patience: float) -> Client:
    """A client that asks again for `patience` seconds if the server is unavailable, and says so."""
    stamina.instrumentation.set_on_retry_hooks([RetryNotes(patience)])
    return Client(url, patience=patience)


class RetryNotes:
    """Says that a request is tried again: at its first retry, then after each further `_QUIET_SECONDS` of waiting."""

    def __init__(self, patience: float) -> None:
        self._patience = patience
        self._next = 0.0

    def __call__(self, details: stamina.instrumentation.RetryDetails) -> None:
        if details.retry_num > 1 and details.waited_so_far < self._next:
            return
        self._next = details.waited_so_far + _QUIET_SECONDS
        say(f"{details.caused_by}; trying again for {self._patience:g} s")
