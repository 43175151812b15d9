"""Stories under the newest rules and all factor sets: the ledger questions few of their records, and each of these is
listed here with its reason. The month of a foundry has such a test of its own (`test_foundry_month.py`)."""

from collections.abc import Callable, Mapping
from typing import Final

import httpx
import pytest
from support import border, raw_materials
from support.alarms import alarms
from support.cross_sectors import Park, slag_into_cement, sunlight_into_a_gearbox, swarf_into_steel
from support.market import trading_server
from support.server import Server

from ledger.cli.client import Client
from ledger.cli.demo.actors import ACTORS, REGISTRAR
from ledger.cli.demo.command import post_steps
from ledger.cli.demo.scenario import scenario
from ledger.core.signatures.signing import SigningKey
from ledger.host.files.key_files import new_key, new_nonce


def the_demo(server: Server) -> None:
    keys: dict[str, SigningKey] = {REGISTRAR: server.registrar.key, **{name: new_key() for name in ACTORS}}
    with Client(server.url) as client:
        post_steps(client, scenario(keys, server.origin, new_nonce, server.registrar.id), keys, server.origin)


def across_sectors(server: Server) -> None:
    with httpx.Client(base_url=server.url, timeout=60) as client:
        park = Park(server, client)
        sunlight_into_a_gearbox(park)
        slag_into_cement(park)
        swarf_into_steel(park)


def at_the_border(server: Server) -> None:
    border.tell(border.Poster(server, "cbam", earlier=3))


STORIES: Final[Mapping[str, tuple[Callable[[Server], None], dict[str, int]]]] = {
    "demo": (the_demo, {}),
    # Right: a factor of clinker without its document, below the default; slag and swarf of the same site, which are no
    # recycled content without a document.
    "cross sectors": (across_sectors, {"unproven-figure": 1, "group-scrap": 2}),
    # Right: freight by a study that nobody shows; a wind park of a sector that knows no wind; rings of 150 kg CO2e a
    # tonne, with no steel in them.
    "border": (at_the_border, {"unproven-figure": 1, "power-of-heat": 1, "figure-below-range": 2}),
    # Gas, ethane, methanol, bitumen, tar and wax that stay in what is made of them.
    "raw materials": (raw_materials.tell, {}),
}
"""Each story with the codes and numbers of its warnings. None of them is false."""


@pytest.mark.parametrize("story", STORIES)
def test_stories_are_questioned_for_a_reason(story: str) -> None:
    tell, expected = STORIES[story]
    with trading_server() as server:
        size = int(httpx.get(f"{server.url}/log/checkpoint", timeout=60).text.splitlines()[1])
        tell(server)
        raised = alarms(server.home, size)
    assert dict(raised.codes) == expected
    assert raised.records > 15
