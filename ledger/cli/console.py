"""What is printed, and where: results on stdout, everything else on stderr."""

import contextlib
import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

import click
import msgspec
from msgspec import Struct
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

from ledger.errors import InvalidInput, LedgerError

_PLAIN_WIDTH = 160
_QUIET_SECONDS = 1.0
_LINE_SECONDS = 5.0
_MAX_PARTS = 50
Command = TypeVar("Command", bound=Callable[..., Any])


class Told(Protocol):
    """Is told how much is done."""

    def __call__(self, done: int, total: int | None = None) -> None: ...


@dataclass
class Run:
    """What `main` has to know about the command that it runs."""

    json: bool = False


class Problem(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """An error as `--json` writes it to stderr (RFC 9457, with what the ledger adds)."""

    type: str
    detail: str
    code: str
    field: str | None = None
    value: str | None = None
    rule: str | None = None
    errors: list["Problem"] = []


class Rejected(InvalidInput):
    """Several things are wrong with one input: `parts` says which."""

    def __init__(self, message: str, parts: list[LedgerError], *, code: str) -> None:
        super().__init__(message, code=code)
        self.parts = parts


def json_option(command: Command) -> Command:
    """`--json`, for commands that print a result."""
    return click.option(
        "--json", "as_json", is_flag=True, is_eager=True, callback=_remember, help="Print JSON, errors too.",
    )(command)


def _remember(context: click.Context, _: click.Parameter, value: bool) -> bool:
    context.ensure_object(Run).json = value
    return value


def answer_of(result: object) -> int:
    """The exit code that a command returns; none is 0."""
    return result if isinstance(result, int) else 0


def say(line: str) -> None:
    """One line to whoever watches."""
    click.echo(line, err=True)


def print_json(value: object) -> None:
    """A result for programs."""
    click.echo(msgspec.json.format(msgspec.json.encode(value), indent=2).decode())


def show(*parts: object) -> None:
    """A result for people: text and rich tables, never cut to the width of a pipe. Ids are no markup."""
    width = None if sys.stdout.isatty() else _PLAIN_WIDTH
    console = Console(file=sys.stdout, markup=False, highlight=False, emoji=False, width=width)
    for part in parts:
        console.print(part, soft_wrap=isinstance(part, str))


def complain(error: LedgerError, *, as_json: bool) -> None:
    """An expected error in one line, or as a problem; with a line for each of its parts."""
    if as_json:
        click.echo(msgspec.json.encode(problem_of(error)).decode(), err=True)
        return
    parts = error.parts if isinstance(error, Rejected) else []
    for part in parts[:_MAX_PARTS]:
        say(explained(part))
    if len(parts) > _MAX_PARTS:
        say(f"… and {len(parts) - _MAX_PARTS} more")
    say(f"error: {explained(error)}")


def complain_of_os(error: OSError, *, as_json: bool) -> None:
    """A file that is not there, or may not be read."""
    where = f"{error.filename}: " if error.filename else ""
    complain(LedgerError(f"{where}{error.strerror or error}", code="os-error"), as_json=as_json)


def problem_of(error: LedgerError) -> Problem:
    return Problem(
        type=f"urn:carbon-ledger:problem:{error.code}", detail=error.message, code=error.code, field=error.field,
        value=error.value, rule=error.rule,
        errors=[problem_of(part) for part in error.parts] if isinstance(error, Rejected) else [],
    )


def explained(error: LedgerError) -> str:
    """Message, field, value and rule in one line, without saying anything twice."""
    text = " ".join(error.message.split())
    if error.field and error.field not in text:
        text = f"{error.field}: {text}"
    if error.value and error.value not in text:
        text += f" (found {error.value})"
    if error.rule and error.rule not in text:
        text += f" (rule: {error.rule})"
    return text


def leave_pipe() -> None:
    """Whoever read our output has gone: end without a second complaint when Python closes stdout."""
    with contextlib.suppress(OSError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


@contextmanager
def progress(what: str) -> Iterator[Told]:
    """Yields a function that is told how much is done, and of how much. Nothing is shown in the first second; then a
    bar on a terminal, else a line every few seconds."""
    started = shown = time.monotonic()
    bar = _bar() if sys.stderr.isatty() else None
    task = None if bar is None else bar.add_task(what, total=None)

    def told(done: int, total: int | None = None) -> None:
        nonlocal shown
        now = time.monotonic()
        if now - started < _QUIET_SECONDS:
            return
        if bar is not None and task is not None:
            bar.start()
            bar.update(task, completed=done, total=total)
        elif now - shown >= _LINE_SECONDS:
            shown = now
            say(f"{what}: {done}" + ("" if total is None else f" of {total}"))

    try:
        yield told
    finally:
        if bar is not None:
            bar.stop()


def _bar() -> Progress:
    return Progress(
        TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), MofNCompleteColumn(),
        TimeRemainingColumn(), console=Console(stderr=True), transient=True,
    )
