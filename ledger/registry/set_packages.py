"""The files of a factor set's package: a new one, or a new version in an existing one. `carbon-ledger plugin new --kind
factors` and `factors import` use it."""

import ast
import re
import shutil
import tempfile
import tomllib
from collections.abc import Mapping
from pathlib import Path
from string import Template
from typing import Final, NamedTuple

from ledger.errors import ConfigurationError
from ledger.host.files.durable import replace
from ledger.registry.installed import SETS
from ledger.registry.scaffold import check_plugin_name, quoted
from ledger.registry.set_texts import (
    EXAMPLE_FACTORS,
    EXAMPLE_SOURCES,
    EXAMPLE_SUPPLIES,
    EXAMPLE_TEST,
    SET_PACKAGE,
    SET_PYPROJECT,
    SET_README,
    SET_TEST,
)
from ledger.sdk.sets.reading import DIGEST_FILE, digest_of_files, digest_of_folder

EXAMPLE: Final[Mapping[str, bytes]] = {
    "supplies.csv": EXAMPLE_SUPPLIES.encode(), "factors.csv": EXAMPLE_FACTORS.encode(),
    "sources.csv": EXAMPLE_SOURCES.encode(),
}
"""The tables of a set that `plugin new` writes."""
_VERSION: Final = re.compile("[A-Za-z0-9][A-Za-z0-9._+-]{0,39}")


class SetNames(NamedTuple):
    """The name of a set, and its names in English and Chinese."""

    name: str
    en: str | None = None
    zh: str | None = None


class SetPackage(NamedTuple):
    """An existing package: its file with the versions, and these by name."""

    module: Path
    versions: Mapping[str, str]


def set_files(names: SetNames, version: str, tables: Mapping[str, bytes] | None = None) -> Mapping[str, bytes]:
    """The files of a new package by path below its folder, with one version that has these tables; with an example
    without them. Raises ConfigurationError for an invalid name or version."""
    check_plugin_name(names.name)
    check_version(version)
    module = names.name.replace("-", "_")
    words = {
        "name": names.name, "module": module, "package": f"carbon_ledger_{module}", "version": version,
        "folder": folder_of(version), "en": quoted(names.en or names.name.replace("-", " ").capitalize()),
        "zh": quoted(names.zh or f"{names.name} 排放因子"),
    }
    texts = {
        "pyproject.toml": SET_PYPROJECT, "README.md": SET_README, "$package/__init__.py": SET_PACKAGE,
        "$package/py.typed": "", "tests/test_$module.py": EXAMPLE_TEST if tables is None else SET_TEST,
    }
    files = {
        Template(path).substitute(words): Template(text).substitute(words).encode() for path, text in texts.items()
    }
    for file, data in (EXAMPLE if tables is None else _released(tables)).items():
        files[f"{words['package']}/{words['folder']}/{file}"] = data
    return files


def check_version(version: str) -> None:
    """Refuses a version that cannot be a part of `set@version:row`."""
    if not _VERSION.fullmatch(version):
        raise ConfigurationError(
            f"{version!r} is not a valid version", code="set-version", field="version", value=version,
            rule="at most 40 letters, digits, dots, hyphens, underscores and plus signs; it starts with a letter or "
                 "digit",
        )


def folder_of(version: str) -> str:
    """The folder of a version: `v2026_1` for 2026.1."""
    return "v" + re.sub("[^A-Za-z0-9]", "_", version)


