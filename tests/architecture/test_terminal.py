"""All that is printed goes through one sink, `ledger/cli/console.py`, which makes it fit for a terminal."""

import ast
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[2]
SINK: Final = ROOT / "ledger" / "cli" / "console.py"
FILES: Final = [path for path in sorted((ROOT / "ledger").rglob("*.py")) if path != SINK]
LAYOUT: Final = frozenset({"rich.table", "rich.tree"})
"""What arranges text and prints nothing; its strings are made fit when they are rendered."""
CALLS: Final = frozenset({
    "print", "click.echo", "click.secho", "click.style", "click.prompt", "click.confirm", "click.echo_via_pager",
    "click.pause", "click.clear", "click.progressbar", "click.edit", "click.get_text_stream", "click.get_binary_stream",
    "click.open_file", "logging.basicConfig", "logging.StreamHandler", "traceback.print_exc",
    "traceback.print_exception", "warnings.showwarning", "faulthandler.dump_traceback", "error.show",
})
STREAMS: Final = frozenset({"sys.stdout", "sys.stderr", "sys.__stdout__", "sys.__stderr__"})
EXEMPT: Final = {
    "ledger/registry/workers/loop.py": "it makes fit what plugins print, in a process of its own",
    "ledger/registry/printed.py": "it makes fit what plugins print while they are loaded",
    "ledger/sdk/testing/replay.py": "a process that a sector's test starts answers it there, in a pipe",
}


def faults(tree: ast.AST) -> list[str]:
    found: list[str] = []
    for node in ast.walk(tree):
        match node:
            case ast.Call(func=func) if ast.unparse(func) in CALLS:
                found.append(f"{node.lineno} {ast.unparse(func)}(")
            case ast.Attribute() if ast.unparse(node) in STREAMS:
                found.append(f"{node.lineno} {ast.unparse(node)}")
            case ast.ImportFrom(module=str(module)):
                if module.split(".")[0] == "rich" and module not in LAYOUT:
                    found.append(f"{node.lineno} from {module}")
                if module in ("sys", "click", "logging", "traceback"):
                    found.append(f"{node.lineno} from {module}: its functions are called by their whole name")
            case ast.Import(names=names):
                found.extend(f"{node.lineno} import {one.name}" for one in names if one.name.split(".")[0] == "rich")
    return found


def test_no_module_prints_past_the_sink() -> None:
    found = {path.relative_to(ROOT).as_posix(): faults(ast.parse(path.read_text(encoding="utf-8"))) for path in FILES}
    assert {name: lines for name, lines in found.items() if lines and name not in EXEMPT} == {}


def test_every_exemption_is_used() -> None:
    for name in EXEMPT:
        assert faults(ast.parse((ROOT / name).read_text(encoding="utf-8")))


def test_the_check_sees_what_it_forbids() -> None:
    assert len(faults(ast.parse(
        "import rich\nfrom rich.text import Text\nfrom click import echo\n"
        "print(1)\nclick.echo(1)\nsys.stdout.write('')\n"
    ))) == 6
