"""A machine of a user who installed the base alone: an environment with the packages that it asks for and no others."""

import os
import shutil
import subprocess
import sys
import venv
from collections.abc import Iterable, Iterator, Sequence
from importlib.metadata import Distribution, distribution, distributions
from pathlib import Path
from typing import Final, NamedTuple

from packaging.requirements import Requirement

from support.cli import SECONDS, Done, environment

ROOT: Final = Path(__file__).parents[2]
_SOURCES: Final = ("ledger", "sql", "clients", "pyproject.toml", "README.md", "LICENSE")
_OWN: Final = "carbon-ledger"


class FreshMachine(NamedTuple):
    """`folder`: its user's working folder, with the user's sessions. Nothing outside of the environment can be
    imported."""

    command: Path
    folder: Path

    def run(self, *arguments: object, stdin: str = "", **env: str) -> Done:
        """A `carbon-ledger` command, to its end."""
        settings = {"XDG_CONFIG_HOME": str(self.folder / "config"), **env}
        kept = {name: value for name, value in environment(**settings).items() if name != "PYTHONPATH"}
        done = subprocess.run(
            [self.command, *map(str, arguments)], input=stdin, capture_output=True, text=True, timeout=SECONDS,
            check=False, cwd=self.folder, env=kept,
        )
        return Done(done.returncode, done.stdout, done.stderr)

    def another(self, folder: Path) -> "FreshMachine":
        """The machine of another user, with the same packages and a folder and sessions of its own."""
        folder.mkdir()
        return FreshMachine(self.command, folder)


def built_wheel(folder: Path, project: Path = ROOT) -> Path:
    """The wheel of the base or of a plugin, built from a copy so that the tree stays as it is."""
    copy = folder / f"source-{project.name}"
    for path in [ROOT / name for name in _SOURCES] if project == ROOT else project.iterdir():
        if path.is_dir():
            shutil.copytree(path, copy / path.name, ignore=shutil.ignore_patterns("__pycache__", "*.egg-info"))
        else:
            copy.mkdir(exist_ok=True)
            shutil.copy(path, copy / path.name)
    built = folder / f"wheel-{project.name}"
    subprocess.run(
        [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation", "--no-index",
         "--wheel-dir", built, copy], check=True, capture_output=True, timeout=SECONDS)
    (wheel,) = built.glob("*.whl")
    return wheel


def fresh_machine(wheels: Sequence[Path], folder: Path, extras: Iterable[str] = ()) -> FreshMachine:
    """The wheels installed in an environment of its own. The packages that the base asks for are links to the ones of
    the tests' own environment: the same versions, without a download."""
    venv.create(folder / "venv", symlinks=True)
    python = folder / "venv" / "bin" / "python"
    site = Path(subprocess.run(
        [python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"], capture_output=True, text=True,
        check=True, timeout=SECONDS).stdout.strip())
    subprocess.run(
        [sys.executable, "-m", "pip", "--python", python, "install", "--quiet", "--no-deps", "--no-index",
         *wheels],
        check=True, capture_output=True, timeout=SECONDS)
    (own,) = distributions(path=[str(site)], name=_OWN)
    for package in _needed(own, extras):
        _link(package, site)
    (folder / "home").mkdir()
    return FreshMachine(folder / "venv" / "bin" / "carbon-ledger", folder / "home")


def _needed(own: Distribution, extras: Iterable[str]) -> Iterator[Distribution]:
    """The packages that the base and these extras ask for, and the ones that those ask for."""
    waiting, seen = [*_asked(own, extras)], set[tuple[str, frozenset[str]]]()
    while waiting:
        name, wanted = waiting.pop()
        if (name, wanted) not in seen:
            seen.add((name, wanted))
            package = distribution(name)
            yield package
            waiting += _asked(package, wanted)


def _asked(package: Distribution, extras: Iterable[str]) -> Iterator[tuple[str, frozenset[str]]]:
    """Name and extras of each package that a package asks for."""
    for text in package.requires or ():
        needed = Requirement(text)
        if needed.marker is None or any(needed.marker.evaluate({"extra": extra}) for extra in ("", *extras)):
            yield needed.name, frozenset(needed.extras)


def _link(package: Distribution, site: Path) -> None:
    tops = {file.parts[0] for file in package.files or () if file.parts[0] not in ("..", "__pycache__")}
    for top in tops:
        if not (site / top).exists():
            os.symlink(str(package.locate_file(top)), site / top)
