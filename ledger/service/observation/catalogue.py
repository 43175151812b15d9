"""Every metric of a server: name, kind, labels and meaning. `charts/METRICS.md` lists the same rows for operators.

No label has values without a bound: there are as many routes as the program has, and codes are counted up to
`recorder.MOST_LABELS`. No label names a party, a record or a lot. `process` is the number of a server process at this
port, from 0; a metric without it describes the log or the host, and each process gives the same value.
"""

from collections.abc import Mapping
from typing import Final, Literal, NamedTuple

Kind = Literal["counter", "gauge", "histogram"]
PREFIX: Final = "carbon_ledger_"
PROCESS: Final = "process"


class Metric(NamedTuple):
    """`labels` without `process`, which each sample of a process gets. The name of a counter ends with `_total`."""

    name: str
    kind: Kind
    meaning: str
    labels: tuple[str, ...] = ()
    of_process: bool = True

    @property
    def full_name(self) -> str:
        return PREFIX + self.name


def _shared(name: str, meaning: str, labels: tuple[str, ...] = ()) -> Metric:
    return Metric(name, "gauge", meaning, labels, of_process=False)


BUILD: Final = Metric("build_info", "gauge", "1; the label names the program's version", ("version",))
PROCESSES: Final = _shared("processes", "server processes that should serve at this port")
PROCESS_UP: Final = Metric("process_up", "gauge", "1 if the process has answered this scrape")
REQUESTS: Final = Metric(
    "http_requests_total", "counter", "answered requests; a status of `none` means that the client left first",
    ("method", "route", "status"))
REQUEST_SECONDS: Final = Metric("http_request_seconds", "histogram", "seconds to answer a request", ("route",))
IN_PROGRESS: Final = Metric("http_requests_in_progress", "gauge", "requests without an answer yet")
PROBLEMS: Final = Metric("http_problems_total", "counter", "problem answers by their code", ("code",))
BODY_BYTES: Final = Metric("door_body_bytes", "gauge", "bytes of request bodies in memory, of at most 96 MiB")
QUERIES_RUNNING: Final = Metric("door_queries_running", "gauge", "queries that hold a place", ("kind",))
QUERIES_WAITING: Final = Metric("door_queries_waiting", "gauge", "queries that wait for a place", ("kind",))
APPENDED: Final = Metric("records_appended_total", "counter", "records that this process has appended to the log")
REPEATED: Final = Metric("records_repeated_total", "counter", "posted records that were on the log before")
REFUSED: Final = Metric("records_refused_total", "counter", "refused records by problem code", ("code",))
STEP_SECONDS: Final = Metric(
    "posting_step_seconds", "histogram",
    "seconds of each step of the posting pipeline; `lock` is the wait for the lock of the log's head", ("step",))
BATCH_RECORDS: Final = Metric("batch_records", "histogram", "records in a batch")
BATCH_RETRIES: Final = Metric("batch_retries_total", "counter", "repeated attempts of a batch, by reason", ("reason",))
QUEUE_REQUESTS: Final = Metric("queue_requests", "gauge", "requests that wait for a batch")
QUEUE_RECORDS: Final = Metric("queue_records", "gauge", "records of these requests")
QUEUE_SECONDS: Final = Metric("queue_oldest_seconds", "gauge", "how long the oldest of these requests has waited")
REVISIONS_WAITING: Final = Metric("revisions_waiting", "gauge", "amendments and closings that wait for their turn")
REVISION_SECONDS: Final = Metric("revision_seconds", "histogram", "seconds of a revision, without the wait")
REVISION_LOCKED: Final = Metric(
    "revision_locked_seconds", "histogram", "seconds for which a revision has held the lock of the log's head")
REVISED: Final = Metric("records_revised_total", "counter", "records that revisions have recomputed")
WORKERS: Final = Metric("plugin_workers", "gauge", "worker processes, by state", ("state",))
WORKER_QUEUE: Final = Metric("plugin_queue_records", "gauge", "records that wait for a worker")
WORKERS_ENDED: Final = Metric("plugin_workers_ended_total", "counter", "replaced workers, by reason", ("reason",))
SESSIONS: Final = Metric("database_sessions", "gauge", "open database sessions of a pool", ("pool",))
SESSIONS_USED: Final = Metric("database_sessions_used", "gauge", "sessions of a pool in use", ("pool",))
SESSIONS_MOST: Final = Metric("database_sessions_max", "gauge", "sessions that a pool opens at most", ("pool",))
SIGNING: Final = Metric("signing", "gauge", "1 if this process signs heads and appends, 0 if it has stopped")
CLOCK_LEAD: Final = Metric(
    "clock_lead_seconds", "gauge",
    "by how much the host's clock leads the believed time; the server appends nothing above 300")
DATABASE_UP: Final = _shared("database_up", "1 if the database has answered this scrape")
DATABASE_BYTES: Final = _shared("database_bytes", "size of the ledger's tables, with their indexes")
DISK_FREE: Final = _shared("disk_free_bytes", "free space of the file system that holds the home")
DISK_SIZE: Final = _shared("disk_size_bytes", "size of that file system")
LOG_ENTRIES: Final = _shared("log_entries", "entries of the log")
PUBLISHED: Final = _shared("published_entries", "entries of the newest published checkpoint")
CHECKPOINT_AGE: Final = _shared("checkpoint_age_seconds", "age of the newest published checkpoint")
UNPUBLISHED_AGE: Final = _shared(
    "unpublished_age_seconds", "how long the oldest entry without a published checkpoint has waited; 0 without one")
COSIGNATURE_AGE: Final = _shared(
    "cosignature_age_seconds", "age of the newest cosignature of a witness of the policy; +Inf if the newest 50 "
                               "published notes have no cosignature by it", ("witness",))
CLOSINGS_DUE: Final = _shared(
    "closings_due", "ended periods of facilities with provisional records that wait for a closing, among the newest "
                    "20,000 provisional records; read every 5 minutes")
CLOSING_AGE: Final = _shared("closing_due_age_seconds", "time since the end of the oldest such period; 0 without one")

METRICS: Final[Mapping[str, Metric]] = {metric.full_name: metric for metric in (
    BUILD, PROCESSES, PROCESS_UP, REQUESTS, REQUEST_SECONDS, IN_PROGRESS, PROBLEMS, BODY_BYTES, QUERIES_RUNNING,
    QUERIES_WAITING, APPENDED, REPEATED, REFUSED, STEP_SECONDS, BATCH_RECORDS, BATCH_RETRIES, QUEUE_REQUESTS,
    QUEUE_RECORDS, QUEUE_SECONDS, REVISIONS_WAITING, REVISION_SECONDS, REVISION_LOCKED, REVISED, WORKERS, WORKER_QUEUE,
    WORKERS_ENDED, SESSIONS, SESSIONS_USED, SESSIONS_MOST, SIGNING, CLOCK_LEAD, DATABASE_UP, DATABASE_BYTES, DISK_FREE,
    DISK_SIZE, LOG_ENTRIES, PUBLISHED, CHECKPOINT_AGE, UNPUBLISHED_AGE, COSIGNATURE_AGE, CLOSINGS_DUE, CLOSING_AGE,
)}
