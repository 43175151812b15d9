"""`doctor`: lists the faults of this installation with their remedies, one per line."""

import asyncio
from pathlib import Path

import click
from msgspec.structs import replace

from ledger.cli.console import CommandRun, json_option, print_json, show
from ledger.cli.environment import home_option, settings
from ledger.cli.files import passphrase_file_option
from ledger.service.doctor.diagnose import diagnose
from ledger.service.doctor.installation import DoctorFinding


@click.command()
@home_option
@passphrase_file_option
@json_option
def doctor(home: Path | None, passphrase_file: Path | None, as_json: bool) -> int:
    """List the faults of this installation, with remedies. Exit code 1 if there is a fault; warnings do not count.

    It checks the home, its settings, disk, keys and backup, the database with its schema, settings and plugins, the
    anchor, the witnesses with their cosignatures, and the clock, with the settings that `serve` uses. It changes
    nothing.
    """
    run = click.get_current_context().ensure_object(CommandRun)
    findings = [replace(finding, remedy=run.advised(finding.remedy))
                for finding in asyncio.run(diagnose(settings(home, passphrase_file)))]
    ok = all(finding.level in ("ok", "warning") for finding in findings)
    if as_json:
        print_json({"ok": ok, "findings": findings})
    else:
        show(*map(_line, findings))
    return 0 if ok else 1


def _line(finding: DoctorFinding) -> str:
    remedy = "" if finding.remedy is None else f"; {finding.remedy}"
    return f"{finding.level:<8} {finding.check:<10} {finding.message}{remedy}"
