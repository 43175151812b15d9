"""What is installed is what stands in the tree: packages, SQL, tables, entry points."""

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import tarfile
import tomllib
import venv
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import pytest
import yaml

from ledger.app import VERSION

ROOT: Final = Path(__file__).parents[2]
PLUGINS: Final = sorted(path.parent for path in (ROOT / "plugins").glob("*/pyproject.toml"))
CLIENT: Final = ROOT / "clients" / "python"
LOCKS: Final = [ROOT / name for name in (
    "requirements.lock", "tests/requirements.lock", "tests/fuzz/requirements.txt", ".ci/npm.txt")]
SOURCES: Final = (
    "ledger", "sql", "plugins", "clients/python", "clients/javascript", "pyproject.toml", "README.md", "LICENSE")
DATA: Final = (".sql", ".csv")
BUILDS: Final = """
import os, sys, tarfile, tempfile
from setuptools import build_meta

def build(folder, dist):
    os.chdir(folder)
    sdist = build_meta.build_sdist(dist)
    with tempfile.TemporaryDirectory() as unpacked:
        with tarfile.open(os.path.join(dist, sdist)) as archive:
            archive.extraction_filter = getattr(tarfile, "data_filter", None)  # Debian 12 has 3.11.2, which lacks it
            archive.extractall(unpacked)
        os.chdir(os.path.join(unpacked, sdist.removesuffix(".tar.gz")))
        build_meta.build_wheel(dist)

for folder in sys.argv[2:]:
    if not (pid := os.fork()):
        build(folder, sys.argv[1])
        sys.exit()
    if code := os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]):
        sys.exit(code)
"""
"""As `python -m build`: a source archive of each folder, and the wheel from what that holds. Each build has a process
that has already imported setuptools."""
READS: Final = """
import json
from importlib.metadata import entry_points
from importlib.resources import files
from ledger.store.sql import queries, schema
print(json.dumps({
    "schema": "CREATE TABLE head" in schema(),
    "queries": "lock_head" in queries("sequence"), "typed": files("ledger").joinpath("py.typed").is_file(),
    "tables": sum(1 for file in files("ledger").joinpath("sdk", "data").iterdir() if file.name.endswith(".csv")),
    "commands": [point.value for point in entry_points(group="console_scripts", name="carbon-ledger")],
    "plugins": sorted(f"{point.name}={point.value}" for kind in ("plugins", "exchanges", "factors")
                      for point in entry_points(group=f"carbon_ledger.{kind}")),
}))
"""


def project(folder: Path) -> dict[str, Any]:
    return tomllib.loads((folder / "pyproject.toml").read_text(encoding="utf-8"))


