"""The one sink of what is printed: results on stdout, everything else on stderr.

Whatever is printed may come from a ledger, a server or a file. Signs that a terminal would act on are written out, rich
reads no markup, and addresses in messages lose their passwords. No other module of the command line prints.
"""

import contextlib
import io
import logging
import os
import sys
import time
import traceback
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Protocol, TypeAlias, TypeVar

import click
import msgspec
from msgspec import Struct
from rich.console import Console, ConsoleOptions, RenderableType
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn
from rich.segment import Segment
from rich.table import Table
from rich.text import Text
from rich.tree import Tree

from ledger.core.printable import is_plain, visible, visible_json, visible_lines
from ledger.core.urls import redacted
from ledger.errors import InvalidInput, LedgerError

_PLAIN_WIDTH = 160
_QUIET_SECONDS = 1.0
_LINE_SECONDS = 5.0
_MAX_PARTS = 50
Command = TypeVar("Command", bound=Callable[..., Any])
Line: TypeAlias = Text
"""What `styled` makes."""
Part: TypeAlias = str | Text | Table | Tree
"""What `show` prints."""


class PrintedText(Protocol):
    """Is told how much is done."""

    def __call__(self, done: int, total: int | None = None) -> None: ...


@dataclass
class CommandRun:
    """What `main` has to know about the command that it runs."""

    json: bool = False


class CommandProblem(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """An error as `--json` writes it to stderr (RFC 9457, with what the ledger adds)."""

    type: str
    detail: str
    code: str
    field: str | None = None
    value: str | None = None
    rule: str | None = None
    errors: list["CommandProblem"] = []


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
    context.ensure_object(CommandRun).json = value
    return value


def answer_of(result: object) -> int:
    """The exit code that a command returns; none is 0."""
    return result if isinstance(result, int) else 0


def say(line: str) -> None:
    """One line to whoever watches."""
    click.echo(visible(redacted(line)), err=True)


def print_json(value: object) -> None:
    """A result for programs."""
    click.echo(visible_json(msgspec.json.format(msgspec.json.encode(value), indent=2).decode()))


def print_lines(text: str) -> None:
    """A text of several lines, whose line ends are ours."""
    click.echo(visible_lines(text))


def print_bytes(lines: Iterable[bytes]) -> None:
    """Lines of JSON, which may be too many to be held."""
    for line in lines:
        sys.stdout.buffer.write(line if is_plain(line) else visible_json(line.decode()).encode())
    sys.stdout.buffer.flush()


def show(*parts: Part) -> None:
    """A result for people: lines of text and rich tables, never cut to the width of a pipe."""
    console = _Console(file=sys.stdout, width=None if sys.stdout.isatty() else _PLAIN_WIDTH)
    for part in parts:
        console.print(part, soft_wrap=isinstance(part, str))


def styled(text: str, style: str = "") -> Line:
    """A line, or a part of one, in bold or in a colour."""
    return Text(visible(text), style=style)


def stacked(lines: Iterable[str]) -> Line:
    """A cell of several lines."""
    return Text("\n".join(map(visible, lines)))


def ask_secret(what: str, *, twice: bool) -> str:
    """What somebody types in without its being shown."""
    text: str = click.prompt(what, hide_input=True, confirmation_prompt=twice, err=True)
    return text


def complain(error: LedgerError, *, as_json: bool) -> None:
    """An expected error in one line, or as a problem; with a line for each of its parts."""
    if as_json:
        click.echo(visible_json(msgspec.json.encode(problem_of(error)).decode()), err=True)
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


def complain_of_usage(error: click.ClickException) -> None:
    """Wrong options, with how the command is used."""
    text = io.StringIO()
    error.show(text)
    for line in text.getvalue().rstrip("\n").split("\n"):
        say(line)


def complain_of_fault(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    """`sys.excepthook`: an error that nobody expected, whose words may be others'."""
    for line in "".join(traceback.format_exception(kind, error, trace)).rstrip("\n").split("\n"):
        say(line)


def log_to_stderr(level: int) -> None:
    """Messages of all modules, a line each, as `serve` and `witness` show them."""
    logging.basicConfig(handlers=[stderr_log("%(asctime)s %(levelname)s %(name)s: %(message)s")], level=level)


def stderr_log(layout: str = "%(message)s") -> logging.Handler:
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_Formatter(layout))
    return handler


class _Formatter(logging.Formatter):
    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 - logging's word
        return visible(redacted(super().formatMessage(record)))

    def format(self, record: logging.LogRecord) -> str:
        return visible_lines(redacted(super().format(record)))


class _Console(Console):
    """Rich, with every string and every segment fit to be shown."""

    def __init__(self, **options: Any) -> None:
        super().__init__(markup=False, highlight=False, emoji=False, **options)

    def render_str(self, text: str, **options: Any) -> Text:
        return super().render_str(visible(text), **options)

    def render(self, renderable: RenderableType, options: ConsoleOptions | None = None) -> Iterator[Segment]:
        for segment in super().render(renderable, options):
            yield segment if segment.control else segment._replace(text=visible_lines(segment.text))


def problem_of(error: LedgerError) -> CommandProblem:
    return CommandProblem(
        type=f"urn:carbon-ledger:problem:{error.code}", detail=redacted(error.message), code=error.code,
        field=error.field, value=None if error.value is None else redacted(error.value), rule=error.rule,
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
def progress(what: str) -> Iterator[PrintedText]:
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
        TextColumn("{task.description}", markup=False), BarColumn(), TaskProgressColumn(), MofNCompleteColumn(),
        TimeRemainingColumn(), console=_Console(stderr=True), transient=True,
    )
