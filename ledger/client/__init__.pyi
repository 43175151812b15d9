from ledger.client import answers, records
from ledger.client.aio import AsyncClient
from ledger.client.enrolment import EnrolmentRequest, request_enrolment
from ledger.client.login import KeyLogin, SecretLogin
from ledger.client.posting import SubmissionStopped, Submitted
from ledger.client.queries import ListPage, MethodOptions, PeriodBounds, Query
from ledger.client.signing import RecordSigner, activity
from ledger.client.sync import Client
from ledger.client.verification import TrustedLog
from ledger.core.signatures.signing import SigningKey
from ledger.host.files.key_files import new_key, new_nonce, read_key, write_key

__all__ = (
    "AsyncClient", "Client", "EnrolmentRequest", "KeyLogin", "ListPage", "MethodOptions", "PeriodBounds", "Query",
    "RecordSigner", "SecretLogin", "SigningKey", "SubmissionStopped", "Submitted", "TrustedLog", "activity",
    "answers", "new_key", "new_nonce", "read_key", "records", "request_enrolment", "write_key",
)
