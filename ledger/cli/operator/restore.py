"""`restore`: makes a complete home from a backup, or fails without a home. It marks the home, since it is not settled
yet which history counts."""

import asyncio
from pathlib import Path

import click

from ledger.cli.auditor.audit_database import database_source
from ledger.cli.console import json_option, print_json, progress, say, show
from ledger.cli.environment import home_option, settings
from ledger.cli.files import passphrase_file_option
from ledger.cli.numbers import counted
from ledger.client.audit.options import AuditOptions
from ledger.client.audit.report import AuditReport
from ledger.client.audit.run import audit
from ledger.core.log.checkpoint import Checkpoint
from ledger.engine.sectors import Registry
from ledger.errors import ConfigurationError, VerificationError
from ledger.registry.workers.trial import tried
from ledger.service.backup.manifest import Manifest
from ledger.service.backup.restore import (
    check_database,
    checked_backup,
    opened_backup,
    require_keys,
    staged_home,
    write_home,
)
from ledger.service.settings import Settings
from ledger.store.hosting import hosted


@click.command()
@click.argument("backup", type=click.Path(path_type=Path, exists=True))
@home_option
@click.option("--verify", is_flag=True, help="Audit the whole log first, and make no home if it fails.")
@passphrase_file_option
@json_option
def restore(backup: Path, home: Path | None, verify: bool, passphrase_file: Path | None, as_json: bool) -> None:
    """Make a data folder from BACKUP, after a check of its files against their digests. The folder must be new or
    empty. The command restores everything or nothing.

    The log may have grown since the backup. So the command marks the home, and servers sign nothing there until the
    anchor, a quorum of witnesses, or `anchor accept` has settled that this history counts. Suppliers can post missing
    records again; the ledger admits each record once. --verify needs the passphrase of the keys.
    """
    chosen = settings(home, passphrase_file)
    if chosen.database_url is not None:
        raise ConfigurationError(
            "CARBON_LEDGER_DATABASE_URL is set, but a backup can only become an embedded database",
            code="external-database", field="database",
            rule="unset that variable, for the servers of this home too",
        )
    with opened_backup(backup.absolute()) as folder:
        manifest, data = checked_backup(folder)
        if verify:
            require_keys(folder, chosen.passphrase)
        with staged_home(chosen.home) as staging:
            write_home(folder, data, staging, say)
            head = asyncio.run(_checked(_at(chosen, staging), manifest, folder))
            report = asyncio.run(_audited(_at(chosen, staging), manifest, tried())) if verify else None
    summary = {"home": str(chosen.home), "origin": manifest.origin, "vkey": manifest.vkey, "size": head.size,
               "root": head.root.hex(), "began": manifest.time, "verified": report is not None}
    if as_json:
        print_json(summary)
    else:
        show(*(f"{name:<10} {value}" for name, value in summary.items()))
        say("servers sign nothing there until the anchor, a quorum of witnesses, or `carbon-ledger anchor accept` has "
            "settled that this history counts; `carbon-ledger doctor` lists the missing steps")


def _at(chosen: Settings, home: Path) -> Settings:
    return Settings(home=home, passphrase=chosen.passphrase)


async def _checked(chosen: Settings, manifest: Manifest, backup: Path) -> Checkpoint:
    async with hosted(chosen.home, None, on_progress=say) as database:
        return await check_database(database.owner_url, manifest, backup)


async def _audited(chosen: Settings, manifest: Manifest, registry: Registry) -> AuditReport:
    """Audits the restored log. Raises VerificationError if the audit fails."""
    async with database_source(chosen) as source:
        with progress("auditing") as report_progress:
            report = await audit(source, registry, AuditOptions(
                vkey=manifest.vkey, compare_only=True, progress=report_progress))
    for finding in report.findings:
        say(f"DOES NOT HOLD at {finding.index}, rule {finding.rule}: {finding.message}")
    if not report.ok:
        raise VerificationError(
            f"the log in the backup does not hold: {counted(len(report.findings), 'finding')}; no home was made",
            code="audit-failed", field="backup",
        )
    return report
