"""Builds the file tree that the image adds to its base, without a container engine.

    python .ci/image_tree.py TARGET [--lock requirements.lock] [--home /usr/local/bin]

TARGET gets `opt/carbon-ledger`: a virtual environment of this Python with the packages of the lock file, by hash, and
with the ledger and all its plugins, and `sbom.cdx.json` if cyclonedx-python-lib is installed here. Two builds of the
same source by the same Python give the same tree: the same names, contents, modes, links and times. `digest_of` is
their SHA-256, which the command prints.
"""

import argparse
import hashlib
import json
import os
import shutil
import stat
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Iterator, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

ROOT: Final = Path(__file__).resolve().parents[1]
PREFIX: Final = Path("opt/carbon-ledger")
SITE: Final = PREFIX / "lib" / f"python{sys.version_info.major}.{sys.version_info.minor}" / "site-packages"
EPOCH: Final = 1_577_836_800
"""The time of every file, if SOURCE_DATE_EPOCH does not say another: 2020-01-01."""
COMMAND: Final = f"#!/{PREFIX}/bin/python -P\nimport sys\n\nfrom ledger.cli import main\n\nsys.exit(main())\n"
BUILDER: Final = """
import os, sys
from setuptools import build_meta
target, *projects = sys.argv[1:]
for project in projects:
    os.chdir(project)
    build_meta.build_wheel(target)
"""
"""Makes a wheel of each project in one process; pip would start two for each."""
SOURCES: Final = ("ledger", "clients/javascript", "sql", "plugins", "pyproject.toml", "README.md", "LICENSE")
MADE: Final = ("*.egg-info", "__pycache__", "build", "dist")


def projects() -> list[Path]:
    """Relative to the root: the ledger, and each plugin."""
    return [Path(), *sorted(path.parent.relative_to(ROOT) for path in ROOT.glob("plugins/*/pyproject.toml"))]


def build(target: Path, lock: Path, home: str) -> str:
    """Builds the tree in an empty folder. Returns its digest."""
    if target.exists() and any(target.iterdir()):
        sys.exit(f"error: {target} is not empty")
    # Wheels record the modes of files that are made for them.
    os.umask(0o022)
    with tempfile.TemporaryDirectory() as folder:
        scratch = Path(folder)
        site = target / SITE
        report = [*_install(site, ["--require-hashes", "--requirement", str(lock)], scratch),
                  *_install(site, ["--no-deps", *_own_wheels(site, scratch)], scratch, found=scratch / "wheels")]
    shutil.rmtree(site / "bin", ignore_errors=True)
    _programs(target / PREFIX, home)
    _compile(target, site)
    _describe(target, report)
    _settle(target)
    return digest_of(target)


def digest_of(tree: Path) -> str:
    """SHA-256 over everything that a container engine copies: name, kind, mode, time, and content or link."""
    total = hashlib.sha256()
    for path in _everything(tree):
        about = path.lstat()
        kind = stat.S_IFMT(about.st_mode)
        content = os.readlink(path).encode() if path.is_symlink() else path.read_bytes() if path.is_file() else b""
        mode = 0 if path.is_symlink() else stat.S_IMODE(about.st_mode)
        line = [path.relative_to(tree).as_posix(), kind, mode, int(about.st_mtime), hashlib.sha256(content).hexdigest()]
        total.update(json.dumps(line).encode() + b"\n")
    return total.hexdigest()


def _everything(tree: Path) -> Iterator[Path]:
    for folder, folders, names in os.walk(tree):
        folders.sort()
        yield from (Path(folder, name) for name in sorted([*names, *folders]))


def _environment(**more: str) -> dict[str, str]:
    epoch = os.environ.get("SOURCE_DATE_EPOCH", str(EPOCH))
    fixed = {"SOURCE_DATE_EPOCH": epoch, "PYTHONHASHSEED": "0", "TZ": "UTC", "PIP_DISABLE_PIP_VERSION_CHECK": "1"}
    return os.environ | fixed | more


