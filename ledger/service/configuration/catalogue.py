"""The catalogue of all settings. A new setting is a row here and, if servers use it, a field of `Settings`.

A setting has one name. In the settings file it is the key; in the environment it is CARBON_LEDGER_ and the name in
capitals.
"""

import difflib
import re
from collections.abc import Iterable, Mapping
from typing import Final, NamedTuple

from ledger.service.configuration import kinds
from ledger.service.configuration.kinds import ValueKind
from ledger.service.settings import (
    ACCESS_LOG_DAYS,
    ALL_SETS,
    ANY_ORIGIN,
    EVERYBODY,
    JSON,
    MIN_WORKERS,
    NO_ORIGIN,
    NO_SETS,
    PARTIES,
    REVISED_PER_DAY,
    TEXT,
)

PREFIX: Final = "CARBON_LEDGER_"
CONFIG: Final = "CARBON_LEDGER_CONFIG"
"""Names the settings file."""
_NEAREST: Final = 3
_SERVICE_LINK: Final = re.compile(r"(.*_)?SERVICE_(HOST|PORT(_.*)?)|(.*_)?PORT(_\d+_(TCP|UDP)(_.*)?)?")
"""Variables that Kubernetes adds to the environment for a service with a name like ours, without the prefix."""


class Setting(NamedTuple):
    """`without`: the effect of leaving it out, in words; `default`: the value that applies, if it is one value.
    `field`: its field of `Settings`, after a dot a field of `Settings.limits`. `option`: the option that overrides it.
    `secret`: the value is never shown. `variable`: the environment may set it. `in_file`: a settings file may."""

    name: str
    kind: ValueKind
    meaning: str
    without: str = ""
    default: str | None = None
    field: str | None = None
    option: str | None = None
    secret: bool = False
    variable: bool = True
    in_file: bool = True

    @property
    def variable_name(self) -> str | None:
        return PREFIX + self.name.upper() if self.variable else None


