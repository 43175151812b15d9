"""What the documents name is there: targets, commands and options, routes, variables, files, tables."""

import os
import re
import shlex
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Final, cast

import click
import pytest

from ledger.app import create_app
from ledger.cli.root import cli
from ledger.service.configuration.catalogue import CONFIG, SETTINGS
from ledger.service.ledger import Ledger
from ledger.store.sql import schema

ROOT: Final = Path(__file__).parents[2]
DOCUMENTS: Final = [
    *sorted(ROOT.glob("*.md")), *sorted(ROOT.glob("*/README.md")), *sorted((ROOT / "plugins").glob("*/README.md")),
    *sorted((ROOT / "ledger").rglob("README.md")), ROOT / "charts" / "carbon-ledger" / "README.md",
    ROOT / "tests" / "THREATS.md", ROOT / "clients" / "STANDARDS.md", ROOT / "clients" / "python" / "README.md",
]
TEXTS: Final = {path.relative_to(ROOT).as_posix(): path.read_text(encoding="utf-8") for path in DOCUMENTS}
MAKEFILE: Final = (ROOT / "Makefile").read_text(encoding="utf-8")

_BLOCK: Final = re.compile(r"^```(\w*)\n(.*?)^```", re.M | re.S)
_CODE: Final = re.compile(r"`([^`\n]+)`")
_ROUTE: Final = re.compile(r"/(?:v1|log|health|schema|metrics)(?:/[A-Za-z0-9_{}.-]+)*")
_FILE: Final = re.compile(r"(?:[\w.-]+/)*[\w-]+\.(?:py|sql|csv|toml|md|lock|json)")
_MADE: Final = frozenset({"bench.json", "case.json", "record.json", "receipt.json", "statement.json",
                         "ledger.toml"})
"""Files that readers make or get, and that are not in the repository."""


def shell_lines() -> Iterator[tuple[str, list[str]]]:
    """Every command in a block of shell, as words; a line that ends with a backslash goes on."""
    for name, text in TEXTS.items():
        for language, block in _BLOCK.findall(text):
            if language == "sh":
                for line in block.replace("\\\n", " ").splitlines():
                    words = shlex.split(line, comments=True)
                    if words:
                        yield name, words


def code_spans() -> Iterator[tuple[str, str]]:
    for name, text in TEXTS.items():
        for span in _CODE.findall(_BLOCK.sub("", text)):
            yield name, span


def resolve(words: list[str]) -> tuple[click.Command, list[str]]:
    """The command that the words name, and the words that are left."""
    command: click.Command = cli
    rest = words
    while isinstance(command, click.Group) and rest and not rest[0].startswith("-"):
        found = command.get_command(click.Context(command), rest[0])
        assert found is not None, f"there is no command {' '.join(words)!r}"
        command, rest = found, rest[1:]
    return command, rest


def options(command: click.Command) -> set[str]:
    context = click.Context(command, help_option_names=["-h", "--help"])
    return {name for parameter in command.get_params(context) for name in (*parameter.opts, *parameter.secondary_opts)}


def check_command(words: list[str]) -> None:
    command, rest = resolve(words)
    for word in rest:
        if word in ("|", ">", "&&", ";", "--"):
            return
        if word.startswith("-"):
            assert word.partition("=")[0] in options(command), f"carbon-ledger {' '.join(words)}: no option {word}"


@cache
def routes() -> set[str]:
    return {route.rstrip("/") or "/" for route in create_app(cast(Ledger, None)).openapi_schema.paths or {}}


def test_commands_in_blocks_exist() -> None:
    seen = 0
    for _, words in shell_lines():
        if "carbon-ledger" in (Path(word).name for word in words[:1]):
            check_command(words[1:])
            seen += 1
    assert seen > 10


def test_commands_in_prose_exist() -> None:
    for _, span in code_spans():
        words = span.split()
        if words[:1] == ["carbon-ledger"]:
            check_command(words[1:])


GUIDES: Final = "".join(TEXTS[name] for name in ("README.md", "charts/README.md", "clients/README.md",
                                                 "plugins/README.md"))
"""The pages by audience, as one text."""


def test_every_command_is_in_a_guide() -> None:
    missing = [name for name in cli.list_commands(click.Context(cli))
               if not re.search(rf"carbon-ledger {name}\b", GUIDES)]
    assert missing == []


def test_the_guide_of_clients_says_how_a_reader_is_appointed() -> None:
    """Whose records are read by others learns there by which command and for which purpose."""
    appoint = ["carbon-ledger", "reader", "appoint"]
    shown = [span.split() for name, span in code_spans()
             if name == "clients/README.md" and span.split()[:3] == appoint]
    assert shown
    for words in shown:
        needed = {parameter.opts[0] for parameter in resolve(words[1:])[0].params
                  if parameter.required and isinstance(parameter, click.Option)}
        assert {"--purpose"} <= needed <= set(words)


