"""The parts of a status. A part that could not be read is absent, and `unknown` says why."""

from msgspec import Struct

from ledger.service.backup.last import LastBackup
from ledger.service.status.servers import ServerStatus
from ledger.service.witnesses.witness_client import LastAnswer


class UnknownPart(Struct, frozen=True):
    """A part of the status that could not be read."""

    part: str
    why: str


class ServerSessions(Struct, frozen=True):
    """Sessions of servers in the database, from the host `client`; `waiting`: how many wait for a lock."""

    client: str
    sessions: int
    waiting: int


class DatabaseStatus(Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """`kind`: `embedded` or `external`. `running`: whether it ran before this command, which starts the embedded
    database if needed. `owner`: the process that supervises the embedded database. `folder`: of its files, if it is
    known. `schema`: the version of its schema."""

    kind: str
    place: str
    running: bool | None = None
    owner: int | None = None
    postmaster: int | None = None
    version: str | None = None
    bytes: int | None = None
    folder: str | None = None
    standby: bool = False
    schema: int | None = None
    sessions: list[ServerSessions] = []


class LogStatus(Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """`published`: the size of the newest checkpoint that everyone may see. `checkpoint_seconds`: its age: the time
    since the quorum cosigned it, or, without witnesses, since the newest entry. `unpublished_seconds`: the age of the
    oldest entry that no published checkpoint holds."""

    origin: str
    vkey: str
    size: int
    root: str
    newest: str | None = None
    revisions: int = 0
    published: int
    unpublished_seconds: int = 0
    checkpoint_seconds: int | None = None


class WitnessStatus(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A witness of the policy, with the time of its cosignature of the newest published checkpoint, if it gave one, and
    its last answer to a running server."""

    name: str
    url: str | None = None
    cosigned: str | None = None
    answer: LastAnswer | None = None


class WitnessesStatus(Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """`quorum`: whether the witnesses that cosigned the newest published checkpoint are a quorum; absent without a
    policy."""

    policy: str | None = None
    quorum: bool | None = None
    witnesses: list[WitnessStatus] = []


class AnchorStatus(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """`kind`: `file` or `object`. `size`: entries of the head in it; absent if there is no anchor."""

    kind: str
    place: str
    size: int | None = None


class DueClosing(Struct, frozen=True):
    """A month of a facility that has ended, with provisional records that no closing covers."""

    facility: str
    month: str
    records: int
    ended: str


class Backlog(Struct, frozen=True, kw_only=True, rename="camel"):
    """Work that waits. `entries` and `tiles`: committed, but in no published checkpoint. `erasures` can be carried out;
    `unpublished_erasures` wait for the log's witnesses. `recoveries`: of keys, waiting for their time."""

    entries: int
    tiles: int
    erasures: int
    unpublished_erasures: int
    recoveries: int
    closings: list[DueClosing]


class TableStatus(Struct, frozen=True, kw_only=True, rename="camel"):
    """The size of a table with its indexes, in all and for each record of the log."""

    name: str
    bytes: int
    index_bytes: int
    per_record: float


class GrowthStatus(Struct, frozen=True, kw_only=True, rename="camel"):
    """Growth over the last `days`, by the times in the log's entries. The rates are per day of the time that the log
    covers, which counts as one day if it is shorter."""

    days: int
    entries: int
    entries_per_day: float
    bytes_per_day: float


class DiskStatus(Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """A file system. `days_until_full`: at the larger of the two growth rates; absent if nothing grows there."""

    place: str
    contains: list[str]
    free: int
    total: int
    days_until_full: float | None = None


class ArchiveStatus(Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """PostgreSQL's archiver of the log of changes (WAL), which many backup tools use."""

    mode: str
    last_archived: str | None = None
    last_failed: str | None = None


class StatusAnswer(Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """The status of an installation at `time`."""

    time: str
    home: str
    program: str
    servers: list[ServerStatus] = []
    database: DatabaseStatus | None = None
    log: LogStatus | None = None
    witnesses: WitnessesStatus | None = None
    anchor: AnchorStatus | None = None
    backlog: Backlog | None = None
    tables: list[TableStatus] = []
    growth: list[GrowthStatus] = []
    disks: list[DiskStatus] = []
    backup: LastBackup | None = None
    archive: ArchiveStatus | None = None
    unknown: list[UnknownPart] = []
