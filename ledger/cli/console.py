"""The only output of the command line: results go to stdout, everything else to stderr. No other module prints.

Printed text may come from a ledger, a server or a file. So this module escapes characters that control a terminal,
gives rich no markup, and removes passwords from the addresses in messages.
"""

import contextlib
import csv
import io
import itertools
import json
import logging
import os
import sys
import time
import traceback
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from types import TracebackType
from typing import Any, Final, NamedTuple, Protocol, TypeAlias, TypeVar

import click
import msgspec
from msgspec import Struct
from rich.console import Console, ConsoleOptions, RenderableType
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn
from rich.segment import Segment
from rich.table import Table
from rich.text import Text
from rich.tree import Tree

from ledger.core.patch import Operation
from ledger.core.printable import is_plain, spreadsheet_text, visible, visible_json, visible_lines
from ledger.core.urls import redacted
from ledger.errors import InvalidInput, LedgerError
from ledger.host.patient_output import PatientOutput

_PLAIN_WIDTH = 160
_QUIET_SECONDS = 1.0
_LINE_SECONDS = 5.0
_MAX_PARTS = 50
_NUMBERS = "numbers of CSV"
_BY_ENVIRONMENT = " by CARBON_LEDGER_PASSPHRASE"
_log = logging.getLogger("ledger")
Command = TypeVar("Command", bound=Callable[..., Any])
Line: TypeAlias = Text
"""The result of `styled`."""
Part: TypeAlias = str | Text | Table | Tree
"""`show` prints these."""


class PrintedText(Protocol):
    """Takes the progress of a command: `done` of `total` units; `total` is None while it is unknown."""

    def __call__(self, done: int, total: int | None = None) -> None: ...


@dataclass
class CommandRun:
    """Facts about the running command that `main` needs."""

    json: bool = False
    ways: tuple[str, ...] = ()
    """The options by which the command takes a passphrase."""

    def advised(self, rule: str | None) -> str | None:
        """A rule, with these options if it asks for a passphrase by the environment."""
        if rule is None or not self.ways or not rule.endswith(_BY_ENVIRONMENT):
            return rule
        return f"{rule.removesuffix(_BY_ENVIRONMENT)} by {', '.join(self.ways)} or {_BY_ENVIRONMENT[4:]}"



