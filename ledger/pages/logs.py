"""The page of the log: its size, its newest checkpoint, who cosigned it, and its newest entries."""

from typing import Final, NamedTuple

from litestar import Controller, Response, get

from ledger.access.declared import OpenToAll
from ledger.access.rights import Rights
from ledger.client.verify.offline_file import verifier_digest
from ledger.core.log.note import parse_note
from ledger.core.record.kinds import PUBLIC_TYPES
from ledger.pages.names import names_of
from ledger.pages.site import HANDLERS, AnyRequest, page, paths, visit_of
from ledger.pages.words import PageWords
from ledger.service.access.sight import Sight
from ledger.service.ledger import Ledger
from ledger.service.queries.lists.records import read_listed_records
from ledger.service.queries.records import read_checkpoint
from ledger.service.queries.tree_size import NOW

ENTRIES: Final = 20
PUBLIC_LOG: Final = OpenToAll("the log is public")
NOBODYS: Final = Sight(Rights())
"""The sight of a visitor without rights, who sees public things."""


class LogEntry(NamedTuple):
    """An entry as the tiles of the log show it, with the organisation of its key. `kind`: of a public record."""

    number: int
    time: str
    issuer: str
    record: str
    kind: str | None


class LogState(NamedTuple):
    """The newest public checkpoint: `size`, `root` in base64, the whole `note`; `witnesses`: the names of its signers
    other than the log. `entries`: the newest ones, newest first."""

    origin: str
    size: int
    root: str
    note: str
    witnesses: tuple[str, ...]
    entries: tuple[LogEntry, ...]


async def read_log_state(ledger: Ledger, entries: int = 1) -> LogState:
    """The log as its newest public checkpoint states it, with so many of its newest entries."""
    note = await read_checkpoint(ledger.pool, ledger.publication)
    parsed = parse_note(note)
    origin, size, root = parsed.text.split("\n")[:3]
    witnesses = dict.fromkeys([one.name for one in parsed.signatures if one.name != origin])
    newest = list(range(max(0, int(size) - entries), int(size)))
    rows = await read_listed_records(ledger.pool, newest, NOW) if newest else []
    rows.sort(key=lambda row: -row.index)
    entries_shown = tuple([LogEntry(
        row.index, row.time, row.issuer, row.record, row.type if row.type in PUBLIC_TYPES else None) for row in rows])
    return LogState(origin, int(size), root, note, tuple(witnesses), entries_shown)


class LogPagesController(Controller):
    include_in_schema = False
    exception_handlers = HANDLERS

    @get(paths("log"), access=PUBLIC_LOG, media_type="text/html")
    async def log(self, request: AnyRequest, ledger: Ledger) -> Response[str]:
        state = await read_log_state(ledger, ENTRIES)
        visit = visit_of(request, ledger, state.size)
        issuers = [entry.issuer for entry in state.entries]
        # Organisations are public, so nobody's sight has their names.
        names = await names_of(ledger, NOBODYS, PageWords(visit.language), issuers)
        return page("log.html", visit, state=state, names=names, vkey=ledger.heads.keyring.vkey,
                    policy=ledger.publication.policy, verifier=verifier_digest())
