"""The command tree. It imports a command's module only when the command runs. So signing and verifying start fast, and
work without the server's packages."""

import logging
import sys
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import click

from ledger.cli.console import (
    CommandRun,
    answer_of,
    complain,
    complain_of_fault,
    complain_of_os,
    complain_of_usage,
    leave_pipe,
    stderr_log,
)
from ledger.cli.lazy import attribute
from ledger.errors import LedgerError


class Lazy(NamedTuple):
    """`target` is `module:attribute`; `summary` is the line in the list of commands."""

    target: str
    summary: str


COMMANDS = {
    "init": Lazy("ledger.cli.operator.init:init", "Set up the ledger: database, keys, registrar, plugins."),
    "serve": Lazy("ledger.cli.operator.serve:serve", "Serve the ledger over HTTP."),
    "config": Lazy("ledger.cli.operator.inspection.config:config", "List and check the settings, with their sources."),
    "demo": Lazy("ledger.cli.demo.command:demo", "Show a closed loop of steel and gearboxes on a ledger."),
    "key": Lazy("ledger.cli.supplier.keys:key", "Make, show, enrol, change and recover keys."),
    "enrol": Lazy("ledger.cli.registrar.enrol:enrol", "Enrol an organisation, as the registrar."),
    "erase": Lazy("ledger.cli.registrar.erase:erase", "Erase the body of a record, as the registrar."),
    "purge": Lazy("ledger.cli.operator.purge:purge", "Rewrite the database's files without the erased content."),
    "schema": Lazy("ledger.cli.supplier.schema:schema", "List kinds of records and processes, and show their fields."),
    "template": Lazy("ledger.cli.supplier.template:template", "Write an example of a record, as a file to fill in."),
    "import": Lazy("ledger.cli.supplier.importing:import_", "Import records from a spreadsheet or a list."),
    "sign": Lazy("ledger.cli.supplier.sign:sign", "Sign records, offline."),
    "submit": Lazy("ledger.cli.supplier.submit:submit", "Post signed records and keep their receipts."),
    "login": Lazy("ledger.cli.identity.login:login", "Prove to a server who you are, with a ledger key."),
    "logout": Lazy("ledger.cli.identity.login:logout", "End your session at a server."),
    "client": Lazy("ledger.cli.identity.clients:client", "Enter, list and revoke clients of your organisation."),
    "grant": Lazy("ledger.cli.supplier.sharing.grant:grant", "Let another organisation read your records."),
    "revoke": Lazy("ledger.cli.supplier.sharing.revoke:revoke", "End a grant, or all grants to a receiver."),
    "grants": Lazy("ledger.cli.lookup.grants:grants", "List the grants that an organisation has given or got."),
    "publish": Lazy("ledger.cli.supplier.sharing.publish:publish", "Publish the passport of a lot or product."),
    "unpublish": Lazy("ledger.cli.supplier.sharing.publish:unpublish", "End a publication."),
    "leave": Lazy("ledger.cli.supplier.sharing.leave:leave", "End the relation of an organisation to its parent."),
    "reader": Lazy("ledger.cli.registrar.readers:reader", "Appoint and list readers of everything."),
    "footprint": Lazy("ledger.cli.buyer.footprint:footprint", "Show the footprint of a lot and its breakdown."),
    "contributions": Lazy("ledger.cli.buyer.contributions:contributions", "Break a lot's figure down by its origins."),
    "methods": Lazy("ledger.cli.buyer.methods:methods", "List the calculation methods for footprints."),
    "sensitivity": Lazy("ledger.cli.buyer.sensitivity:sensitivity", "Show how a lot's figure depends on allocation."),
    "gaps": Lazy("ledger.cli.buyer.gaps:gaps", "List the data gaps of a lot's figure, and whom to ask."),
    "uncertainty": Lazy("ledger.cli.buyer.uncertainty:uncertainty", "Show how uncertain a lot's figure is, and why."),
    "changes": Lazy("ledger.cli.buyer.changes:changes", "List the lots of an organisation with restated figures."),
    "lots": Lazy("ledger.cli.lookup.lots:lots", "List the lots of an organisation, with their figures."),
    "received": Lazy("ledger.cli.lookup.transfers:received", "List the transfers to an organisation."),
    "delivered": Lazy("ledger.cli.lookup.transfers:delivered", "List the transfers from an organisation."),
    "organizations": Lazy("ledger.cli.lookup.organizations:organizations", "List the enrolled organisations."),
    "records": Lazy("ledger.cli.lookup.records:records", "List records by issuer, kind, facility and period."),
    "findings": Lazy("ledger.cli.lookup.findings:findings", "List an organisation's findings, and how to answer them."),
    "show": Lazy("ledger.cli.lookup.show:show_command", "Show a record, lot, organisation, facility or product."),
    "accesses": Lazy("ledger.cli.lookup.accesses:accesses", "List who read an organisation's data, by which right."),
    "coverage": Lazy("ledger.cli.lookup.purchases:coverage", "Show the data behind bought goods, by supplier."),
    "trace": Lazy("ledger.cli.buyer.trace:trace", "Show the upstream or downstream chain of a lot."),
    "indicators": Lazy(
        "ledger.cli.buyer.indicators:indicators", "Show a sector's indicators beside the targets of plans."
    ),
    "inventory": Lazy(
        "ledger.cli.buyer.inventory:inventory", "Show an organisation's yearly inventory by scopes and sites."
    ),
    "cbam": Lazy("ledger.cli.buyer.cbam:cbam", "Compute embedded emissions for CBAM."),
    "audit": Lazy("ledger.cli.auditor.audit:audit", "Replay the whole log and check everything."),
    "backup": Lazy("ledger.cli.operator.backup:backup", "Write a backup of this home's database and keys."),
    "restore": Lazy("ledger.cli.operator.restore:restore", "Make a home from a backup."),
    "doctor": Lazy("ledger.cli.operator.inspection.doctor:doctor", "List faults of this installation, with remedies."),
    "status": Lazy("ledger.cli.operator.inspection.status:status", "Show processes, log, backlog, sizes and growth."),
    "psql": Lazy("ledger.cli.operator.inspection.psql:psql", "Open the ledger's database in psql, to read."),
    "anchor": Lazy("ledger.cli.operator.anchor:anchor", "Compare the database with the head signed last here; decide."),
    "clock": Lazy("ledger.cli.operator.clock:clock", "Compare the host's clock with the log; confirm it."),
    "export": Lazy("ledger.cli.auditor.export:export", "Write files for others: the public log, statements, bundles."),
    "verify": Lazy("ledger.cli.auditor.verify:verify", "Check receipts, bundles and statements, offline."),
    "witness": Lazy("ledger.cli.auditor.witness:witness", "Cosign the checkpoints of logs, as a witness for others."),
    "plugin": Lazy("ledger.cli.author.plugins:plugin", "List, make, activate and retire sector plugins; list factors."),
    "factors": Lazy("ledger.cli.author.factors.group:factors", "Search, show and import emission factors of sets."),
    "monitor": Lazy("ledger.cli.auditor.monitor:monitor", "Watch a log for forks and for new keys."),
}

