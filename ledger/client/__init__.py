"""The client library: signs and posts records, asks queries, and verifies the answers. It needs the base install alone.

`Client` is for synchronous code, `AsyncClient` for asynchronous code; their methods are the same. `records` and
`answers` have the types. All errors are in `ledger.errors`.

Names are imported when they are first used: all modules of the client load this package, and signing has to start fast.
`__init__.pyi` states the same names for type checkers.
"""

from importlib import import_module
from typing import Any, Final

_HOMES: Final = {
    "AsyncClient": "ledger.client.aio",
    "Client": "ledger.client.sync",
    "EnrolmentRequest": "ledger.client.enrolment",
    "KeyLogin": "ledger.client.login",
    "ListPage": "ledger.client.queries",
    "MethodOptions": "ledger.client.queries",
    "PeriodBounds": "ledger.client.queries",
    "Query": "ledger.client.queries",
    "RecordSigner": "ledger.client.signing",
    "SecretLogin": "ledger.client.login",
    "SigningKey": "ledger.core.signatures.signing",
    "SubmissionStopped": "ledger.client.posting",
    "Submitted": "ledger.client.posting",
    "TrustedLog": "ledger.client.verification",
    "activity": "ledger.client.signing",
    "answers": "ledger.client.answers",
    "new_key": "ledger.host.files.key_files",
    "new_nonce": "ledger.host.files.key_files",
    "read_key": "ledger.host.files.key_files",
    "records": "ledger.client.records",
    "request_enrolment": "ledger.client.enrolment",
    "write_key": "ledger.host.files.key_files",
}
__all__ = tuple(_HOMES)


def __getattr__(name: str) -> Any:
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    module = import_module(home)
    return module if home == f"{__name__}.{name}" else getattr(module, name)
