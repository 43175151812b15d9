"""`audit`: replays a log from zero or from the state of an earlier audit, and compares everything. Exits with 1 if a
check fails. `audit sample`: see `audit_sample`."""

import asyncio
import gc
from collections.abc import Iterator, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

import click
from rich.table import Table

from ledger.cli.auditor.audit_sample import sample
from ledger.cli.auditor.audit_target import is_folder, is_server, public_log, source_of
from ledger.cli.auditor.plugins import plugins_option
from ledger.cli.console import Part, json_option, print_json, progress, show
from ledger.cli.ending import ending_at_sigterm
from ledger.cli.environment import home_option
from ledger.cli.files import FILE, given_vkey
from ledger.cli.findings import questioned_kilograms
from ledger.cli.identity.sessions import organization_at
from ledger.cli.numbers import counted, fixed
from ledger.cli.trust import ca_option
from ledger.client.audit.checks.doubtful import DoubtfulFigure
from ledger.client.audit.options import AuditOptions
from ledger.client.audit.report import FACTOR_SET, AuditReport, ScopeReport, unopened
from ledger.client.audit.run import audit as replay
from ledger.client.audit.run_public import audit_public
from ledger.client.audit.source.interface import AuditSource
from ledger.client.audit.source.public import PublicSource
from ledger.client.mirror.source import PublicLog
from ledger.core.log.policy import parse_policy
from ledger.engine.sectors import Registry
from ledger.errors import InvalidNote, VerificationError
from ledger.registry.workers.apart import with_archives


class _AuditCommand(click.Group):
    """A command with a target, which also has the subcommand `sample`."""

    def __init__(self, whole: click.Command, *parts: click.Command) -> None:
        super().__init__("audit", parts, help=whole.help, params=whole.params)
        self._whole = whole

    def make_context(
        self, info_name: str | None, args: list[str], parent: click.Context | None = None, **extra: Any
    ) -> click.Context:
        if args and args[0] in self.commands:
            return self.commands[args[0]].make_context(f"{info_name} {args[0]}", args[1:], parent, **extra)
        return self._whole.make_context(info_name, args, parent, **extra)

    def get_command(self, _: click.Context, name: str) -> click.Command | None:
        return self.commands.get(name, self._whole)


@click.command("audit")
@click.argument("target", required=False)
@click.option("--vkey", help="Your pinned verifier key of the log, or a file with it.")
@click.option("--registrar", help="Your pinned keyid (hex) of the registrar's key.")
@click.option("--policy", type=FILE, help="A policy file: its quorum must have cosigned the checkpoint.")
@click.option("--state", type=FILE, help="File with the state of an earlier audit: resume from it, then update it.")
@click.option("--public", is_flag=True, help="Audit the public log alone, without the bodies of private records.")
@click.option("--require-full", is_flag=True, help="Fail if the server hides the body of any entry from you.")
@click.option("--compare-only", is_flag=True,
              help="Accept records whose plugins are not here: compare them with their entries, recompute the others.")
@click.option("--full-balances", is_flag=True, help="Compare all balances, not only the ones changed since --state.")
@plugins_option
@ca_option
@home_option
@json_option
def whole(
    target: str | None, vkey: str | None, registrar: str | None, policy: Path | None, state: Path | None,
    public: bool, require_full: bool, compare_only: bool, full_balances: bool, plugins: Path | None,
    home: Path | None, as_json: bool,
) -> int:
    """Replay the whole log at TARGET and compare everything: entries, signatures, figures, roots, balances.

    TARGET is a server (http, https), a database (postgresql), a folder that `export log` has made, or this home's
    database. A folder holds the public log: its audit needs no bodies, and the report lists the omitted checks.
    A server shows you the records that you may read; of all others this checks bytes, signatures and keys.
    Factor sets that are not installed here come from the server, as tables with the digest that the log names. Code of
    sectors does not: without it the audit compares their figures, does not recompute them, and exits with 1.
    Without --vkey or --registrar the audit trusts TARGET's own keys, and the report says so. `audit sample` draws
    records for a verifier.
    """
    # Replayed records form no reference cycles: a search for cycles would take a third of the time.
    gc.freeze()
    gc.set_threshold(100_000, 50, 100)
    options = AuditOptions(
        vkey=None if vkey is None else given_vkey(vkey), registrar=registrar,
        policy=None if policy is None else parse_policy(policy.read_bytes()), state=state, full_balances=full_balances,
        require_full=require_full, compare_only=compare_only,
        organization=organization_at(target) if target is not None and is_server(target) else None,
    )
    public = public or is_folder(target)
    for option, given in (("full-balances", full_balances), ("require-full", require_full),
                          ("compare-only", compare_only), ("plugins", plugins)):
        if public and given:
            raise click.UsageError(f"--{option} needs bodies")
    with ending_at_sigterm():
        if public:
            report = asyncio.run(_audit_public(public_log(target), options))
        else:
            with with_archives(plugins) as registry:
                report = asyncio.run(_audit(source_of(target, home), registry, options))
    if as_json:
        print_json(report)
    else:
        _print(report, public=public)
    return 0 if report.ok else 1


