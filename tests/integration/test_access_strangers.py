"""Random histories with pools, closings, returns, disputes, credits and amendments on a closed ledger: a stranger gets
the same bytes for the names of others as for names of nothing, by the same statements, and nobody is told a name that
concerns others alone. `tests/faults/test_refusal_times.py` measures the times of such answers."""

import asyncio
import codecs
import random
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Final, NamedTuple

import msgspec
import pytest
from asyncpg import Connection
from support.callers import Callers
from support.dry_runs import Tried, tried
from support.enumerated import Names, Question, operations
from support.exploring import Answer, answers
from support.histories import History
from support.inside import inside
from support.memory import MemoryLedger
from support.parties import enrolment, nonces
from support.sectors import registry
from support.server import Posted, prepared_home
from support.workshop import STORED, Workshop, kilograms

from ledger.admission.facts import LotFacts
from ledger.core.record import canonical
from ledger.core.record.kinds import (
    Acceptance,
    Activation,
    Addition,
    AnyRecord,
    Consumption,
    Declaration,
    Grant,
    GrantScope,
    Organization,
    StandingAcceptance,
    Transfer,
)
from ledger.core.record.values import Claim, Flow, Output, PreviousLife, Supply
from ledger.core.signatures.envelope import seal
from ledger.host.background import Background

SEED: Final = 7
STEPS: Final = 150
PLANTS: Final = 4
SUBJECTS: Final = 8
"""The most things about which an operation is asked."""
WITHOUT: Final = {"/metrics": "amounts of work", "/v1/schema": "no data", "/v1/schema/{name}": "no data"}
PUBLIC: Final = ("/v1/audit", "/v1/plugins", "/v1/organizations", "/v1/readers", "/v1/methods", "/v1/sectors")
STRANGER: Final = "urn:example:stranger"
GRANTEE: Final = "urn:example:grantee"
"""Was granted a lot in full by one plant, and a product in full by another."""
_OTHER_DIGITS: Final = str.maketrans("0123456789abcdef", "fedcba9876543210")
IDS: Final = re.compile(r"urn:example:[a-z0-9-]+:[A-Za-z0-9:_.-]*[A-Za-z0-9]")
DIGEST: Final = re.compile("[0-9a-f]{64}")
HIDDEN: Final = "is not on the ledger, or is not visible to you"


class Place(NamedTuple):
    """`posted`: the records of the plants, with the digests of `names` in order; `lots`: as the ledger has them."""

    callers: Callers
    names: Names
    posted: Sequence[Posted]
    lots: dict[str, LotFacts]

    def ask(self, caller: str | None, questions: Sequence[Question]) -> list[Answer]:
        return self.callers.ledger.run(answers(self.callers.app(caller), questions))

    def ask_watched(self, caller: str | None, questions: Sequence[Question]) -> list[tuple[Answer, list[str]]]:
        """The answers, each with the statements that ran for it."""
        found = list[tuple[Answer, list[str]]]()
        with statements() as ran:
            for question in questions:
                ran.clear()
                (answer,) = self.ask(caller, [question])
                found.append((answer, list(ran)))
        return found


@contextmanager
def statements() -> Iterator[list[str]]:
    """All that runs in any session of a database, in order, but for work in the background, which has its own times."""
    ran, execute = list[str](), Connection._execute
    background = {one.name for one in Background.__subclasses__()}

    async def noted(self: "Connection[Any]", query: str, *arguments: Any, **more: Any) -> Any:
        task = asyncio.current_task()
        if task is None or task.get_name() not in background:
            ran.append(query)
        return await execute(self, query, *arguments, **more)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Connection, "_execute", noted)
        yield ran


@pytest.fixture(scope="module")
def place() -> Iterator[Place]:
    memory = MemoryLedger(registry(), seed=SEED)
    memory.activate_sets()
    told = History(memory, random.Random(SEED), PLANTS)
    for _ in range(STEPS):
        told.step()
    parties = {plant.id: plant.party for plant in told.plants}
    posted = [(parties[record.issuer], record) for record in told.memory.records
              if not isinstance(record, Organization | Activation)]
    with prepared_home() as home, inside(home, access="parties") as ledger:
        new = nonces(SEED, "enrol")
        ledger.post([(ledger.registrar, enrolment(party, ledger.registrar, ledger.origin, next(new)))
                     for party in parties.values()])
        stranger = Workshop("stranger")
        ledger.post([stranger.enrolment(ledger), *stranger.opening(), stranger.mine("own", "5")])
        receipts = [ledger.post([one])[0] for one in posted]
        grantee = Workshop("grantee")
        ledger.post([grantee.enrolment(ledger), *grantee.opening(), *_grants(told, grantee)])
        names = _names(told.memory, list(parties), posted, receipts[0].index)
        yield Place(Callers(ledger), names, posted, dict(told.memory.state.lots))