def data_files(folder: Path) -> set[str]:
    return {file.name for file in folder.rglob("*") if file.suffix in DATA}


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with sdist and wheel of every distribution, built from a copy so that the tree stays as it is."""
    copy = tmp_path_factory.mktemp("source")
    unwanted = shutil.ignore_patterns("*.egg-info", "__pycache__", "build", "dist")
    for name in SOURCES:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, copy / name, ignore=unwanted)
        else:
            shutil.copy(ROOT / name, copy / name)
    dist = tmp_path_factory.mktemp("dist")
    folders = (copy, *(copy / path.relative_to(ROOT) for path in (*PLUGINS, CLIENT)))
    done = subprocess.run(
        [sys.executable, "-c", BUILDS, dist, *folders], capture_output=True, text=True, check=False, timeout=600,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return dist


def archive(dist: Path, distribution: str, pattern: str) -> Path:
    (found,) = dist.glob(distribution.replace("-", "_") + "-" + pattern)
    return found


def test_packages_are_the_folders_of_the_tree() -> None:
    listed = set(project(ROOT)["tool"]["setuptools"]["packages"])
    folders = {
        ".".join(path.parent.relative_to(ROOT).parts) for path in (ROOT / "ledger").rglob("__init__.py")
    }
    assert listed == folders | {"ledger._javascript", "ledger._sql"}
    with_modules = {
        ".".join(path.parent.relative_to(ROOT).parts) for path in (ROOT / "ledger").rglob("*.py")
    }
    assert with_modules == folders, "a folder with modules has no __init__.py"


@pytest.mark.parametrize("folder", [*PLUGINS, CLIENT], ids=lambda path: path.name)
def test_other_packages_are_the_folders_of_the_tree(folder: Path) -> None:
    listed = set(project(folder)["tool"]["setuptools"]["packages"])
    assert listed == {
        ".".join(path.parent.relative_to(folder).parts) for path in folder.glob("carbon_ledger_*/**/__init__.py")
    }


def test_every_file_states_the_version_of_the_program() -> None:
    """Packages, image, chart and changelog. A sector, a method and a factor set have versions of their own besides."""
    chart = yaml.safe_load((ROOT / "charts" / "carbon-ledger" / "Chart.yaml").read_text(encoding="utf-8"))
    stated = {str(folder): project(folder)["project"]["version"] for folder in (ROOT, CLIENT, *PLUGINS)}
    stated |= {"chart": chart["version"], "chart's program": chart["appVersion"]}
    for path, pattern in (("Containerfile", r'^LABEL org\.opencontainers\.image\.version="(.+)"$'),
                          ("CHANGELOG.md", r"^## (.+)$")):
        found = re.search(pattern, (ROOT / path).read_text(encoding="utf-8"), re.MULTILINE)
        stated[path] = found[1] if found else ""
    assert stated == dict.fromkeys(stated, VERSION)


@pytest.mark.parametrize("folder", [ROOT, *PLUGINS, CLIENT], ids=lambda path: path.name)
def test_archives_hold_sql_and_tables(built: Path, folder: Path) -> None:
    name = project(folder)["project"]["name"]
    wanted = data_files(ROOT / "ledger") | data_files(ROOT / "sql") if folder == ROOT else data_files(folder)
    with zipfile.ZipFile(archive(built, name, "*.whl")) as wheel:
        packed = [Path(entry).name for entry in wheel.namelist() if entry.endswith(DATA)]
    with tarfile.open(archive(built, name, "*.tar.gz")) as sdist:
        sources = [Path(entry).name for entry in sdist.getnames() if entry.endswith(DATA)]
    assert sorted(packed) == sorted(wanted)
    assert sorted(sources) == sorted(wanted)


def test_wheels_hold_nothing_else(built: Path) -> None:
    with zipfile.ZipFile(archive(built, "carbon-ledger", "*.whl")) as wheel:
        tops = {entry.partition("/")[0] for entry in wheel.namelist()}
    assert {top for top in tops if not top.endswith(".dist-info")} == {"ledger"}


def test_wheels_install_and_are_readable(built: Path, tmp_path: Path) -> None:
    """Without their dependencies: SQL, tables and entry points need none."""
    venv.create(tmp_path / "venv", symlinks=True)
    python = tmp_path / "venv" / "bin" / "python"
    site = subprocess.run(
        [python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"],
        capture_output=True, text=True, check=True, timeout=60,
    ).stdout.strip()
    names = [project(folder)["project"]["name"] for folder in (ROOT, *PLUGINS, CLIENT)]
    subprocess.run(
        [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-index", "--target", site,
         *(str(archive(built, name, "*.whl")) for name in names)],
        check=True, capture_output=True, timeout=120,
    )
    clean = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    done = subprocess.run(
        [python, "-c", READS], capture_output=True, text=True, check=True, timeout=60, cwd=tmp_path, env=clean
    )
    assert json.loads(done.stdout) == {
        "schema": True, "queries": True, "typed": True,
        "tables": len(list((ROOT / "ledger" / "sdk" / "data").glob("*.csv"))), "commands": ["ledger.cli:main"],
        "plugins": sorted(
            f"{name}={value}" for path in PLUGINS for points in project(path)["project"]["entry-points"].values()
            for name, value in points.items()
        ),
    }


def locked(path: Path) -> dict[str, str]:
    """Of each package its whole entry in a lock file, by name."""
    text = re.sub(r"^(#|-r ).*\n", "", path.read_text(encoding="utf-8"), flags=re.M)
    return {entry.partition("==")[0]: entry for entry in re.findall(r"^\S.*\n(?: .*\n)*", text, re.M)}


def names_of(requirements: Sequence[str]) -> set[str]:
    found = [re.split(r"[^A-Za-z0-9._-]", one, maxsplit=1)[0] for one in requirements]
    return {re.sub(r"[-_.]+", "-", name).lower() for name in found}


def test_the_locks_name_versions_and_hashes_and_nothing_else() -> None:
    entry = re.compile(
        r"[a-z0-9-]+==[^ ;@]+( ; (sys_platform|python_version) [=>]= .+?)?( \\\n    --hash=sha256:[0-9a-f]{64})+\n"
    )
    for path in LOCKS:
        assert locked(path)
        for name, text in locked(path).items():
            assert entry.fullmatch(text), f"{path}: {name}"


def test_the_lock_of_the_fuzzers_includes_the_locks_before_it() -> None:
    """So that pip can install it alone, though it does not repeat their packages."""
    includes = {path: re.findall(r"^-r (\S+)$", path.read_text(encoding="utf-8"), re.M) for path in LOCKS}
    assert [(LOCKS[2].parent / one).resolve() for one in includes.pop(LOCKS[2])] == LOCKS[:2]
    assert not any(includes.values())


def test_the_locks_cover_every_requirement() -> None:
    about = project(ROOT)
    extras = about["project"]["optional-dependencies"]
    running = [one for name, extra in extras.items() if name != "test" for one in extra]
    runs, tests, fuzzes, npm = (set(locked(path)) for path in LOCKS)
    assert names_of([*about["project"]["dependencies"], *running, *about["build-system"]["requires"]]) <= runs
    assert names_of(extras["test"]) <= runs | tests
    assert names_of(about["dependency-groups"]["fuzz"]) <= fuzzes
    assert names_of(about["dependency-groups"]["npm"]) <= npm
    assert not runs & tests
    assert not fuzzes & (runs | tests)
    for path in (*PLUGINS, CLIENT):
        assert names_of(project(path)["project"].get("dependencies", [])) <= {*runs, "carbon-ledger"}
        assert names_of(project(path)["build-system"]["requires"]) <= runs


def test_every_installation_of_a_lock_asks_for_hashes() -> None:
    """README, Makefile: what is locked is installed by hash, and the ledger itself without asking an index. A script
    builds the image's tree; tests/integration/test_image.py runs it."""
    for name in ("README.md", "Makefile"):
        text = (ROOT / name).read_text(encoding="utf-8").replace("\\\n", " ")
        lines = [line for line in text.splitlines() if re.search(r"pip install|\$\(PIP\) install", line)]
        locks = [line for line in lines if re.search(r"requirements|\$\(LOCKS", line)]
        assert locks, name
        assert [line for line in locks if "--require-hashes" not in line] == []
        own = [line for line in lines if "plugins" in line.lower()]
        assert own, name
        assert [line for line in own if "--no-deps --no-build-isolation" not in line] == []
    assert "pip" not in re.findall(r"\w+", (ROOT / "Containerfile").read_text(encoding="utf-8"))


