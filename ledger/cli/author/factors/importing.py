"""`factors import`: an organisation's own CSV files become a factor set."""

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import click

from ledger.cli.console import Rejected, json_option, print_json, say, show
from ledger.cli.files import FILE, FOLDER
from ledger.errors import InvalidInput
from ledger.registry.scaffold import check_plugin_name
from ledger.registry.set_import import ImportedSet, read_import
from ledger.registry.set_packages import (
    SetNames,
    add_version,
    check_version,
    folder_of,
    set_files,
    set_package,
    write_new,
)
from ledger.sdk.sets.reading import Fault


@click.command("import")
@click.argument("files", nargs=-1, required=True, type=FILE, metavar="FILE.csv...")
@click.option("--name", required=True, help="Name of the set: the first part of `set:row`.")
@click.option("--version", required=True, help="Name of this version, such as 2026.1.")
@click.option("--output", required=True, type=FOLDER,
              help="New or empty folder for a package; or the folder of the set's package, which gets the version.")
@click.option("--en", help="The set's English name, for a new package.  [default: NAME]")
@click.option("--zh", help="The set's Chinese name, for a new package.")
@json_option
def import_files(
    files: tuple[Path, ...], name: str, version: str, output: Path, en: str | None, zh: str | None, as_json: bool
) -> None:
    """Check FILE.csv... and write them as a factor set, ready to install.

    The header of each file says which table it is: supplies, factors, sources or classes. Every fault is listed, with
    file, line, field, value and rule. If there is one, nothing is written.
    """
    check_plugin_name(name)
    check_version(version)
    package = set_package(output, name)
    if package is not None and (en or zh):
        raise click.UsageError(f"{output} has a package already: leave out --en and --zh")
    imported = read_import(name, version, files, datetime.now(UTC).year)
    if imported.faults:
        raise _rejected(imported.faults, as_json=as_json)
    if package is not None:
        folder = add_version(package, version, imported.tables)
    else:
        new = set_files(SetNames(name, en, zh), version, imported.tables)
        write_new(output, new)
        folder = output / f"carbon_ledger_{name.replace('-', '_')}" / folder_of(version)
    _print(imported, output, folder, as_json=as_json)


def _rejected(faults: Sequence[Fault], *, as_json: bool) -> InvalidInput:
    """Prints all faults, a line each; as JSON, they are parts of the error."""
    message = f"{len(faults)} fault{'s' if len(faults) > 1 else ''}: nothing was written"
    if not as_json:
        for fault in faults:
            say(str(fault))
        return InvalidInput(message, code="invalid-factors")
    return Rejected(message, [
        InvalidInput(str(fault), code="invalid-factors", field=fault.field, value=fault.value, rule=fault.rule)
        for fault in faults
    ], code="invalid-factors")


def _print(imported: ImportedSet, output: Path, folder: Path, *, as_json: bool) -> None:
    version = imported.version
    if as_json:
        print_json({
            "set": version.name, "version": version.version, "digest": version.digest, "folder": str(folder),
            "files": sorted(imported.tables), "supplies": len(version.supplies), "factors": len(version.rows),
        })
        return
    show(f"{folder}: {version.tag}, {len(version.supplies)} supplies, {len(version.rows)} factors, digest "
         f"{version.digest}", "",
         f"  pip install {output}", "  carbon-ledger factors list", f"  carbon-ledger plugin activate {version.name}")
