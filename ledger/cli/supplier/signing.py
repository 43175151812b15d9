"""Completes, checks and signs records. Each error names the place, the field and the rule."""

import functools
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any, NamedTuple

import click
import msgspec

from ledger.cli.console import Command, Rejected, progress, say
from ledger.cli.environment import origin_option, required_origin
from ledger.cli.files import FILE, passphrase_options, reading, signing_key
from ledger.cli.supplier.record_files import RecordDraft, read_drafts
from ledger.client.signing import RecordSigner
from ledger.client.writing import densities, supply_keys
from ledger.client.writing.densities import Weighing, WritingSets
from ledger.client.writing.spelling import Respelling, WrittenRecord, summary, written
from ledger.core.signatures.envelope import seal
from ledger.errors import InvalidInput, LedgerError
from ledger.host.files.key_files import new_nonce
from ledger.registry.reference.examples import check_nonce
from ledger.sdk import FactorSetVersion

_MAX_ERRORS = 1_000


class OwnRecords(NamedTuple):
    """The options of a command that signs records of its user."""

    key: Path | None
    issuer: str | None
    origin: str | None
    kind: str | None
    passphrase_file: Path | None
    prompt: bool

    def signer(self) -> RecordSigner:
        """Raises UsageError without key or origin; ConfigurationError or InvalidKey, which name the key's file."""
        if self.key is None:
            raise click.UsageError("signing needs --key")
        return RecordSigner(
            signing_key(self.key, self.passphrase_file, self.prompt), required_origin(self.origin), self.issuer)


def signing_options(key: str, *, required: bool) -> Callable[[Command], Any]:
    """The options of `OwnRecords`, which the command gets as its parameter `own`. `key`: the help of `--key`."""
    when = "" if required else "With --key: "
    kind = "Type" if required else f"{when}type"

    def with_options(command: Command) -> Any:
        @functools.wraps(command)
        def packed(**given: Any) -> Any:
            return command(own=OwnRecords(*[given.pop(name) for name in OwnRecords._fields]), **given)

        packed_command: Any = packed
        for option in (
            passphrase_options,
            click.option("--type", "kind", help=f"{kind} for records without `type`, such as `transformation`."),
            origin_option,
            click.option("--issuer",
                         help=f"{when}URN of the organisation that signs, for records without `issuer`."),
            click.option("--key", type=FILE, required=required, help=key),
        ):
            packed_command = option(packed_command)
        return packed_command

    return with_options


def any_key_option(command: Command) -> Command:
    """`--any-key`, for commands that sign without the ledger's own factor sets."""
    return click.option(
        "--any-key", is_flag=True, help="Do not compare keys of supplies with the factor sets that are known here: the "
        "ledger compares them with its own.",
    )(command)


def no_sets() -> tuple[FactorSetVersion, ...]:
    """The sets of `--any-key`."""
    return ()


def sign_file(path: Path, kind: str | None, signer: RecordSigner, output: IO[bytes], sets: WritingSets) -> int:
    """Writes one envelope per line for the records of a file; returns their number. Raises Rejected with the faults of
    all malformed records."""
    errors: list[LedgerError] = []
    respelled: list[Respelling] = []
    weighings: list[Weighing] = []
    count = malformed = 0
    with reading(path) as file, progress("signing") as report_progress:
        for draft in read_drafts(file, kind):
            try:
                if isinstance(draft, LedgerError):
                    raise draft
                record, changes = _written(draft, signer, sets)
                record, masses = densities.weighed(record, sets.densities)
                respelled += changes[: _MAX_ERRORS]
                weighings += masses[: _MAX_ERRORS]
                output.write(msgspec.json.encode(seal(record, signer.key, signer.origin)) + b"\n")
            except LedgerError as error:
                errors += error.parts or [error]
                malformed += 1
                if len(errors) >= _MAX_ERRORS:
                    break
            count += 1
            report_progress(count)
    if errors:
        raise Rejected(
            f"{path}: {malformed} of {count} records cannot be signed; nothing is written", errors,
            code="invalid-records",
        )
    if not count:
        raise InvalidInput(f"{path} holds no record", code="empty-input")
    for line in (*summary(respelled), *densities.weighed_lines(weighings)):
        say(line)
    return count


def _written(draft: RecordDraft, signer: RecordSigner, sets: WritingSets) -> WrittenRecord:
    tree = draft.tree
    tree.setdefault("nonce", new_nonce())
    if signer.issuer is not None and tree.setdefault("issuer", signer.issuer) != signer.issuer:
        raise InvalidInput(
            f"{draft.place}: the issuer is {tree['issuer']!r}, but {signer.issuer} signs", code="wrong-issuer",
            field="issuer", value=tree["issuer"],
        )
    if "issuer" not in tree:
        raise InvalidInput(f"{draft.place}: no issuer", code="missing-field", field="issuer", rule="give --issuer")
    if "type" not in tree:
        raise InvalidInput(f"{draft.place}: no type", code="missing-field", field="type", rule="give --type")
    try:
        complete = written(tree)
        check_nonce(complete.record.nonce)
        supply_keys.check(complete.record, sets.keys)
    except LedgerError as error:
        supply_keys.explain(error, sets.densities)
        placed = _placed(error, draft)
        placed.parts = tuple([_placed(part, draft) for part in error.parts])
        raise placed from None
    except (OverflowError, RecursionError, UnicodeEncodeError) as error:
        raise InvalidInput(f"{draft.place}: cannot be written as JSON: {error}", code="not-json") from None
    return complete


def _placed(error: LedgerError, draft: RecordDraft) -> LedgerError:
    """The error with its place in front; for CSV it names the column instead of the path."""
    if error.field is None:
        return InvalidInput(f"{draft.place}: {error.message}", code=error.code, value=error.value, rule=error.rule)
    field = column_of(error.field, draft)
    where = f"{draft.place}, {'column' if draft.columns else 'field'} {field}"
    message = error.message.removeprefix(f"{error.field}: ")
    placed = InvalidInput(f"{where}: {message}", code=error.code, field=field, value=error.value, rule=error.rule)
    placed.stage, placed.allowed, placed.mend = error.stage, error.allowed, error.mend
    return placed


def column_of(field: str, draft: RecordDraft) -> str:
    """The column that filled, or would fill, a field of a record's tree."""
    if not draft.columns:
        return field.removeprefix("$.")
    path, below = field, ""
    while path and path not in draft.columns:
        path, step = _parent(path)
        below = f".{step}{below}"
    return (draft.columns.get(path, "") + below).lstrip(".")


def _parent(path: str) -> tuple[str, str]:
    if path.endswith("]"):
        above, _, step = path[:-1].rpartition("[")
        return above, step
    above, _, step = path.rpartition(".")
    return above, step