def write_new(folder: Path, files: Mapping[str, bytes]) -> None:
    """Writes a new package. The folder is there with all files, or not at all. It must be new or empty."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".new-", dir=folder.parent) as temporary:
        complete = Path(temporary) / "package"
        _write(complete, files)
        if folder.exists():
            _fill(folder, complete)
        else:
            complete.replace(folder)


def _fill(folder: Path, complete: Path) -> None:
    """Moves all that is in `complete` to an empty folder, or nothing."""
    moved: list[Path] = []
    try:
        for child in sorted(complete.iterdir()):
            moved.append(child.replace(folder / child.name))
    except BaseException:
        for path in moved:
            path.replace(complete / path.name)
        raise


def set_package(folder: Path, name: str) -> SetPackage | None:
    """The package of the set `name` in `folder`; None if the folder is new or empty. Raises ConfigurationError if it
    holds anything else."""
    if not folder.exists() or not any(folder.iterdir()):
        return None
    point = _entry_point(folder, name)
    module = folder / point.partition(":")[0] / "__init__.py"
    if not point or not module.is_file():
        raise ConfigurationError(
            f"{folder} is not empty, and not the package of a factor set {name!r}", field="output", value=folder,
            rule=f"a new or empty folder, or one with an entry point {name} in group {SETS}",
        )
    versions, _ = _versions_in(module)
    return SetPackage(module, versions)


def add_version(package: SetPackage, version: str, tables: Mapping[str, bytes]) -> Path:
    """Adds the newest version to a package, and returns its folder. After an error the package is unchanged. Raises
    ConfigurationError for a version that is there: it never changes."""
    check_version(version)
    folder = package.module.parent / folder_of(version)
    if version in package.versions or folder.name in package.versions.values():
        raise ConfigurationError(
            f"{package.module.parent} has version {version!r} already", code="set-version", field="version",
            value=version, rule="a new version, since a version never changes; there are "
                                + ", ".join(package.versions),
        )
    for name, path in package.versions.items():
        if digest_of_folder(package.module.parent / path) == digest_of_files(tables):
            raise ConfigurationError(f"version {name!r} has the same content", code="set-version", field="version",
                                     value=version, rule="another content than all earlier versions")
    if folder.exists():
        raise ConfigurationError(f"{folder} exists, but VERSIONS of {package.module} does not name it", field="output",
                                 value=folder, rule="a folder that does not exist")
    text = _with_version(package.module, version, folder.name)
    with tempfile.TemporaryDirectory(prefix=".new-", dir=package.module.parent) as temporary:
        complete = Path(temporary) / folder.name
        _write(complete, _released(tables))
        complete.replace(folder)
    try:
        replace(package.module, text.encode(), package.module.stat().st_mode & 0o777)
    except BaseException:
        shutil.rmtree(folder)
        raise
    return folder


def _released(tables: Mapping[str, bytes]) -> Mapping[str, bytes]:
    """The files of a version that never changes any more. The example of a new package is there to be changed."""
    return {**tables, DIGEST_FILE: f"{digest_of_files(tables)}\n".encode()}


def _write(folder: Path, files: Mapping[str, bytes]) -> None:
    for path, data in files.items():
        file = folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(data)


def _entry_point(folder: Path, name: str) -> str:
    """The value of the set's entry point; empty if the folder has no such project."""
    project = folder / "pyproject.toml"
    if not project.is_file():
        return ""
    try:
        points = tomllib.loads(project.read_text(encoding="utf-8")).get("project", {}).get("entry-points", {})
    except (tomllib.TOMLDecodeError, UnicodeDecodeError):
        return ""
    return str(points.get(SETS, {}).get(name, ""))


def _versions_in(module: Path) -> tuple[Mapping[str, str], ast.expr]:
    """The mapping VERSIONS of a module, and where it is."""
    for node in ast.parse(module.read_text(encoding="utf-8")).body:
        targets = node.targets if isinstance(node, ast.Assign) else [node.target] if isinstance(node, ast.AnnAssign) \
            else []
        if any(isinstance(target, ast.Name) and target.id == "VERSIONS" for target in targets):
            value = getattr(node, "value", None)
            if isinstance(value, ast.Dict):
                try:
                    return dict(ast.literal_eval(value)), value
                except ValueError:
                    break
    raise ConfigurationError(f"{module} has no VERSIONS to which a version can be added", field="output",
                             value=module, rule="a dictionary VERSIONS of versions and folders, written as literals")


def _with_version(module: Path, version: str, folder: str) -> str:
    """The module's text with one more version."""
    versions, value = _versions_in(module)
    lines = "".join([f'    "{key}": "{path}",\n' for key, path in {**versions, version: folder}.items()])
    text = module.read_bytes()
    rows = text.splitlines(keepends=True)
    start = sum(map(len, rows[:value.lineno - 1])) + value.col_offset
    end = sum(map(len, rows[:(value.end_lineno or value.lineno) - 1])) + (value.end_col_offset or 0)
    return (text[:start] + f"{{\n{lines}}}".encode() + text[end:]).decode()