class LazyGroup(click.Group):
    """A group that knows its commands' names and imports each command on use."""

    def __init__(self, *args: Any, lazy: Mapping[str, Lazy], **options: Any) -> None:
        super().__init__(*args, **options)
        self._lazy = lazy

    def list_commands(self, _: click.Context) -> list[str]:
        return list(self._lazy)

    def get_command(self, _: click.Context, name: str) -> click.Command | None:
        lazy = self._lazy.get(name)
        return None if lazy is None else load(name, lazy.target)

    def format_commands(self, _: click.Context, formatter: click.HelpFormatter) -> None:
        """Takes the summaries from the table, so that help needs no import."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, lazy.summary) for name, lazy in self._lazy.items()])


def load(name: str, target: str) -> click.Command:
    """Imports a command. Raises ConfigurationError if its packages are not installed."""
    command = attribute(target, f"`carbon-ledger {name}`")
    if not isinstance(command, click.Command):
        raise TypeError(f"{target} is not a command")
    return command


@click.command(
    cls=LazyGroup, lazy=COMMANDS, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 120}
)
@click.version_option(package_name="carbon-ledger", prog_name="carbon-ledger")
def cli() -> None:
    """A signed, append-only ledger of material flows and embodied carbon."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs a command. Returns 0 on success, 1 if something is refused or a check fails, 2 for wrong usage."""
    run = CommandRun()
    sys.excepthook = complain_of_fault
    logging.lastResort = stderr_log()
    try:
        return answer_of(cli.main(arguments, prog_name="carbon-ledger", standalone_mode=False, obj=run))
    except click.ClickException as error:
        complain_of_usage(error)
        return error.exit_code
    except click.Abort:
        return 130
    except LedgerError as error:
        error.rule = run.advised(error.rule)
        complain(error, as_json=run.json)
    except BrokenPipeError:
        leave_pipe()
    except OSError as error:
        complain_of_os(error, as_json=run.json)
    return 1
