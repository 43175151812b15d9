"""A caller asks one ledger all that it may ask, follows what is answered, and asks a twin of the ledger the same."""

import base64
import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import count
from typing import Any, Final, NamedTuple, TypeVar
from urllib.parse import quote, urlencode

import msgspec

from ledger.core.record.kinds import Addition, Amendment, AnyRecord, Closing, Pool
from ledger.core.signatures.envelope import seal
from support.dry_runs import Tried, tried
from support.enumerated import Names, Operation, Question
from support.examples import times
from support.twins import Twin
from support.workshop import Workshop

NDJSON: Final = "application/x-ndjson"
CHECK: Final = "/v1/records/check"
PAGES: Final = 3
"""The most pages of a list that are followed."""
Value = TypeVar("Value")
_HASH: Final = re.compile(r"(?<![0-9a-f])(?:[0-9a-f]{64}|[0-9a-f]{32})(?![0-9a-f])")
_BASE64: Final = re.compile(r"(?<![0-9A-Za-z+/_-])[0-9A-Za-z+/_-]{40,}={0,2}")
_OK: Final = 200
_EACH: Final = 1 if times() > 1 else 3


class Answer(NamedTuple):
    status: int
    headers: tuple[tuple[bytes, bytes], ...]
    body: bytes


class Asker(NamedTuple):
    """A caller at a ledger. `names`: of the records of the story by digest, equal in all twins."""

    twin: Twin
    name: str | None
    app: Any
    names: Mapping[str, str]

    @property
    def shop(self) -> Workshop | None:
        return None if self.name is None else self.twin.shops[self.name]

    def ask(self, questions: Sequence[Question]) -> list[Answer]:
        """In order: what an answer notes, the next one may hold."""
        return self.twin.ledger.run(answers(self.app, [self._filled(question) for question in questions]))

    def _filled(self, question: Question) -> Question:
        given = tuple((name, self._digests(value)) for name, value in question.given)
        return question._replace(path=self._digests(question.path), given=given)

    def _digests(self, text: str) -> str:
        return re.sub(r"record-(\d+)", lambda found: self.twin.digests[int(found[1])], text)

    def seen(self, answer: Answer) -> tuple[Any, ...]:
        """The answer without what differs though nobody can learn from it: digests, signatures, hashes."""
        headers = [(name, _plain(value, self.names)) for name, value in answer.headers]
        return answer.status, _plain(answer.body, self.names), len(answer.body), headers


def asker(twin: Twin, name: str | None) -> Asker:
    names = {digest: f"record-{number}" for number, digest in enumerate(twin.digests)}
    return Asker(twin, name, twin.callers.app(None if name is None else twin.shops[name].id), names)


def names_of(twin: Twin) -> Names:
    """Names of the story; digests are names that a twin fills in."""
    made = [record for _, record in twin.posted]
    lots = [output.lot for record in made for output in getattr(record, "outputs", ())]
    lots += [record.new_lot for record in made if hasattr(record, "new_lot")]
    lots += _pooled(made)
    lots += sorted({output.item for record in made for output in getattr(record, "outputs", ()) if output.item})
    shops = list(twin.shops.values())
    revising = [twin.first + number for number, record in enumerate(made)
                if isinstance(record, Amendment | Closing)]
    return Names(
        lots=lots, digests=[f"record-{number}" for number in range(len(made))],
        organizations=[shop.id for shop in shops], facilities=[shop.name("site") for shop in shops],
        products=[shop.name("part") for shop in shops], sectors=["works"],
        sizes=list(range(twin.first, twin.size + 2)),
        telling=sorted({size for index in revising for size in (index, index + 1)}), revising=revising,
        entries=(twin.first, twin.size),
        windows=[("2025-01-01", "2026-01-01"), ("2024-01-01", "2026-01-01"), ("2025-03-03", "2025-03-04"),
                 ("2025-03-03", "2025-03-05"), ("2025-03-11", "2025-03-12"), ("2025-03-14T00:00:00Z", "2025-07-01")],
    )


def _pooled(made: Sequence[AnyRecord]) -> list[str]:
    """Pools, and the lots that additions make of them."""
    pools = [record.id for record in made if isinstance(record, Pool)]
    added = [record.pool for record in made if isinstance(record, Addition)]
    return [*pools, *[f"{pool}:{number + 1}" for pool in pools for number in range(added.count(pool))]]


def explored(
    caller: Asker, operations: Sequence[Operation], some: int
) -> Iterator[tuple[Question, Answer]]:
    """The questions of a caller with their answers: about each thing the plain one; then, if it is answered, with
    `some` values of each option, at tree sizes around the revisions, and with pairs of these. The values take turns.
    Without `some`, only the plain ones. A thorough run asks so about every thing, others about each third."""
    names, turn = names_of(caller.twin), count()
    for operation in operations:
        about = list(operation.about())
        plain = [operation.ask(subject) for subject in about]
        first = caller.ask(plain)
        yield from zip(plain, first, strict=True)
        more: list[Question] = []
        for subject, answer in list(zip(about, first, strict=True))[::_EACH] if some else ():
            more += _more(operation, subject, answer, names, next(turn), some)
        yield from zip(more, caller.ask(more), strict=True)
        if operation.pages:
            for subject, answer in zip(about, first, strict=True):
                yield from _pages(caller, operation, subject, answer)


