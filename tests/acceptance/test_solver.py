"""All answers that a caller can get do not determine the values that others hide.

A small network has hidden values: emissions, and quantities of recipes and whole lots. Each caller asks everything that
the document of the API has, about every name, at several tree sizes, and checks records of its own. `support.solving`
then says which hidden values the answers determine within 10 %. SECURITY.md lists these, and there are no others.
"""

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from decimal import Decimal
from typing import Any, Final, NamedTuple, cast

import httpx
import msgspec
import pytest
from msgspec import Raw
from support.callers import Callers
from support.inside import Inside, inside
from support.parties import enrolment
from support.revising import amend, change
from support.sectors import NAME, Make
from support.server import Posted, prepared_home
from support.solving import determined, numbers_in
from support.workshop import END, START, Workshop, kilograms

from ledger.app import create_app
from ledger.core.record.kinds import Grant, Transfer, Transformation
from ledger.core.record.units import plain
from ledger.core.record.values import Flow, Output, Supply
from ledger.core.signatures.envelope import seal
from ledger.service.ledger import Ledger

HIDDEN: Final[Mapping[str, float]] = {
    "ore made": 500.0, "ore": 31.0, "ore, corrected": 44.0, "first recipe": 40.0, "first melt": 17.0,
    "first made": 30.0, "second recipe": 70.0, "second melt": 23.0, "second made": 60.0, "rival's": 29.0,
    "rival's part": 30.0, "assembly": 37.0, "machine made": 42.0,
}
"""Kg CO2 of records, and kg of recipes and lots, by name. Each is in one record of another organisation."""
STEP: Final = 0.0005
"""The change of a hidden value, as a fraction."""
UNTIL: Final = "2027-06-30T00:00:00Z"
SHOPS: Final = ("mine", "mill", "forge", "rival", "maker", "auditor")


def story(shops: Mapping[str, Workshop], hidden: Mapping[str, float]) -> Iterator[Posted]:
    """Ore becomes two melts; the forge buys of both, and sells to a maker, from whom it buys machines."""
    mine, mill, forge, rival, maker = (shops[name] for name in SHOPS[:5])
    kg = {name: f"{value:.6f}" for name, value in hidden.items()}
    ore = _made(mine, {"ore": kg["ore made"]}, {}, kg["ore"])
    yield ore
    yield _sent(mine, mine.name("ore"), "200", mill, "ore-sent")
    yield _made(mill, {"first": kg["first made"]}, {mine.name("ore-sent"): kg["first recipe"]}, kg["first melt"])
    yield _made(mill, {"second": kg["second made"]}, {mine.name("ore-sent"): kg["second recipe"]}, kg["second melt"])
    yield _sent(mill, mill.name("first"), "10", forge, "first-sent")
    yield _sent(mill, mill.name("first"), "5", forge, "first-again")
    yield _sent(mill, mill.name("second"), "20", forge, "second-sent")
    yield _made(rival, {"r": "90"}, {}, kg["rival's"])
    yield _sent(rival, rival.name("r"), "40", maker, "r-sent")
    yield _made(forge, {"part": "25"}, {mill.name("first-sent"): "10", mill.name("second-sent"): "15"}, "11")
    yield _sent(forge, forge.name("part"), "20", maker, "part-sent")
    yield _made(maker, {"machine": kg["machine made"]},
                {forge.name("part-sent"): "15", rival.name("r-sent"): kg["rival's part"]}, kg["assembly"])
    yield _sent(maker, maker.name("machine"), "9", forge, "machine-sent")
    # The miner corrects itself later: every figure behind it changes.
    yield amend(mine, change(ore, activity=Make(co2=plainly(kg["ore, corrected"]))))
    yield forge.signed(Grant(issuer=forge.id, nonce=forge.nonce(), depth="full", until=UNTIL, purpose="audit",
                             grantee=shops["auditor"].id))


class Place(NamedTuple):
    ledger: Inside
    callers: Callers
    shops: Mapping[str, Workshop]
    digests: Sequence[str]
    """Of the records of the story, in order."""


