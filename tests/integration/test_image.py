"""The image's file tree, built without a container engine: two builds are equal, nothing of the build is in it, it
runs, and its bill of materials is complete. And the systemd unit, as far as that can be checked without systemd."""

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import zipfile
from importlib.metadata import distributions
from pathlib import Path
from typing import Any, Final

import click
import pytest
from support.tools import tool

from ledger.cli.root import cli
from ledger.service.settings import Settings

ROOT: Final = Path(__file__).parents[2]
CONTAINERFILE: Final = (ROOT / "Containerfile").read_text(encoding="utf-8")
UNITS: Final = ROOT / "charts" / "systemd"
SERVES: Final = UNITS / "carbon-ledger.service"
BACKS_UP: Final = UNITS / "carbon-ledger-backup.service"
PLUGINS: Final = sorted(path.parent.name for path in ROOT.glob("plugins/*/pyproject.toml"))
LOCKED: Final = "demo-lib"
VALIDATES: Final = """
import sys
import rfc3987_syntax
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
print(JsonStrictValidator(SchemaVersion.V1_6).validate_str(sys.stdin.read()))
"""
EXPOSURE: Final = 1.5
"""What `systemd-analyze security` may say at most, from 0 (safe) to 10."""


@pytest.fixture(scope="module")
def lock(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A lock file with one package, which is served from its folder."""
    folder = tmp_path_factory.mktemp("packages")
    about = "demo_lib-1.0.dist-info"
    with zipfile.ZipFile(folder / "demo_lib-1.0-py3-none-any.whl", "w") as wheel:
        wheel.writestr("demo_lib/__init__.py", "NUMBERS = {3, 1, 2}\n")
        wheel.writestr(f"{about}/METADATA", "Metadata-Version: 2.4\nName: demo-lib\nVersion: 1.0\n"
                                            "License-Expression: MIT\n")
        wheel.writestr(f"{about}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        wheel.writestr(f"{about}/RECORD", "")
    digest = hashlib.sha256(next(folder.glob("*.whl")).read_bytes()).hexdigest()
    (folder / "lock").write_text(f"{LOCKED}==1.0 --hash=sha256:{digest}\n")
    return folder / "lock"


def build(target: Path, lock: Path, **variables: str) -> "subprocess.CompletedProcess[str]":
    environment = {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "SOURCE_DATE_EPOCH")}
    home = Path(sys.executable).resolve().parent
    return subprocess.run(
        [sys.executable, ROOT / ".ci" / "image_tree.py", target, "--lock", lock, "--home", home],
        env={**environment, "PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(lock.parent), **variables},
        capture_output=True, text=True, check=False, timeout=600,
    )


@pytest.fixture(scope="module")
def built(lock: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """The tree, and its digest as the command printed it."""
    target = tmp_path_factory.mktemp("image") / "tree"
    done = build(target, lock)
    assert done.returncode == 0, done.stderr
    return target, done.stdout.strip()


def site(tree: Path) -> Path:
    (found,) = tree.glob("opt/carbon-ledger/lib/python3.*/site-packages")
    return found


def test_two_builds_are_equal(built: tuple[Path, str], lock: Path, tmp_path: Path) -> None:
    """In another folder, with another mask of modes and another seed of hashes."""
    before = os.umask(0o077)
    try:
        done = build(tmp_path / "a" / "longer" / "path", lock, PYTHONHASHSEED="7", TZ="Asia/Tokyo")
    finally:
        os.umask(before)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == built[1]


def test_the_digest_sees_every_change(built: tuple[Path, str], tmp_path: Path) -> None:
    sys.path.insert(0, str(ROOT / ".ci"))
    try:
        import image_tree  # noqa: PLC0415 - a script, which no package holds
    finally:
        sys.path.pop(0)
    copy = tmp_path / "copy"
    shutil.copytree(built[0], copy, symlinks=True)
    assert image_tree.digest_of(copy) == built[1]
    command = copy / "opt" / "carbon-ledger" / "bin" / "carbon-ledger"
    times = command.stat().st_mtime
    changes = (
        lambda: command.chmod(0o700), lambda: command.chmod(0o755), lambda: os.utime(command, (1, 1)),
        lambda: (command.write_bytes(command.read_bytes() + b"\n"), os.utime(command, (times, times))),
        lambda: (copy / "more").mkdir(),
    )
    seen = [built[1]]
    for change in changes:
        change()
        seen.append(image_tree.digest_of(copy))
    # The second change takes back the first one.
    assert (seen[2], len(set(seen))) == (seen[0], len(seen) - 1)


def test_it_holds_the_lock_s_packages_and_all_plugins(built: tuple[Path, str]) -> None:
    installed = {one.name for one in distributions(path=[str(site(built[0]))])}
    assert len(PLUGINS) == 12
    assert installed == {LOCKED, "carbon-ledger", *(f"carbon-ledger-{name}" for name in PLUGINS)}


def test_nothing_of_the_build_is_in_it(built: tuple[Path, str]) -> None:
    """No path of the builder, no address of an index, no writable file, no time but the one."""
    foreign = [os.fsencode(built[0]), os.fsencode(ROOT), b"file://"]
    for path in built[0].rglob("*"):
        if path.is_symlink():
            continue
        assert path.stat().st_mode & 0o7777 in (0o755, 0o644), path
        assert path.stat().st_mtime == 1_577_836_800, path
        if path.is_file():
            data = path.read_bytes()
            assert not [one for one in foreign if one in data], path
    assert not list(built[0].rglob("direct_url.json"))


def test_its_modules_are_compiled(built: tuple[Path, str]) -> None:
    """The root of a container is read-only, and every worker would compile all modules anew."""
    sources = list((site(built[0]) / "ledger").rglob("*.py"))
    compiled = list((site(built[0]) / "ledger").rglob("*.pyc"))
    assert len(sources) == len(compiled) > 300
    # Unchecked: bit 0 of the flags says that a hash stands for the source, bit 1 would have it checked.
    assert {int.from_bytes(path.read_bytes()[4:8], "little") for path in compiled} == {1}


def test_its_command_is_the_program(built: tuple[Path, str]) -> None:
    """With the interpreter of the tree; the packages of the lock are those of this environment."""
    command = built[0] / "opt" / "carbon-ledger" / "bin" / "carbon-ledger"
    assert command.read_text().splitlines()[0] == "#!/opt/carbon-ledger/bin/python -P"
    packages = next(path for path in sys.path if path.endswith("site-packages"))
    script = (f"import sys; sys.path.append({packages!r}); sys.argv = ['carbon-ledger', '--version']; "
              f"exec(open({str(command)!r}).read())")
    done = subprocess.run(
        [command.parent / "python", "-P", "-c", script], env={"PATH": os.environ["PATH"]}, cwd="/",
        capture_output=True, text=True, check=False, timeout=60,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("carbon-ledger, version")


def bill(tree: Path) -> dict[str, Any]:
    return json.loads((tree / "opt" / "carbon-ledger" / "sbom.cdx.json").read_text())


def test_the_bill_of_materials_is_valid(built: tuple[Path, str]) -> None:
    """In a process that knows international addresses, as `conftest.py` says."""
    done = subprocess.run(
        [sys.executable, "-c", VALIDATES], input=json.dumps(bill(built[0])), capture_output=True, text=True,
        check=False, timeout=120,
    )
    assert (done.returncode, done.stdout) == (0, "None\n"), done.stdout + done.stderr


def test_the_bill_of_materials_is_complete(built: tuple[Path, str], lock: Path) -> None:
    made = bill(built[0])
    parts = {one["name"]: one for one in [*made["components"], made["metadata"]["component"]]}
    installed = {one.name: one.version for one in distributions(path=[str(site(built[0]))])}
    assert {name: one["version"] for name, one in parts.items()} == installed
    (digest,) = parts[LOCKED]["hashes"]
    assert digest["alg"] == "SHA-256"
    assert digest["content"] in lock.read_text()
    assert parts[LOCKED]["licenses"] == [{"license": {"id": "MIT"}}]
    assert parts["carbon-ledger"]["licenses"] == [{"license": {"id": "Apache-2.0"}}]
    edges = {one["ref"].partition("@")[0]: one.get("dependsOn", []) for one in made["dependencies"]}
    assert edges.keys() == installed.keys()
    assert all(edges[f"carbon-ledger-{name}"] for name in PLUGINS)


def test_a_package_of_other_bytes_is_not_installed(lock: Path, tmp_path: Path) -> None:
    other = tmp_path / "lock"
    other.write_text(re.sub(r"sha256:.", lambda hit: hit[0][:-1] + ("0" if hit[0][-1] != "0" else "1"),
                            lock.read_text()))
    done = build(tmp_path / "tree", other, PIP_FIND_LINKS=str(lock.parent))
    assert done.returncode != 0
    assert "DO NOT MATCH THE HASHES" in done.stderr


def test_a_tree_is_never_built_over_another(built: tuple[Path, str], lock: Path) -> None:
    done = build(built[0], lock)
    assert (done.returncode, done.stderr.strip()) == (1, f"error: {built[0]} is not empty")


def test_the_image_publishes_nothing_and_runs_as_nobody_special() -> None:
    instructions = [line.split(maxsplit=1) for line in CONTAINERFILE.replace("\\\n", " ").splitlines()
                    if re.match(r"[A-Z]+ ", line)]
    assert [rest for name, rest in instructions if name == "FROM"] == ["${BASE} AS build", "${BASE}"]
    # Without a default, a build has to name the base; the comment says how to name it by digest.
    assert [rest for name, rest in instructions if name == "ARG"] == ["BASE"]
    assert "EXPOSE" not in dict(instructions)
    final = instructions[[rest for _, rest in instructions].index("${BASE}") :]
    assert [rest for name, rest in final if name == "USER"] == ["10001:10001"]
    assert "RUN" not in dict(final)
    entry = [*json.loads(dict(final)["ENTRYPOINT"]), *json.loads(dict(final)["CMD"])]
    command = cli.get_command(click.Context(cli), entry[1])
    # Without the option, the setting's default applies.
    assert command.make_context(entry[1], entry[2:]).params["host"] is None
    assert Settings(home=Path("home")).host == "127.0.0.1"
    assert "/health/ready" in dict(final)["HEALTHCHECK"]


def start(unit: Path) -> list[str]:
    (line,) = re.findall(r"^ExecStart=(.*)$", unit.read_text(encoding="utf-8"), re.M)
    return str(line).split()


@pytest.mark.parametrize(("unit", "parameter", "value"), [(SERVES, "host", "127.0.0.1"), (BACKS_UP, "keep", 14)])
def test_a_unit_s_command_parses(unit: Path, parameter: str, value: object) -> None:
    program, name, *words = start(unit)
    assert program == "/opt/carbon-ledger/bin/carbon-ledger"
    command = cli.get_command(click.Context(cli), name)
    assert command.make_context(name, words).params[parameter] == value


def test_the_units_are_valid_and_hardened(tmp_path: Path) -> None:
    for unit in UNITS.iterdir():
        text = unit.read_text(encoding="utf-8")
        tmp_path.joinpath(unit.name).write_text(text.replace("/opt/carbon-ledger/bin/carbon-ledger", sys.executable))
    analyze = tool("systemd-analyze")
    done = subprocess.run([analyze, "verify", *sorted(tmp_path.iterdir())], capture_output=True, text=True,
                          check=False, timeout=60)
    assert (done.returncode, done.stderr) == (0, "")
    for name in (SERVES.name, BACKS_UP.name):
        done = subprocess.run([analyze, "security", "--offline=true", "--no-pager", tmp_path / name],
                              capture_output=True, text=True, check=False, timeout=60)
        overall = re.search(r"Overall exposure level for \S+: ([\d.]+)", done.stdout)
        assert overall is not None, done.stdout + done.stderr
        assert float(overall[1]) <= EXPOSURE


def test_the_backup_reads_what_the_server_writes() -> None:
    """The same home, settings, passphrase and account. The socket of the database is in the runtime directory."""
    served, backed_up = (unit.read_text(encoding="utf-8").splitlines() for unit in (SERVES, BACKS_UP))
    for name in ("Environment=", "EnvironmentFile=", "LoadCredential=", "User=", "PrivateTmp="):
        (line,) = [line for line in served if line.startswith(name)]
        assert line in backed_up
    assert f"User={SERVES.stem}" in backed_up
    assert f"RuntimeDirectory={SERVES.stem}" in served
