"""For each alert rule of the chart: series that fire it, and series that do not, in the notation of promtool."""

from typing import Final, NamedTuple

_P: Final = 'instance="a", process="0"'
_BUCKETS: Final = ("0.5", "1.0", "2.5", "5.0", "10.0", "30.0", "+Inf")


class Case(NamedTuple):
    """`fires` and `quiet` are series by name and labels. `labels`: those of the alert, without its severity. `minutes`:
    when the alert has to fire."""

    fires: dict[str, str]
    quiet: dict[str, str]
    labels: dict[str, str]
    minutes: int = 30


def gauge(name: str, bad: str, good: str, labels: str = _P, **expected: str) -> Case:
    """A metric with one bad and one good value."""
    series = f"{name}{{{labels}}}"
    return Case({series: f"{bad}x90"}, {series: f"{good}x90"}, expected)


def counter(name: str, labels: str, **expected: str) -> Case:
    """A counter that grows by 10 a minute, or stays."""
    series = f"{name}{{{labels}}}"
    return Case({series: "0+10x90"}, {series: "50+0x90"}, expected)


def histogram(name: str, labels: str) -> Case:
    """Ten values a minute, all between 10 and 30 seconds, or all below half a second."""
    series = {bound: f'{name}_bucket{{{labels}, le="{bound}"}}' for bound in _BUCKETS}
    slow = {text: "0+10x90" if bound in ("30.0", "+Inf") else "0+0x90" for bound, text in series.items()}
    return Case(slow, dict.fromkeys(series.values(), "0+10x90"), {})


_OWN: Final = {"instance": "a", "process": "0"}
_POSTS: Final = 'route="/v1/records", method="POST", process="0"'
_FREE: Final = 'carbon_ledger_disk_free_bytes{instance="a"}'
_SIZE: Final = 'carbon_ledger_disk_size_bytes{instance="a"}'
_USED: Final = f'carbon_ledger_database_sessions_used{{{_P}, pool="posts"}}'
_MOST: Final = f'carbon_ledger_database_sessions_max{{{_P}, pool="posts"}}'
_FAILED: Final = f'carbon_ledger_http_requests_total{{{_POSTS}, status="5xx"}}'
_ANSWERED: Final = f'carbon_ledger_http_requests_total{{{_POSTS}, status="2xx"}}'
_REFUSED: Final = 'carbon_ledger_records_refused_total{code="overdraft"}'
_APPENDED: Final = "carbon_ledger_records_appended_total"

_SPACE: Final = {"namespace": "ledgers"}
_HERE: Final = 'namespace="ledgers"'
_INSTANCE: Final = f'{_HERE}, pod="ledger-db-1"'
_CLAIM: Final = f'{{{_HERE}, persistentvolumeclaim="ledger-db-2-wal"}}'
_LEFT: Final = f"kubelet_volume_stats_available_bytes{_CLAIM}"
_VOLUME: Final = f"kubelet_volume_stats_capacity_bytes{_CLAIM}"
_UNTIL: Final = f'certmanager_certificate_expiration_timestamp_seconds{{{_HERE}, name="ledger-tls"}}'
_ARCHIVED: Final = f"cnpg_pg_stat_archiver_last_archived_time{{{_INSTANCE}}}"
_UNARCHIVED: Final = f"cnpg_pg_stat_archiver_last_failed_time{{{_INSTANCE}}}"