def test_the_readme_fits_a_screen_or_two() -> None:
    assert len(TEXTS["README.md"].splitlines()) <= 120


def test_the_architecture_page_stays_short() -> None:
    """Decisions belong to the pages of the packages."""
    assert len(TEXTS["ARCHITECTURE.md"].split()) <= 1_800


def test_make_targets_exist() -> None:
    targets = set(re.findall(r"^([a-z]+):", MAKEFILE, re.M))
    named = {words[1] for _, words in shell_lines() if words[0] == "make" and len(words) > 1}
    named |= {span.split()[1] for _, span in code_spans() if re.match(r"make [a-z]", span)}
    assert {"demo", "test", "bench"} <= named <= targets


def test_every_make_target_is_described() -> None:
    targets = set(re.findall(r"^([a-z]+):", MAKEFILE, re.M))
    assert set(re.findall(r"^([a-z]+):.* ## \S", MAKEFILE, re.M)) == targets


@pytest.mark.parametrize("name", [name for name in TEXTS if name.count("/") < 2])
def test_routes_exist(name: str) -> None:
    """`/log/...` stands for all below `/log`; a query is no part of a route."""
    known = {re.sub(r"\{[^}]*\}", "{}", route) for route in routes()}
    tops = {"/log", "/v1", "/health", "/schema"}
    for span in _CODE.findall(TEXTS[name]):
        for match in _ROUTE.findall(span.removeprefix("GET ").removeprefix("POST ")):
            if not span.removeprefix("GET ").removeprefix("POST ").startswith(match):
                continue
            route = re.sub(r"\{[^}]*\}", "{}", match.rstrip("./"))
            assert route in known or route in tops or any(
                one.startswith(route + "/") and "{}" not in route for one in known
            ), f"{name}: no route {match}"


def test_every_route_is_documented() -> None:
    for route in routes():
        first = route.partition("{")[0].rstrip("/")
        assert first in TEXTS["clients/README.md"], route


def test_variables_exist() -> None:
    settings = {setting.variable_name for setting in SETTINGS} | {CONFIG}
    containerfile = (ROOT / "Containerfile").read_text(encoding="utf-8")
    named = set(re.findall(r"CARBON_LEDGER_[A-Z_]*[A-Z]", "".join((*TEXTS.values(), containerfile))))
    assert named
    assert named <= settings


@cache
def file_names() -> set[str]:
    """Of all files of the repository, wherever they are. The virtual environment has far more, and is not entered."""
    found = set()
    for _, folders, names in os.walk(ROOT):
        folders[:] = [name for name in folders if name != ".venv"]
        found.update(names)
    return found


@pytest.mark.parametrize("name", list(TEXTS))
def test_files_exist(name: str) -> None:
    here = (ROOT / name).parent
    for span in _CODE.findall(TEXTS[name]):
        if not _FILE.fullmatch(span) or Path(span).name in _MADE or "NNNN" in span:
            continue
        places = (ROOT / span, here / span, ROOT / "ledger" / span)
        found = any(place.is_file() for place in places) or ("/" not in span and span in file_names())
        assert found, f"{name}: no {span}"


@pytest.mark.parametrize("name", list(TEXTS))
def test_links_lead_somewhere(name: str) -> None:
    for target in re.findall(r"\]\(([^)#]+)[^)]*\)", TEXTS[name]):
        if "://" not in target:
            assert ((ROOT / name).parent / target).exists(), f"{name}: {target}"


def test_tables_of_the_database_are_described() -> None:
    tables = set(re.findall(r"^CREATE TABLE (\w+)", schema(), re.M))
    section = re.search(r"^## Tables\n(.*?)^## ", TEXTS["sql/README.md"], re.M | re.S)
    assert section is not None
    first_cells = re.findall(r"^\| ([^|]+) \|", section[1], re.M)
    described = {name for cell in first_cells for name in re.findall(r"`(\w+)`", cell)}
    assert described == tables


def test_layers_are_drawn() -> None:
    drawn = TEXTS["ARCHITECTURE.md"]
    for path in (ROOT / "ledger").iterdir():
        if path.is_dir() and (path / "__init__.py").exists():
            assert re.search(rf"^ *{path.name}\b|\| {path.name}\b", drawn, re.M), path.name


def test_readme_shows_two_pictures_of_the_pages() -> None:
    pictures = re.findall(r"^!\[[^]]{20,}\]\((\S+\.png)\)$", TEXTS["README.md"], re.M)
    assert len(pictures) == 2
    for picture in pictures:
        content = (ROOT / picture).read_bytes()
        assert content.startswith(b"\x89PNG\r\n\x1a\n")
        assert len(content) < 200_000, picture