audit = _AuditCommand(whole, sample)


async def _audit(
    opening: AbstractAsyncContextManager[AuditSource], registry: Registry, options: AuditOptions
) -> AuditReport:
    async with AsyncExitStack() as stack:
        try:
            source = await stack.enter_async_context(opening)
        except (InvalidNote, VerificationError) as error:
            # The key rotations in the database are not valid.
            return unopened(error)
        with progress("auditing") as show_progress:
            return await replay(source, registry, replace(options, progress=show_progress))


async def _audit_public(opening: AbstractAsyncContextManager[PublicLog], options: AuditOptions) -> AuditReport:
    async with opening as log:
        with progress("auditing") as show_progress:
            return await audit_public(PublicSource(log), replace(options, progress=show_progress))


def _print(report: AuditReport, *, public: bool) -> None:
    records = ", ".join(f"{count} {kind}" for kind, count in sorted(report.records.items()))
    show(*_doubtful(report.doubtful))
    show(
        f"origin      {report.origin}", f"vkey        {report.vkey}",
        f"log         {report.entries} of {report.size} entries, root {report.root}",
        *([f"from        entry {report.start}, where the last audit ended"] if report.start else []),
        *([f"witnesses   {', '.join(report.witnesses)}"] if report.witnesses else []), f"records     {records}",
        *[f"rules       version {rules.version} from entry {rules.index + 1} on" for rules in report.rules],
        f"signatures  {report.signatures} hold{_own_part(report, 'signatures')}",
        f"figures     {report.figures} compared{_own_part(report, 'figures')}, "
        f"{counted(report.recomputed, 'record')} recomputed by plugins{_own_part(report, 'recomputed')}",
        f"balances    {report.balances} compared",
        *([] if report.scope is None else _scope(report.scope)),
        *([f"erased      {counted(report.erased, 'record')}, by erasures on the log"] if report.erased else []),
    )
    for note in report.notes:
        show(f"note: {note}")
    for finding in report.findings:
        where = "the log" if finding.index is None else f"index {finding.index}"
        show(f"DOES NOT HOLD at {where}, rule {finding.rule}: {finding.message}")
    show(_verdict(report, partial=public or report.scope is not None))


def _verdict(report: AuditReport, *, partial: bool) -> str:
    if report.findings:
        return f"{counted(len(report.findings), 'finding')}: the log does not hold"
    held = "everything that could be checked holds" if partial else "everything holds"
    if not report.not_recomputed:
        return held
    lacking = ", ".join([
        f"{counted(count, 'record')} of {name}" for name, count in sorted(report.not_recomputed.items())])
    ways = []
    if any(not name.startswith(FACTOR_SET) for name in report.not_recomputed):
        ways.append("`carbon-ledger plugin fetch DIR` gets the code of sectors, and `audit --plugins DIR` runs it with "
                    "the rights of your account")
    if any(name.startswith(FACTOR_SET) for name in report.not_recomputed):
        ways.append("install the factor sets, whose tables the server does not give")
    compared = f"compared, not recomputed: {lacking}; {'; '.join(ways)}"
    return f"{held}; {compared}" if partial else compared


def _scope(scope: ScopeReport) -> Iterator[str]:
    """How much of the log the auditor could read."""
    yield f"read as     {scope.organization or 'nobody'}, who may read {', '.join(scope.readable) or 'public records'}"
    yield f"in full     {scope.visible} entries, {scope.adopted} of them not recomputed"
    yield f"hidden      {scope.hidden} entries: bytes, signature, keys checked; figures not"
    if scope.party:
        yield f"as a party  {scope.party} entries: body and your own lots"
    if scope.given:
        yield f"given       {scope.given} committed figures of lots of hidden records"


def _doubtful(figures: Sequence[DoubtfulFigure]) -> Iterator[Part]:
    """The most doubtful figures, for a verifier to look at first."""
    if not figures:
        return
    table = Table("most doubtful", "questioned", "kg CO2e", "findings", "record", box=None, pad_edge=False)
    for column in table.columns[:3]:
        column.justify = "right"
    for figure in figures:
        table.add_row(f"entry {figure.index}", questioned_kilograms(figure.questioned), fixed(figure.burdens),
                      ", ".join(figure.codes), f"{figure.digest[:16]}…")
    yield table


def _own_part(report: AuditReport, count: str) -> str:
    """The part of a count that this audit contributed, if it resumed from an earlier one."""
    return f" ({report.counted(count)} in this audit)" if report.start else ""