CASES: Final = {
    "LedgerDown": Case({"other": "1x90"}, {'carbon_ledger_processes{instance="a"}': "1x90"}, {}),
    "LedgerProcessDown": gauge("carbon_ledger_process_up", "0", "1", **_OWN),
    "LedgerDatabaseDown": gauge("carbon_ledger_database_up", "0", "1", 'instance="a"', instance="a"),
    "LedgerNotSigning": gauge("carbon_ledger_signing", "0", "1", **_OWN),
    "LedgerClockAhead": gauge("carbon_ledger_clock_lead_seconds", "301", "299", **_OWN),
    "LedgerPostsFail": Case({_FAILED: "0+6x90", _ANSWERED: "0+94x90"}, {_FAILED: "0+4x90", _ANSWERED: "0+96x90"}, {}),
    "LedgerPostsSlow": histogram("carbon_ledger_http_request_seconds", 'route="/v1/records"'),
    "LedgerBacklog": gauge("carbon_ledger_queue_oldest_seconds", "16", "14", **_OWN),
    "LedgerLockWait": histogram("carbon_ledger_posting_step_seconds", 'step="lock"'),
    "LedgerBatchesRepeated": counter("carbon_ledger_batch_retries_total", 'reason="database-away"',
                                     reason="database-away"),
    "LedgerCheckpointUnpublished": gauge("carbon_ledger_unpublished_age_seconds", "601", "599"),
    "LedgerCosignatureOld": gauge("carbon_ledger_cosignature_age_seconds", "10801", "10799", 'witness="gamma"',
                                  witness="gamma"),
    "LedgerClosingOverdue": gauge("carbon_ledger_closing_due_age_seconds", "3888001", "3887999")._replace(minutes=80),
    "LedgerPluginsEnd": counter("carbon_ledger_plugin_workers_ended_total", 'reason="timeout"', reason="timeout"),
    "LedgerWorkersMissing": gauge("carbon_ledger_plugin_workers", "1", "0", f'{_P}, state="missing"', **_OWN,
                                  state="missing"),
    "LedgerSessionsUsedUp": Case({_USED: "10x90", _MOST: "10x90"}, {_USED: "9x90", _MOST: "10x90"},
                                 {**_OWN, "pool": "posts"}),
    "LedgerDiskFull": Case({_FREE: "9x90", _SIZE: "100x90"}, {_FREE: "11x90", _SIZE: "100x90"}, {"instance": "a"}),
    "LedgerDescriptors": Case(
        {f"process_open_fds{{{_P}}}": "90x90", f"process_max_fds{{{_P}}}": "100x90"},
        {f"process_open_fds{{{_P}}}": "80x90", f"process_max_fds{{{_P}}}": "100x90",
         'process_open_fds{instance="other"}': "99x90", 'process_max_fds{instance="other"}': "100x90"}, _OWN),
    "LedgerMemory": gauge("process_resident_memory_bytes", "3100000000", "2900000000", **_OWN),
    "LedgerQueriesRefused": counter("carbon_ledger_http_problems_total", 'code="too-many-questions"'),
    "LedgerBodiesRefused": counter("carbon_ledger_http_problems_total", 'code="busy"'),
    "LedgerRefusals": Case({_REFUSED: "0+51x90", _APPENDED: "0+49x90"}, {_REFUSED: "0+49x90", _APPENDED: "0+51x90"}, {})
    ._replace(minutes=60),
    "LedgerReplicaDown": gauge("kube_deployment_status_replicas_unavailable", "1", "0",
                               f'{_HERE}, deployment="ledger"', **_SPACE, deployment="ledger"),
    "LedgerCertificateEnds": Case({_UNTIL: "600000x90"}, {_UNTIL: "700000x90"}, {**_SPACE, "name": "ledger-tls"}, 90),
    "LedgerBackupOld": gauge("kube_cronjob_status_last_successful_time", "-130000", "-100000",
                             f'{_HERE}, cronjob="ledger-backup"', **_SPACE, cronjob="ledger-backup"),
    "LedgerDatabaseVolumeFull": Case({_LEFT: "14x90", _VOLUME: "100x90"}, {_LEFT: "16x90", _VOLUME: "100x90"},
                                     {**_SPACE, "persistentvolumeclaim": "ledger-db-2-wal"}),
    "LedgerInstanceDown": gauge("cnpg_collector_up", "0", "1", _INSTANCE, **_SPACE, pod="ledger-db-1"),
    "LedgerStandbyMissing": gauge("cnpg_pg_replication_streaming_replicas", "1", "2", _INSTANCE),
    "LedgerStandbyLag": gauge("cnpg_pg_replication_lag", "61", "59", _INSTANCE),
    "LedgerArchivingFails": Case({_ARCHIVED: "100x90", _UNARCHIVED: "101x90"},
                                 {_ARCHIVED: "100x90", _UNARCHIVED: "99x90"}, {**_SPACE, "pod": "ledger-db-1"}),
    "LedgerBaseBackupOld": gauge("barman_cloud_cloudnative_pg_io_last_available_backup_timestamp", "-130000", "-100000",
                                 _INSTANCE),
}