@contextmanager
def place(hidden: Mapping[str, float]) -> Iterator[Place]:
    with prepared_home() as home, inside(home, access="parties") as ledger:
        shops = {name: Workshop(name) for name in SHOPS}
        for shop in shops.values():
            entered = enrolment(shop.party, ledger.registrar, ledger.origin, shop.nonce())
            ledger.post([(ledger.registrar, entered), *shop.opening()])
        receipts = [ledger.post([posted])[0] for posted in story(shops, hidden)]
        yield Place(ledger, Callers(ledger), shops, [receipt.digest for receipt in receipts])


def asked(place: Place) -> Iterator[tuple[str, Mapping[str, str]]]:
    """Every route of the document with the names of the network in its parameters, and with options."""
    paths = create_app(cast(Ledger, None)).openapi_schema.paths or {}
    values = _values(place)
    for path, item in sorted(paths.items()):
        if item.get is None or not path.startswith("/v1/") or path.startswith(_WITHOUT_DATA):
            continue
        parameters = {parameter.name for parameter in cast(Any, item.get.parameters) or ()}
        subject = next((name for name in values if name in parameters), None)
        for value in values[subject] if subject else [""]:
            filled = path.format_map({subject: value, "sector": NAME, "digest": value, "name": value})
            given = {subject: value} if subject and "{" + subject + "}" not in path else {}
            given |= {"year": "2026"} if "year" in parameters else {}
            given |= {"from": "0", "to": "1000"} if path == "/v1/audit/entries" else {}
            yield filled, given
            for option, choices in _OPTIONS.items():
                if option in parameters:
                    yield from ((filled, given | {option: choice}) for choice in choices)


_TOGETHER: Final = 8
"""Requests at a time."""
_WITHOUT_DATA: Final = ("/v1/schema", "/v1/methods", "/v1/plugins")
_OPTIONS: Final = {
    "at": ("36", "41", "42"), "by": ("organization", "lot", "country"),
    "direction": ("downstream",), "findings": ("all",), "burden": ("absGhg",), "averages": ("true",),
    "content": ("mass",), "gwp": ("AR5",), "allocation": ("economic",), "method": ("cbam/1",),
}


def _values(place: Place) -> Mapping[str, Sequence[str]]:
    lots = [place.shops[shop].name(lot) for shop, lot in (
        ("mine", "ore"), ("mine", "ore-sent"), ("mill", "first"), ("mill", "first-sent"), ("mill", "second"),
        ("mill", "second-sent"), ("mill", "first-again"), ("rival", "r"), ("forge", "part"), ("forge", "part-sent"),
        ("maker", "machine"), ("maker", "machine-sent"))]
    ids = [shop.id for shop in place.shops.values()]
    sites = [shop.name("site") for shop in place.shops.values()]
    products = [shop.name("part") for shop in place.shops.values()]
    return {
        "lot": lots, "digest": place.digests, "organization": ids, "holder": ids, "issuer": ids, "facility": sites,
        "product": products, "name": [*lots, *ids, *sites, *products, *place.digests], "index": ["36", "42"],
        "lots": [",".join(str(index * 1024 + slot) for index in range(25, 45) for slot in range(3))],
    }


def told(place: Place, caller: str | None, refused: set[str]) -> dict[str, float]:
    """The numbers of all answers to a caller. Questions that were `refused` are not asked again; others that the server
    refuses are added."""
    numbers: dict[str, float] = {}
    questions = {_labelled(f"{path}?{sorted(parameters.items())}", place): (path, parameters)
                 for path, parameters in asked(place)}
    questions = {question: named for question, named in questions.items() if question not in refused}
    requests = [("GET", path, {"params": dict(parameters)}) for path, parameters in questions.values()]
    for question, answer in zip(questions, _answers(place, caller, requests), strict=True):
        numbers.update(numbers_in(question, answer.content))
        if answer.status_code != 200:
            refused.add(question)
    if caller is not None:
        posts = [("POST", "/v1/records/check", {"content": body, "headers": {"content-type": "application/json"}})
                 for body in _dry(place, caller)]
        for number, answer in enumerate(_answers(place, caller, posts)):
            numbers.update(numbers_in(f"check {number}", answer.content))
    return numbers