def _more(
    operation: Operation, subject: Mapping[str, str], answer: Answer, names: Names, position: int, some: int
) -> Iterator[Question]:
    """`position`: of the thing among all that are asked about."""
    sizes = [str(size) for size in _some(names.sizes, position, len(operation.options) + 1)]
    given = [[dict(zip(together, values, strict=True)) for values in _some(choices, position * some, some)]
             for together, choices in operation.options]
    if answer.status != _OK:
        chosen = given[position % len(given)][0] if given else {}
        at = {"at": sizes[0]} if operation.at else {}
        if position % some == 0 and (chosen or at):
            yield operation.ask(subject, {**chosen, **at})
        return
    for turn, (values, size) in enumerate(zip(given, sizes, strict=False), position):
        yield from (operation.ask(subject, one) for one in values)
        if operation.at and turn % 2:
            yield operation.ask(subject, {**values[0], "at": size})
    if operation.at:
        for size in dict.fromkeys([*map(str, _some(names.telling, position * 2, 2)), sizes[-1]]):
            yield operation.ask(subject, {"at": size})


def _some(values: Sequence[Value], position: int, most: int) -> Sequence[Value]:
    """At most so many of the values, from a position on, where they begin anew."""
    return [values[(position + step) % len(values)] for step in range(min(most, len(values)))]


def _pages(
    caller: Asker, operation: Operation, subject: Mapping[str, str], answer: Answer
) -> Iterator[tuple[Question, Answer]]:
    """Pages of one row, one after the other."""
    given = {"limit": "1"} if any("limit" in names for names, _ in operation.options) else {}
    for _ in range(PAGES):
        if answer.status != 200 or not (following := msgspec.json.decode(answer.body)) or \
                not isinstance(following, dict) or following.get("next") is None:
            return
        question = operation.ask(subject, {**given, "after": str(following["next"])})
        (answer,) = caller.ask([question])
        yield question, answer


def dry_runs(caller: Asker) -> list[Question]:
    """Records that the caller has, posted again; and checks of records of every kind that it could post: revisions of
    own records one by one, the others of a kind in one request."""
    shop = caller.shop
    if shop is None:
        return []
    twin = caller.twin
    own = {digest: record for digest, (party, record) in zip(twin.digests, twin.posted, strict=True)
           if party.id == shop.id}
    names = names_of(twin)._replace(digests=twin.digests)
    single, together = [], dict[str, list[bytes]]()
    for record in tried(Tried(shop, names, list(own.items()))):
        envelope = msgspec.json.encode(seal(record, shop.party.key, twin.ledger.origin))
        if _revises(record, own, shop):
            single.append(Question("POST", CHECK, body=envelope))
        else:
            together.setdefault(type(record).__name__, []).append(envelope)
    again = [msgspec.json.encode(seal(record, party.key, twin.ledger.origin)) for party, record in twin.posted
             if shop.id in (party.id, getattr(record, "to", None))]
    return [_lines("/v1/records", again), *single, *[_lines(CHECK, envelopes) for envelopes in together.values()]]


def _lines(path: str, envelopes: Sequence[bytes]) -> Question:
    return Question("POST", path, body=b"\n".join(envelopes), media_type=NDJSON)


def _revises(record: object, own: Mapping[str, object], shop: Workshop) -> bool:
    match record:
        case Amendment(changes=[change, *_]):
            return change.record in own
        case Closing(facility=facility):
            return facility == shop.name("site")
    return False


def _plain(content: bytes, names: Mapping[str, str]) -> str:
    """A text without hashes and signatures. Base64 of a text stays, as that text."""
    try:
        text = content.decode()
    except UnicodeDecodeError:
        return f"{len(content)} bytes"
    named = _HASH.sub(lambda found: names.get(found[0], "hash"), text)
    return _BASE64.sub(lambda found: _inner(found[0], names), named)


def _inner(text: str, names: Mapping[str, str]) -> str:
    try:
        inner = base64.b64decode(text.translate({45: 43, 95: 47}).rstrip("=") + "==")
    except ValueError:
        return text
    return _plain(inner, names) if inner.isascii() and inner[:1] == b"{" else f"{len(inner)} bytes"


async def answers(app: Any, questions: Sequence[Question]) -> list[Answer]:
    """The answers of a server, as ASGI, to questions in order."""
    return [await _asked(app, question) for question in questions]


async def _asked(app: Any, question: Question) -> Answer:
    """Calls the server as ASGI, without a client: thousands of questions are asked."""
    parts: list[Mapping[str, Any]] = []
    bodies = iter([{"type": "http.request", "body": question.body, "more_body": False}])

    async def receive() -> Mapping[str, Any]:
        return next(bodies, {"type": "http.disconnect"})

    async def send(message: Mapping[str, Any]) -> None:
        parts.append(message)

    await app({
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": question.method,
        "scheme": "http", "path": question.path, "raw_path": quote(question.path).encode(), "root_path": "",
        "query_string": urlencode(question.given).encode(), "client": ("127.0.0.1", 1), "server": ("ledger", 80),
        "headers": [(b"host", b"ledger"), (b"content-type", question.media_type.encode())], "state": {},
    }, receive, send)
    body = b"".join([part.get("body", b"") for part in parts[1:]])
    return Answer(parts[0]["status"], tuple(sorted(parts[0]["headers"])), body)
