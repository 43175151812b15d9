"""Writes the table of routes in `SECURITY.md` from the declarations of the routes.

    PYTHONPATH=.:tests python -m support.access_page
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Final, cast

from ledger.access.words import in_words
from ledger.app import create_app
from ledger.service.ledger import Ledger
from ledger.web.authorization import declarations

PAGE: Final = Path(__file__).parents[2] / "SECURITY.md"
BEGIN: Final = "| route | answers |\n|---|---|\n"


def table() -> str:
    """The rows of the table, by path."""
    return "\n".join(_rows()) + "\n"


def written(text: str) -> str:
    """The page with the rows of today's routes."""
    head, _, rest = text.partition(BEGIN)
    return head + BEGIN + table() + "\n" + rest.partition("\n\n")[2]


def _rows() -> Iterator[str]:
    declared = declarations(create_app(cast(Ledger, None)))
    for route in sorted(declared, key=lambda name: name.split()[::-1]):
        method, path = route.split()
        if path.startswith("/zh"):
            continue  # the same as /en
        path = path.replace("/en", "/LANGUAGE", 1) if path.startswith("/en") else path
        yield f"| `{path if method == 'GET' else route}` | {in_words(declared[route])} |"


if __name__ == "__main__":
    PAGE.write_text(written(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
