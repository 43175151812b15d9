"""Writes the lock files: every package with its version and the SHA-256 of each file of that version, so that pip
installs these bytes or nothing (`--require-hashes`).

    requirements.lock             what runs a ledger: the base install and every extra but `test`, and what builds it
    tests/requirements.lock       what the tests need besides
    tests/fuzz/requirements.txt   what the fuzzers need besides
    .ci/npm.txt                   npm, for machines that have none

pip's resolver decides, on the oldest Python, for all Pythons and platforms. Versions that are locked stay as long as
they fit; `--upgrade` takes the newest. The index is the one that pip is configured for. Nothing but pip is needed.
"""

import json
import re
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple

from pip._internal.commands import create_command
from pip._internal.index.collector import LinkCollector, parse_links
from pip._internal.models.link import Link
from pip._vendor.packaging.markers import Marker
from pip._vendor.packaging.requirements import Requirement
from pip._vendor.packaging.utils import canonicalize_name, parse_sdist_filename, parse_wheel_filename
from pip._vendor.packaging.version import Version

OLDEST: Final = (3, 11)
ROOT: Final = Path(__file__).parents[1]
ENVIRONMENTS: Final = [
    {"python_version": version, "python_full_version": f"{version}.0", "sys_platform": system, "os_name": "posix",
     "platform_system": {"linux": "Linux", "darwin": "Darwin"}[system], "platform_machine": machine,
     "implementation_name": "cpython", "platform_python_implementation": "CPython", "extra": ""}
    for version in ("3.11", "3.12", "3.13")
    for system, machine in (("linux", "x86_64"), ("linux", "aarch64"), ("darwin", "x86_64"), ("darwin", "arm64"))
]
"""For these the lock files have to be complete."""
HEADER: Final = """\
# {what}, pinned by version and hash. Written by `make lock`; do not edit.
# The same versions serve Python 3.11, 3.12 and 3.13.
"""


class LockFile(NamedTuple):
    """`requirements` as they are written in pyproject.toml. `includes`: lock files whose packages this one does not
    repeat; pip installs them with it."""

    path: Path
    what: str
    requirements: list[str]
    includes: Sequence[str] = ()


class Pin(NamedTuple):
    version: str
    requires: list[str]


def lock_files() -> list[LockFile]:
    """In this order: each holds what those before it do not."""
    about = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    extras = about["project"]["optional-dependencies"]
    running = [one for name, extra in extras.items() if name != "test" for one in extra]
    building = about["build-system"]["requires"]
    return [
        LockFile(ROOT / "requirements.lock", "What runs a ledger, all extras included, and what builds it",
                 [*about["project"]["dependencies"], *running, *building]),
        LockFile(ROOT / "tests" / "requirements.lock", "What the tests need besides requirements.lock", extras["test"]),
        LockFile(ROOT / "tests" / "fuzz" / "requirements.txt",
                 "What `make fuzz` needs besides requirements.lock and tests/requirements.lock",
                 about["dependency-groups"]["fuzz"], ("../../requirements.lock", "../requirements.lock")),
        LockFile(ROOT / ".ci" / "npm.txt", "What gives npm to the tests where the machine has none",
                 about["dependency-groups"]["npm"]),
    ]


def locked(path: Path) -> dict[str, str]:
    """Versions by name, as the lock file has them."""
    text = path.read_text(encoding="utf-8") if path.exists() else ""
    return dict(re.findall(r"^([a-z0-9-]+)==([^ ;\\\n]+)", text, re.M))


def resolved(requirements: Sequence[str], kept: Mapping[str, str]) -> dict[str, Pin]:
    """What the oldest Python gets, and what is for later ones alone. `kept` are versions to stay at, where they fit."""
    fitting = _fitting(kept, requirements)
    later = [one for one in requirements if not _applies(Requirement(one))]
    found = _report([one for one in requirements if one not in later], fitting)
    names = [str(_bare(Requirement(one))) for one in later]
    return found | (_report(names, fitting, "--no-deps", "--ignore-requires-python") if names else {})


def _fitting(kept: Mapping[str, str], requirements: Sequence[str]) -> list[str]:
    wanted = [(canonicalize_name(one.name), one.specifier) for one in map(Requirement, requirements)]
    return [
        f"{name}=={version}" for name, version in kept.items()
        if all(allowed.contains(version, prereleases=True) for asked, allowed in wanted if asked == name)
    ]


