"""The clients of commands, and the options that name a server."""

import math
from typing import Any

import click
import stamina

from ledger.cli.console import Command, say
from ledger.cli.trust import ca_option
from ledger.client.asking import DEFAULT_URL
from ledger.client.sync import Client as Client


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


def patient_client(url: str, patience: float) -> Client:
    """A client that asks again for `patience` seconds if the server is unavailable, and says so."""
    stamina.instrumentation.set_on_retry_hooks([_say_retry])
    return Client(url, patience=patience)


def _say_retry(details: stamina.instrumentation.RetryDetails) -> None:
    say(f"{details.caused_by}; trying again in {details.wait_for:.1f} s")