def _install(site: Path, arguments: Sequence[str], scratch: Path, found: Path | None = None) -> list[dict[str, Any]]:
    """Installs wheels into the site folder. Returns pip's report: what was installed, with its hashes."""
    report = scratch / "report.json"
    wanted = {} if found is None else {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(found)}
    subprocess.run(
        [sys.executable, "-m", "pip", "install", "--quiet", "--no-compile", "--only-binary", ":all:",
         "--ignore-installed", "--no-warn-conflicts", "--upgrade", "--target", str(site), "--report", str(report),
         *arguments],
        env=_environment(**wanted), check=True,
    )
    installed: list[dict[str, Any]] = json.loads(report.read_text(encoding="utf-8"))["install"]
    return installed


def _own_wheels(site: Path, scratch: Path) -> list[str]:
    """Builds a wheel of each distribution of this repository, from a copy, with the setuptools of the lock if this
    Python has none. Returns what pip is asked to install."""
    source = scratch / "source"
    for name in SOURCES:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, source / name, ignore=shutil.ignore_patterns(*MADE))
        else:
            source.mkdir(exist_ok=True)
            shutil.copy(ROOT / name, source / name)
    folders = [source / project for project in projects()]
    built = subprocess.run([sys.executable, "-P", "-c", BUILDER, str(scratch / "wheels"), *map(str, folders)],
                           env=_environment(PYTHONPATH=str(site)), check=False, capture_output=True, text=True)
    if built.returncode:
        sys.exit(f"error: a wheel could not be built\n{built.stderr}")
    about = [tomllib.loads((folder / "pyproject.toml").read_text(encoding="utf-8"))["project"] for folder in folders]
    return [f"{one['name']}=={one['version']}" for one in about]


def _programs(prefix: Path, home: str) -> None:
    """The interpreter of the base image, as that of a virtual environment, and the one command."""
    (prefix / "bin").mkdir()
    (prefix / "bin" / "python").symlink_to(f"{home}/{SITE.parent.name}")
    command = prefix / "bin" / "carbon-ledger"
    command.write_text(COMMAND, encoding="utf-8")
    command.chmod(0o755)
    version = ".".join(map(str, sys.version_info[:3]))
    (prefix / "pyvenv.cfg").write_text(f"home = {home}\ninclude-system-site-packages = false\nversion = {version}\n",
                                       encoding="utf-8")


def _compile(target: Path, site: Path) -> None:
    """Compiled modules are in the image, since its root is read-only. They name no time and no folder of the build.

    The interpreter loads no site packages: constants that a loaded module shares with a compiled one are written in
    another way.
    """
    subprocess.run(
        [sys.executable, "-S", "-P", "-m", "compileall", "-q", "-j", "1", "-s", str(target), "-p", "/",
         "--invalidation-mode", "unchecked-hash", str(site)],
        env=_environment(PYTHONPATH=""), check=False, stdout=subprocess.DEVNULL,
    )


def _describe(target: Path, report: list[dict[str, Any]]) -> None:
    """Writes the bill of materials if the library for it is here: the image's build has only the lock's packages."""
    if find_spec("cyclonedx") is None:
        print("no bill of materials: cyclonedx-python-lib is not installed here", file=sys.stderr)
        return
    script = Path(__file__).with_name("sbom.py")
    subprocess.run([sys.executable, str(script), str(target / SITE), str(target / PREFIX / "sbom.cdx.json")],
                   input=json.dumps(report), text=True, check=True, env=_environment())


def _settle(target: Path) -> None:
    """One mode for each kind of file, and one time for all."""
    epoch = int(_environment()["SOURCE_DATE_EPOCH"])
    for path in [*_everything(target), target]:
        if not path.is_symlink():
            runs = path.is_dir() or path.stat().st_mode & 0o100
            path.chmod(0o755 if runs else 0o644)
        os.utime(path, (epoch, epoch), follow_symlinks=False)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("target", type=Path)
    parser.add_argument("--lock", type=Path, default=ROOT / "requirements.lock")
    parser.add_argument("--home", default="/usr/local/bin", help="folder of the interpreter in the image")
    options = parser.parse_args()
    print(build(options.target, options.lock, options.home))


if __name__ == "__main__":
    main()