def _applies(requirement: Requirement, environment: Mapping[str, str] | None = None) -> bool:
    return requirement.marker is None or requirement.marker.evaluate(dict(environment or {"extra": ""}))


def _bare(requirement: Requirement) -> Requirement:
    requirement.marker = None
    return requirement


def _report(requirements: Sequence[str], constraints: Sequence[str], *options: str) -> dict[str, Pin]:
    """What pip would install. What is installed here already has no say."""
    with tempfile.NamedTemporaryFile("w", suffix=".txt") as file:
        file.write("\n".join(constraints))
        file.flush()
        command = [sys.executable, "-m", "pip", "install", "--quiet", "--dry-run", "--ignore-installed", *options]
        command += ["--constraint", file.name, "--report", "-", *requirements]
        done = subprocess.run(command, stdout=subprocess.PIPE, check=False)
    if done.returncode:
        sys.exit("no versions fit together; where locked ones are in the way: make lock UPGRADE=1")
    about = [one["metadata"] for one in json.loads(done.stdout)["install"]]
    return {canonicalize_name(one["name"]): Pin(one["version"], one.get("requires_dist", [])) for one in about}


def reached(requirements: Iterable[str], pins: Mapping[str, Pin]) -> set[str]:
    """The packages that the requirements come to on any of the platforms. Ends the program where one is not pinned."""
    names: set[str] = set()
    waiting = [(one, "") for one in requirements]
    seen: set[tuple[str, str]] = set()
    while waiting:
        text, extra = waiting.pop()
        requirement = Requirement(text)
        if (text, extra) in seen or not any(_applies(requirement, {**one, "extra": extra}) for one in ENVIRONMENTS):
            continue
        seen.add((text, extra))
        name = canonicalize_name(requirement.name)
        if name not in pins:
            sys.exit(f"{name} is needed on another platform than this one: name it in pyproject.toml ({text})")
        names.add(name)
        waiting += [(one, extra) for extra in ("", *requirement.extras) for one in pins[name].requires]
    return names


class Index:
    """The index of packages that pip is configured for."""

    def __init__(self) -> None:
        command: Any = create_command("download")
        options, _ = command.parse_args([])
        self._collector = LinkCollector.create(command._build_session(options), options=options)

    def hashes(self, name: str, version: str) -> list[str]:
        """The SHA-256 of every file of a version."""
        found = {link.hash for link in self._links(name) if _version_of(link) == Version(version)
                 and link.hash_name == "sha256" and link.hash is not None}
        if not found:
            sys.exit(f"the index has no hash of {name} {version}")
        return sorted(found)

    def _links(self, name: str) -> Iterator[Link]:
        for location in self._collector.search_scope.get_index_urls_locations(name):
            page = self._collector.fetch_response(Link(location))
            yield from parse_links(page) if page is not None else ()


def _version_of(link: Link) -> Version | None:
    """The version that a file's name says; none where it is neither a wheel nor a source archive."""
    try:
        if link.filename.endswith(".whl"):
            return parse_wheel_filename(link.filename)[1]
        return parse_sdist_filename(link.filename)[1]
    except ValueError:
        return None


def written(name: str, version: str, marker: Marker | None, hashes: Sequence[str]) -> str:
    condition = f" ; {marker}" if marker is not None else ""
    return " \\\n".join([f"{name}=={version}{condition}", *[f"    --hash=sha256:{one}" for one in hashes]]) + "\n"


def main() -> None:
    if sys.version_info[:2] != OLDEST:
        # Newer ones get versions that the oldest cannot install; what the oldest gets, all can.
        sys.exit("the oldest Python resolves for all: make lock OLDEST=/path/to/python3.11")
    files, index = lock_files(), Index()
    kept: dict[str, str] = {}
    for file in files if "--upgrade" not in sys.argv else ():
        kept |= locked(file.path)
    pins = resolved([one for file in files for one in file.requirements], kept)
    markers = {canonicalize_name(one.name): one.marker
               for one in map(Requirement, [text for file in files for text in file.requirements])}
    above: set[str] = set()
    for file in files:
        names = sorted(reached(file.requirements, pins) - above)
        above.update(names)
        lines = [written(name, pins[name].version, markers.get(name), index.hashes(name, pins[name].version))
                 for name in names]
        included = [f"-r {path}\n" for path in file.includes]
        file.path.write_text("".join([HEADER.format(what=file.what), *included, *lines]), encoding="utf-8")
        print(f"{file.path.relative_to(ROOT)}: {len(names)} packages")


if __name__ == "__main__":
    main()