def _answers(
    place: Place, caller: str | None, requests: Sequence[tuple[str, str, Mapping[str, Any]]]
) -> list[httpx.Response]:
    async def ask(turn: asyncio.Semaphore, method: str, path: str, how: Mapping[str, Any]) -> httpx.Response:
        async with turn:
            return await place.callers.ask(method, caller, path, **how)

    async def ask_all() -> list[httpx.Response]:
        turn = asyncio.Semaphore(_TOGETHER)
        return await asyncio.gather(*[ask(turn, *request) for request in requests])

    return place.ledger.run(ask_all())


def _labelled(question: str, place: Place) -> str:
    """The question without digests, which differ as soon as a value does."""
    for number, digest in enumerate(place.digests):
        question = question.replace(digest, f"record {number}")
    return question


def _dry(place: Place, caller: str) -> Iterator[bytes]:
    """Records that a caller checks without posting them: of its own lots, and of everybody's."""
    shop = next(shop for shop in place.shops.values() if shop.id == caller)
    for lot in _values(place)["lot"]:
        for record in (_made(shop, {f"try-{lot[-5:]}": "1"}, {lot: "1"}, "1"), _sent(shop, lot, "9999", shop, "x")):
            party, body = record
            yield msgspec.json.encode(seal(body, party.key, place.ledger.origin))


KNOWN: Final[Mapping[str | None, frozenset[str]]] = {
    None: frozenset(), "forge": frozenset({"machine made"}), "auditor": frozenset({"machine made"}),
    "maker": frozenset({"rival's"}),
}
"""By caller: the values that follow from data that SECURITY.md lists. A buyer knows the figure of what it bought, here
of a lot that has no inputs. The forge buys machines in which its own parts are: the correction of the ore changes both
figures, and so tells the share of its parts in a machine. The auditor sees what the forge sees."""


@pytest.fixture(scope="module")
def observations() -> Mapping[str | None, list[dict[str, float]]]:
    """By caller: the observations of the network, of an equal one, and with each hidden value changed."""
    changes = [{}, {}, *[{name: value * (1 + STEP)} for name, value in HIDDEN.items()]]
    found: dict[str | None, list[dict[str, float]]] = {caller: [] for caller in KNOWN}
    refused: dict[str | None, set[str]] = {caller: set() for caller in KNOWN}
    for changed in changes:
        with place({**HIDDEN, **changed}) as network:
            for caller, seen in found.items():
                seen.append(told(network, network.shops[caller].id if caller else None, refused[caller]))
    return found


@pytest.mark.parametrize("caller", list(KNOWN))
def test_no_other_value_is_determined(
    observations: Mapping[str | None, list[dict[str, float]]], caller: str | None
) -> None:
    base, again, *changed = observations[caller]
    steps = [value * STEP for value in HIDDEN.values()]
    found = determined(list(HIDDEN.values()), base, again, changed, steps)
    assert {list(HIDDEN)[position] for position in found} - _of(caller) == KNOWN[caller], found


def _of(caller: str | None) -> frozenset[str]:
    """The values that are the caller's own."""
    own = {"maker": frozenset({"assembly", "machine made", "rival's part"})}
    return own.get(caller or "", frozenset())


def _made(shop: Workshop, outputs: Mapping[str, str], inputs: Mapping[str, str], co2: str) -> Posted:
    made = [Output(lot=shop.name(lot), product=shop.name("part"), quantity=kilograms(plainly(amount)), role="product")
            for lot, amount in outputs.items()]
    taken = [Flow(lot=lot, quantity=kilograms(plainly(amount))) for lot, amount in inputs.items()]
    ore = [Supply(material="ore", quantity=kilograms(plainly(sum(map(Decimal, outputs.values())))), origin="nature")]
    return shop.signed(Transformation(
        issuer=shop.id, nonce=shop.nonce(), facility=shop.name("site"), process=f"{NAME}.make", start=START, end=END,
        activity=Raw(msgspec.json.encode(Make(co2=plainly(co2)))), inputs=taken, outputs=made,
        supplies=[] if inputs else ore,
    ))


def _sent(shop: Workshop, lot: str, amount: str, to: Workshop, new_lot: str) -> Posted:
    return shop.signed(Transfer(issuer=shop.id, nonce=shop.nonce(), lot=lot, quantity=kilograms(amount), to=to.id,
                                new_lot=shop.name(new_lot), time=END))


def plainly(amount: str | Decimal | int) -> str:
    """The only spelling of a decimal in records."""
    return plain(Decimal(amount))