SETTINGS: Final = (
    Setting("home", kinds.PATH, "folder of the keys and of the embedded database", "the account's default folder",
            field="home", option="--home"),
    Setting("database_url", kinds.DATABASE_URL, "PostgreSQL 15 or later, as the owner of the ledger's database",
            "the embedded PostgreSQL", field="database_url"),
    Setting("origin", kinds.ORIGIN, "the ledger's name", "the name in the database; `init` draws one", field="origin"),
    Setting("public_url", kinds.PUBLIC_URL, "public address of the server", "no public address", field="public_url"),
    Setting("host", kinds.HOST, "address at which `serve` listens", default="127.0.0.1", field="host",
            option="--host", variable=False),
    Setting("port", kinds.whole_number(0, 65_535), "port at which `serve` listens; 0: any free port", default="8080",
            field="port", option="--port", variable=False),
    Setting("tls_cert", kinds.PATH, "PEM file with the server's certificate and its issuers'", "`serve` serves HTTP",
            field="tls_cert", option="--tls-cert"),
    Setting("tls_key", kinds.PATH, "PEM file with the private key of the certificate", "`serve` serves HTTP",
            field="tls_key", option="--tls-key"),
    Setting("ca", kinds.PATH, "PEM file with the authorities trusted for https, by clients and for witnesses",
            "the system's authorities", field="ca", option="--ca"),
    Setting("hosts", kinds.NAMES, "further names of the server in the `Host` of requests", "its own names",
            field="limits.hosts"),
    Setting("proxies", kinds.PROXIES, "addresses and networks of proxies whose `X-Forwarded-For` names the client",
            "no proxies", field="limits.proxies"),
    Setting("questions", kinds.whole_number(1, 256), "expensive queries that a process runs at a time",
            "the number of cores", field="limits.questions"),
    Setting("body_seconds", kinds.seconds(0.1, 600.0), "seconds for which a body may be slower than 16 KiB/s",
            default="10", field="limits.body_seconds"),
    Setting("quota_records", kinds.whole_number(1, 10**12), "records per organisation and day", default="100000",
            field="limits.records"),
    Setting("quota_unasked", kinds.whole_number(1, 10**12),
            "transfers per day to an organisation that has not accepted any of them", default="1000",
            field="limits.unasked"),
    Setting("renew_seconds", kinds.seconds(1.0, 30 * 86_400.0),
            "maximum age of the witnesses' signatures while nothing is appended", default="3600",
            field="renew_seconds"),
    Setting("policy", kinds.PATH, "file that names the log's witnesses and their quorum (C2SP tlog-policy)",
            "servers publish heads without witnesses", field="policy"),
    Setting("anchor", kinds.ANCHOR, "place of the highest head ever signed", "the file `anchor` in the home",
            field="anchor"),
    Setting("processes", kinds.whole_number(1, 64), "server processes at one port", default="1", field="processes",
            option="--processes"),
    Setting("workers", kinds.whole_number(MIN_WORKERS, 256), "processes that run sectors, per server process",
            "the cores, divided among the server processes, but at least 2", field="workers"),
    Setting("assess_seconds", kinds.seconds(0.05, 10.0), "time limit of a sector for a record", default="5",
            field="assess_seconds"),
    Setting("revised_per_day", kinds.whole_number(1, 1_000_000_000),
            "records that an organisation may have revised within 24 hours", default=str(REVISED_PER_DAY),
            field="revised_per_day"),
    Setting("metrics_token_file", kinds.PATH, "file with the tokens, one on each line, that read `/metrics`",
            "the operator's socket alone reads them", field="metrics_token_file"),
    Setting("factor_sets", kinds.choice(ALL_SETS, NO_SETS),
            "installed factor sets that a new log begins with; later the registrar decides",
            default=ALL_SETS, field="factor_sets"),
    Setting("access", kinds.choice(PARTIES, EVERYBODY),
            "who may read: those whom the data concern, or everybody everything", default=PARTIES, field="access",
            option="--access"),
    Setting("cors", kinds.choice(ANY_ORIGIN, NO_ORIGIN),
            "whose pages may read `/log/` in browsers: `any` site's, without credentials, or `none` but its own",
            "`any` if `serve` listens at a public IP address, otherwise `none`", field="cors"),
    Setting("access_log_days", kinds.whole_number(1, 36_500),
            "days for which the rows of the access log are kept; the signed roots of the days stay",
            default=str(ACCESS_LOG_DAYS), field="access_log_days"),
    Setting("log_format", kinds.choice(TEXT, JSON), "format of the log; `json` has a line for each request",
            default=TEXT, field="log_format"),
    Setting("passphrase", kinds.SECRET, "passphrase of the encrypted keys", "keys are not encrypted",
            field="passphrase", option="--passphrase-file", secret=True),
    Setting("url", kinds.WEB_ADDRESS, "the server for client commands", default="http://127.0.0.1:8080",
            option="--url", in_file=False),
    Setting("client_id", kinds.SECRET, "the client as which commands ask the server", "the session of the user",
            in_file=False),
    Setting("client_secret", kinds.SECRET, "the secret of that client", "the session of the user", secret=True,
            in_file=False),
    Setting("key", kinds.PATH, "file of the ledger key with which commands ask the server", "the session of the user",
            in_file=False),
)
BY_NAME: Final = {setting.name: setting for setting in SETTINGS}


def nearest(name: str, names: Iterable[str]) -> str:
    """The names that resemble a name most, in words."""
    return ", ".join(difflib.get_close_matches(name, sorted(names), _NEAREST, 0.0))


def unknown_variables(environment: Mapping[str, str]) -> list[str]:
    """The variables of the environment that look like settings, and that no setting has."""
    known = {setting.variable_name for setting in SETTINGS} | {CONFIG}
    return sorted(name for name in environment if name.startswith(PREFIX) and name not in known
                  and not _SERVICE_LINK.fullmatch(name.removeprefix(PREFIX)))
