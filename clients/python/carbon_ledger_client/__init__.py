"""The client library of carbon-ledger, by a name of its own: see `ledger.client`."""

from ledger import errors
from ledger.client import (
    AsyncClient,
    Client,
    EnrolmentRequest,
    KeyLogin,
    ListPage,
    MethodOptions,
    PeriodBounds,
    Query,
    RecordSigner,
    SecretLogin,
    SigningKey,
    SubmissionStopped,
    Submitted,
    TrustedLog,
    activity,
    answers,
    new_key,
    new_nonce,
    read_key,
    records,
    request_enrolment,
    write_key,
)

__all__ = (
    "AsyncClient", "Client", "EnrolmentRequest", "KeyLogin", "ListPage", "MethodOptions", "PeriodBounds", "Query",
    "RecordSigner", "SecretLogin", "SigningKey", "SubmissionStopped", "Submitted", "TrustedLog", "activity",
    "answers", "errors", "new_key", "new_nonce", "read_key", "records", "request_enrolment", "write_key",
)