def test_a_file_of_other_bytes_is_not_installed(tmp_path: Path) -> None:
    """A wheel of the name and version that are locked, as an index could serve it."""
    name = "mdurl"
    entry = locked(LOCKS[0])[name]
    version = entry.partition("==")[2].split()[0]
    folder = f"{name}-{version}.dist-info"
    with zipfile.ZipFile(tmp_path / f"{name}-{version}-py3-none-any.whl", "w") as wheel:
        wheel.writestr(f"{name}/__init__.py", "")
        wheel.writestr(f"{folder}/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
        wheel.writestr(f"{folder}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        wheel.writestr(f"{folder}/RECORD", "")

    def install(requirements: str) -> subprocess.CompletedProcess[str]:
        (tmp_path / "requirements").write_text(requirements)
        return subprocess.run(
            [sys.executable, "-m", "pip", "install", "--require-hashes", "--no-cache-dir",
             "--target", str(tmp_path / "target"), "-r", str(tmp_path / "requirements")],
            env=os.environ | {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(tmp_path)},
            capture_output=True, text=True, check=False, timeout=120,
        )

    done = install(entry)
    assert done.returncode != 0
    assert "DO NOT MATCH THE HASHES" in done.stderr
    assert not (tmp_path / "target").exists()
    own = hashlib.sha256(next(tmp_path.glob("*.whl")).read_bytes()).hexdigest()
    assert install(f"{name}=={version} --hash=sha256:{own}").returncode == 0