def _grants(told: History, grantee: Workshop) -> Iterator[Posted]:
    state, (first, second, *_) = told.memory.state, told.plants
    lot = next(lot for lot in state.lots.values() if lot.holder == first.id and lot.id not in state.withdrawn)
    product = next(product for product in state.products.values() if product.owner == second.id)
    for plant, scope in ((first, GrantScope(lot=lot.id)), (second, GrantScope(product=product.id))):
        yield plant.party, Grant(issuer=plant.id, nonce=grantee.nonce(), depth="full", until="2033-01-01T00:00:00Z",
                                 purpose="a try", grantee=grantee.id, scope=scope)


def _names(memory: MemoryLedger, organizations: list[str], posted: Sequence[Posted], first: int) -> Names:
    bodies = [msgspec.json.decode(canonical.encode(record)) for _, record in posted]
    end = first + len(posted)
    return Names(
        lots=list(memory.state.lots), organizations=organizations,
        digests=[canonical.digest(canonical.encode(record)).hex() for _, record in posted],
        facilities=[body["id"] for body in bodies if body["type"] == "facility"],
        products=[body["id"] for body in bodies if body["type"] in ("product", "pool")], sectors=["works"],
        sizes=[first + 20, (first + end) // 2, end], telling=[end - 1, end],
        revising=[first + place for place, body in enumerate(bodies) if body["type"] in ("amendment", "closing")],
        entries=(first, end), windows=[("2025-01-01", "2025-02-01"), ("2025-01-01", "2026-01-01")])


def questions(place: Place, seed: str) -> Iterator[Question]:
    """Questions about things of each kind, with values of each option."""
    drawn = random.Random(seed)
    for operation in operations(place.names, WITHOUT):
        about = list(operation.about())
        for subject in drawn.sample(about, min(SUBJECTS, len(about))):
            given = [{}, *[dict(zip(names, drawn.choice(values), strict=True)) for names, values in operation.options]]
            given += [{"at": str(drawn.choice(place.names.sizes))}] if operation.at else []
            yield from [operation.ask(subject, options) for options in given]


def translated(text: str, names: Mapping[str, str]) -> str:
    """The text with other names."""
    return DIGEST.sub(lambda one: names.get(one[0], one[0]), IDS.sub(lambda one: names.get(one[0], one[0]), text))


def false_names(names: Names) -> dict[str, str]:
    """By each name of a plant's thing: a name of nothing, of the same length."""
    short = {name: name.rpartition(":")[2] for name in (*names.lots, *names.facilities, *names.products)}
    found = {name: f"{name.removesuffix(end)}{codecs.encode(end, 'rot13')}" for name, end in short.items()}
    return found | {digest: digest.translate(_OTHER_DIGITS) for digest in names.digests}


def untold(question: Question, names: Mapping[str, str]) -> Question:
    """The same question about nothing."""
    given = tuple((key, translated(value, names)) for key, value in question.given)
    return question._replace(path=translated(question.path, names), given=given)


@pytest.mark.parametrize("caller", [None, STRANGER, GRANTEE])
def test_a_stranger_cannot_tell_names_of_others_from_names_of_nothing(place: Place, caller: str | None) -> None:
    """Neither can whoever was granted other things of the same plants."""
    false = false_names(place.names)
    real = {other: name for name, other in false.items()}
    asked = list(questions(place, "stranger"))
    found = place.ask_watched(caller, asked), place.ask_watched(caller, [untold(one, false) for one in asked])
    hidden = 0
    for question, (answer, ran), (other, expected) in zip(asked, *found, strict=True):
        text = answer.body.decode(errors="replace")
        if HIDDEN in text:
            hidden += 1
            assert ran == expected, question
        elif caller == GRANTEE:
            # It was granted this, or everybody may read it.
            continue
        told = (answer.status, answer.headers, text)
        assert told == (other.status, other.headers, translated(other.body.decode(errors="replace"), real)), question
        given = " ".join([question.path, *[value for _, value in question.given]])
        assert not [name for name in IDS.findall(text)
                    if name not in given and "stranger" not in name and "grantee" not in name], question
        # Organisations are public, each with its page.
        is_public = not question.path.startswith("/v1/") or question.path.startswith(PUBLIC) or (
            question.path == "/v1/show" and question.given[0][1] in place.names.organizations)
        assert is_public or answer.status >= 400, question
    assert len(asked) > 500
    assert hidden > 200


def test_a_stranger_cannot_tell_names_by_its_records(place: Place) -> None:
    """Checks of records of every kind that name things of others, or nothing, end alike; but for products, which pools
    and standing acceptances name. Refusals propose things of the stranger that have similar names: these differ."""
    names, false = place.names, false_names(place.names)
    of_nothing = names._replace(
        lots=[false[name] for name in names.lots], digests=[false[name] for name in names.digests],
        facilities=[false[name] for name in names.facilities], products=[false[name] for name in names.products])
    real = {other: name for name, other in false.items()}
    found, expected = _checked(place, _tried(names), {}), _checked(place, _tried(of_nothing), real)
    differing = [pair for pair in zip(_tried(names), found, expected, strict=True) if pair[1] != pair[2]]
    assert not differing, (len(differing), differing[:4])


def _checked(place: Place, records: Sequence[AnyRecord], names: Mapping[str, str]) -> list[dict[str, Any]]:
    """The refusal of each record, in other names, without words and proposals; of admitted ones, the names of fields.
    """
    key, origin = Workshop("stranger").party.key, place.callers.ledger.origin
    lines = b"\n".join([msgspec.json.encode(seal(record, key, origin)) for record in records])
    question = Question("POST", "/v1/records/check", body=lines, media_type="application/x-ndjson")
    (answer,) = place.ask(None, [question])
    found = [msgspec.json.decode(line) for line in translated(answer.body.decode(), names).splitlines()]
    return [{name: value if "code" in one else None for name, value in one.items()
             if name not in ("allowed", "mend", "detail")} for one in found]


def _tried(names: Names) -> list[AnyRecord]:
    shop = Workshop("stranger", seed=2)
    more = [record for name in names.products for record in (
        StandingAcceptance(issuer=shop.id, nonce=shop.nonce(), sender=names.organizations[0], tolerance="0.1"),
        Addition(issuer=shop.id, nonce=shop.nonce(), pool=name, time="2025-04-01T00:00:00Z", inputs=[
            Flow(lot=shop.name("own"), quantity=kilograms("1"))]),
        Grant(issuer=shop.id, nonce=shop.nonce(), depth="full", until="2033-01-01T00:00:00Z", purpose="a try",
              grantee=names.organizations[0], scope=GrantScope(product=name)))]
    more += [Declaration(
        issuer=shop.id, nonce=shop.nonce(), start="2025-04-01T00:00:00Z", end="2025-04-02T00:00:00Z",
        basis="collected", boundary="none", collector=shop.id, evidence=STORED,
        lot=Output(lot=shop.name(f"core-{place}"), product=shop.name("part"), quantity=kilograms("1"), role="core",
                   previous_life=PreviousLife(record=digest))) for place, digest in enumerate(names.digests)]
    more += [Declaration(
        issuer=shop.id, nonce=shop.nonce(), start="2025-04-01T00:00:00Z", end="2025-04-02T00:00:00Z", basis="study",
        boundary="none", lot=Output(lot=shop.name(f"used-{place}"), product=name, quantity=kilograms("1"), role="core",
                                    previous_life=PreviousLife(estimated_years="9")))
        for place, name in enumerate(names.products)]
    more += [shop.make({f"of-{place}": "1"}, ore="1", supplies=[
        Supply(material="parts", quantity=kilograms("1"), product=name)])[1]
        for place, name in enumerate(names.products)]
    more += [Consumption(
        issuer=shop.id, nonce=shop.nonce(), time="2025-04-01T00:00:00Z", purpose="claim",
        inputs=[Flow(lot=lot, quantity=kilograms("1"))], claim=Claim(method="endOfLife", lot=lot))
        for lot in names.lots]
    return [*tried(Tried(shop, names, [])), *more]


def test_nobody_is_told_names_that_concern_others_alone(place: Place) -> None:
    asked = list(questions(place, "plants"))
    for organization in place.names.organizations[:2]:
        concerning = names_for(place, organization)
        for question, answer in zip(asked, place.ask(organization, asked), strict=True):
            given = " ".join([question.path, *[value for _, value in question.given]])
            told = set(IDS.findall(answer.body.decode(errors="replace"))) - concerning
            assert not [name for name in told if name not in given], (organization, question)


def names_for(place: Place, organization: str) -> set[str]:
    """The names in records that an organisation issued or received, and those of its lots and of their products."""
    by_digest = {digest: record for digest, (_, record) in zip(place.names.digests, place.posted, strict=True)}
    found: set[str] = set()
    for _, record in place.posted:
        sent = by_digest[record.transfer] if isinstance(record, Acceptance) else record
        parties = {record.issuer, sent.issuer}
        if isinstance(sent, Transfer):
            parties |= {sent.to, place.lots[sent.new_lot].owned_by}
        if organization in (parties if isinstance(record, Acceptance) else parties - {sent.issuer} | {record.issuer}):
            found |= set(IDS.findall(canonical.encode(record).decode()))
    for lot in place.lots.values():
        if lot.id in found or organization in (lot.holder, lot.owner, lot.sender):
            found |= {name for name in (lot.id, lot.product, lot.item, lot.pool) if name is not None}
    return found