class CommandProblem(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """An error as `--json` writes it to stderr (RFC 9457, with members of the ledger's own)."""

    type: str
    detail: str
    code: str
    field: str | None = None
    value: str | None = None
    rule: str | None = None
    stage: str | None = None
    allowed: tuple[str, ...] = ()
    mend: tuple[Operation, ...] = ()
    errors: list["CommandProblem"] = []


class Rejected(InvalidInput):
    """One input has several faults: `parts` lists them."""

    def __init__(self, message: str, parts: list[LedgerError], *, code: str) -> None:
        super().__init__(message, code=code)
        self.parts = tuple(parts)


def json_option(command: Command) -> Command:
    """`--json`, for commands that print a result."""
    return click.option(
        "--json", "as_json", is_flag=True, is_eager=True, callback=_remember, help="Print JSON, errors too.",
    )(command)


def _remember(context: click.Context, _: click.Parameter, value: bool) -> bool:
    context.ensure_object(CommandRun).json = value
    return value


class CsvForm(NamedTuple):
    """How CSV spells numbers: for programs and English spreadsheets, or with `;` between cells and a decimal comma."""

    delimiter: str
    decimal: str


CSV_FORMS: Final = {"en": CsvForm(",", "."), "de": CsvForm(";", ",")}


def csv_option(help_text: str) -> Callable[[Command], Command]:
    """`--csv` and `--numbers`: the command gets `as_csv`, a CsvForm or None."""
    def decorated(command: Command) -> Command:
        numbers = click.option(
            "--numbers", type=click.Choice(list(CSV_FORMS)), is_eager=True, expose_value=False,
            callback=_remember_numbers,
            help="With --csv: `de` writes 1,5 and separates cells by `;`, as spreadsheets in German expect.  "
                 "[default: en]")
        return click.option("--csv", "as_csv", is_flag=True, callback=_csv_form, help=help_text)(numbers(command))
    return decorated


def _remember_numbers(context: click.Context, _: click.Parameter, value: str | None) -> None:
    context.meta[_NUMBERS] = value


def _csv_form(context: click.Context, _: click.Parameter, value: bool) -> CsvForm | None:
    """Raises UsageError for options that contradict each other. `--json` and `--numbers` are processed before."""
    numbers = context.meta.get(_NUMBERS)
    if not value:
        if numbers is not None:
            raise click.UsageError("--numbers needs --csv")
        return None
    if context.ensure_object(CommandRun).json:
        raise click.UsageError("give either --json or --csv")
    return CSV_FORMS[numbers or "en"]


def answer_of(result: object) -> int:
    """The exit code that a command returns; 0 if it returns no integer."""
    return result if isinstance(result, int) else 0


def say(line: str) -> None:
    """Prints one line to stderr, for people."""
    for handler in logging.getLogger().handlers:
        if isinstance(handler.formatter, _JsonLines):
            # The lines of a server whose log is JSON are all JSON.
            _log.info("%s", line)
            return
        if isinstance(handler, logging.StreamHandler) and isinstance(handler.stream, PatientOutput):
            handler.stream.write(visible(redacted(line)) + "\n")
            return
    click.echo(visible(redacted(line)), err=True)


def say_all(lines: Iterable[str]) -> None:
    """Prints lines to stderr, beside a result for programs."""
    for line in lines:
        say(line)


def print_json(value: object) -> None:
    """Prints a result for programs."""
    click.echo(visible_json(msgspec.json.format(msgspec.json.encode(value), indent=2).decode()))


def print_lines(text: str) -> None:
    """Prints a text of several lines. The caller vouches for its line ends."""
    click.echo(visible_lines(text))


def print_csv(form: CsvForm, headings: Sequence[str], rows: Iterable[Iterable[object]]) -> None:
    """Prints CSV (RFC 4180) row by row. Numbers stay numbers; no text is a formula to a spreadsheet."""
    for row in itertools.chain([headings], rows):
        line = io.StringIO()
        csv.writer(line, delimiter=form.delimiter).writerow([_csv_cell(value, form) for value in row])
        click.echo(line.getvalue(), nl=False)


def _csv_cell(value: object, form: CsvForm) -> str | int | float:
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case int():
            return value
        case float() | Decimal():
            text = f"{value:f}" if isinstance(value, Decimal) else repr(value)
            return text.replace(".", form.decimal)
        case _:
            return spreadsheet_text(str(value))


def print_bytes(lines: Iterable[bytes]) -> None:
    """Prints lines of JSON one by one, since all of them may not fit in memory."""
    for line in lines:
        sys.stdout.buffer.write(line if is_plain(line) else visible_json(line.decode()).encode())
    sys.stdout.buffer.flush()


def show(*parts: Part) -> None:
    """Prints a result for people: lines of text and rich tables. Output to a pipe is not cut to a width."""
    console = _Console(file=sys.stdout, width=None if sys.stdout.isatty() else _PLAIN_WIDTH)
    for part in parts:
        console.print(part, soft_wrap=isinstance(part, str))


def styled(text: str, style: str = "") -> Line:
    """A line, or a part of a line, in bold or in a colour."""
    return Text(visible(text), style=style)


def stacked(lines: Iterable[str]) -> Line:
    """A table cell of several lines."""
    return Text("\n".join(map(visible, lines)))


def ask_secret(prompt: str, *, twice: bool) -> str:
    """Asks for a secret and does not echo it; `twice` asks for it a second time."""
    text: str = click.prompt(prompt, hide_input=True, confirmation_prompt=twice, err=True)
    return text


def complain(error: LedgerError, *, as_json: bool) -> None:
    """Prints an expected error in one line, after a line for each of its parts; or as a JSON problem."""
    if as_json:
        click.echo(visible_json(msgspec.json.encode(problem_of(error)).decode()), err=True)
        return
    for part in error.parts[:_MAX_PARTS]:
        say(explained(part))
    if len(error.parts) > _MAX_PARTS:
        say(f"… and {len(error.parts) - _MAX_PARTS} more")
    say(f"error: {explained(error)}")


def complain_of_os(error: OSError, *, as_json: bool) -> None:
    """Prints an error of the operating system, such as a missing or unreadable file."""
    where = f"{error.filename}: " if error.filename else ""
    complain(LedgerError(f"{where}{error.strerror or error}", code="os-error"), as_json=as_json)


def complain_of_usage(error: click.ClickException) -> None:
    """Prints an error in the options, with the usage line of the command."""
    text = io.StringIO()
    error.show(text)
    for line in text.getvalue().rstrip("\n").split("\n"):
        say(line)


def complain_of_fault(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    """`sys.excepthook`: prints an unexpected error. Its text may come from outside, so it is escaped too."""
    for line in "".join(traceback.format_exception(kind, error, trace)).rstrip("\n").split("\n"):
        say(line)


def log_to_stderr(level: int, *, as_json: bool = False) -> None:
    """Prints the log messages of all modules, each on one line, for `serve` and `witness`. If nobody reads them, they
    are dropped."""
    layout = "%(asctime)s %(levelname)s %(name)s: %(message)s"
    logging.basicConfig(handlers=[stderr_log(layout, as_json=as_json, patient=True)], level=level)


def stderr_log(layout: str = "%(message)s", *, as_json: bool = False, patient: bool = False) -> logging.Handler:
    handler: logging.StreamHandler[Any] = logging.StreamHandler(_patient() if patient else sys.stderr)
    handler.setFormatter(_JsonLines() if as_json else _Formatter(layout))
    return handler


def _patient() -> PatientOutput | None:
    """Standard error, unless it is closed or is no file of the system."""
    try:
        return PatientOutput(sys.stderr.fileno())
    except (AttributeError, OSError, ValueError):
        return None


class _Formatter(logging.Formatter):
    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 - logging defines the name
        return visible(redacted(super().formatMessage(record)))

    def format(self, record: logging.LogRecord) -> str:
        return visible_lines(redacted(super().format(record)))


class _JsonLines(logging.Formatter):
    """A message as a JSON object on one line, in ASCII. A module may add fields: `extra={"fields": {...}}`."""

    def format(self, record: logging.LogRecord) -> str:
        fields: dict[str, object] = {
            "time": f"{datetime.fromtimestamp(record.created, UTC):%Y-%m-%dT%H:%M:%S.%f}Z",
            "level": record.levelname.lower(), "logger": record.name, "message": redacted(record.getMessage()),
        }
        fields |= getattr(record, "fields", {})
        if record.exc_info:
            fields["exception"] = redacted(self.formatException(record.exc_info))
        # The standard library's encoder escapes lone surrogates too, which a path may hold.
        return visible_json(json.dumps(fields, default=str))


class _Console(Console):
    """Rich, with every string and every segment escaped."""

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
        stage=error.stage, allowed=error.allowed, mend=error.mend,
        errors=[problem_of(part) for part in error.parts],
    )


def explained(error: LedgerError) -> str:
    """Message, field, value and rule in one line, without repetition."""
    text = " ".join(error.message.split()).removeprefix("$.")
    field = (error.field or "").removeprefix("$.")
    if field and field not in text:
        text = f"{field}: {text}"
    if error.value and error.value not in text:
        text += f" (found {error.value})"
    if error.rule and error.rule not in text:
        text += f" (rule: {error.rule})"
    return text


def leave_pipe() -> None:
    """Handles a closed output pipe: Python would print a second error when it closes stdout."""
    with contextlib.suppress(OSError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


@contextmanager
def progress(activity: str) -> Iterator[PrintedText]:
    """Yields a function that takes the progress of `activity` and shows it. The first second shows nothing. After it, a
    terminal shows a bar; any other output gets a line every few seconds."""
    started = shown = time.monotonic()
    bar = _bar() if sys.stderr.isatty() else None
    task = None if bar is None else bar.add_task(activity, total=None)

    def report(done: int, total: int | None = None) -> None:
        nonlocal shown
        now = time.monotonic()
        if now - started < _QUIET_SECONDS:
            return
        if bar is not None and task is not None:
            bar.start()
            bar.update(task, completed=done, total=total)
        elif now - shown >= _LINE_SECONDS:
            shown = now
            say(f"{activity}: {done}" + ("" if total is None else f" of {total}"))

    try:
        yield report
    finally:
        if bar is not None:
            bar.stop()


def _bar() -> Progress:
    return Progress(
        TextColumn("{task.description}", markup=False), BarColumn(), TaskProgressColumn(), MofNCompleteColumn(),
        TimeRemainingColumn(), console=_Console(stderr=True), transient=True,
    )
