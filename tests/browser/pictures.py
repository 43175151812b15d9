"""Pictures of every page of the demo's ledger, to be looked at: `python tests/browser/pictures.py FOLDER`. Both
languages, as on a phone and on a desk, light and dark, and a lot on paper. `--readme`: the two that README shows."""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from support.browsing import PRINT, WIDTHS, Look, Visitor, chromium, visiting
from support.exhibits import Exhibit, compare_page, demo_exhibit, desk_page, inventory_page, lot_page, record_page

LOOKS: Final = tuple(Look(width, scheme) for width in (WIDTHS[0], WIDTHS[-1]) for scheme in ("light", "dark"))
LANGUAGES: Final = ("en", "zh")
README: Final = Path(__file__).resolve().parents[2] / ".github"
OF_README: Final = Look(1100)


def pages(exhibit: Exhibit) -> Iterator[tuple[str, str]]:
    """The name of a picture and the path of its page."""
    yield from (("start", "/"), ("log", "/log"), ("questions", "/questions"), ("sectors", "/sectors"),
                ("sector", "/sectors/steel"))
    for lot in exhibit.lots:
        yield f"lot-{lot.rpartition(':')[2]}", lot_page(lot)
    yield "desk", desk_page(list(exhibit.keys)[1])
    yield "inventory", inventory_page(list(exhibit.keys)[1])
    yield "compare", compare_page(exhibit.lots[:2])
    for kind, digest in exhibit.records.items():
        yield f"record-{kind.lower()}", record_page(digest)


def take(visitor: Visitor, folder: Path, name: str, looks: tuple[Look, ...]) -> None:
    for look in looks:
        visitor.turn(look)
        visitor.page.screenshot(path=folder / f"{name}-{str(look).replace(' ', '-')}.png", full_page=True)


def take_for_readme(visitor: Visitor, lot: str, folder: Path) -> None:
    """The figure of a lot with all that qualifies it, and the drawing of its chain."""
    folder.mkdir(exist_ok=True)
    visitor.turn(OF_README)
    visitor.open(f"/en{lot_page(lot)}")
    top = {"x": 0, "y": 0, "width": OF_README.width, "height": 728}
    visitor.page.screenshot(path=folder / "lot.png", clip=top)
    visitor.page.locator("section[aria-labelledby=chain]").screenshot(path=folder / "chain.png")


def main_for_readme() -> None:
    with demo_exhibit() as exhibit, chromium() as browser, visiting(browser, exhibit.url) as visitor:
        (gearbox,) = (lot for lot in exhibit.lots if lot.endswith(":gearbox-0001"))
        take_for_readme(visitor, gearbox, README)


def main(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.glob("*.png"):
        old.unlink()
    with demo_exhibit() as exhibit, chromium() as browser, visiting(browser, exhibit.url) as visitor:
        for language in LANGUAGES:
            for name, path in pages(exhibit):
                visitor.open(f"/{language}{path}")
                looks = (*LOOKS, PRINT) if name.startswith("lot-") else LOOKS
                take(visitor, folder, f"{name}-{language}", looks)
    print(f"{len(list(folder.glob('*.png')))} pictures in {folder}")


if __name__ == "__main__":
    main_for_readme() if sys.argv[1] == "--readme" else main(Path(sys.argv[1]))
