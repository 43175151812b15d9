"""Notes the readings of dry runs: a checked record tells its signer the figures of the lots that it takes, which may be
of records of others."""

from collections.abc import Sequence
from typing import Final

from ledger.access.caller import Caller
from ledger.access.rights import Rights
from ledger.answers.checked import CheckedRecord
from ledger.core.signatures.envelope import open_envelope
from ledger.errors import LedgerError
from ledger.service.access.facts import asked_lot, lots_of
from ledger.service.access.gate import Gate
from ledger.service.access.rights import AskingCaller, read_rights
from ledger.service.access_log.access_log import AccessLog
from ledger.service.access_log.noting import Noter, issuer_of
from ledger.store.database import DatabasePool

_READING: Final = frozenset({"read"})


async def note_checks(
    pool: DatabasePool, gate: Gate, accesses: AccessLog, route: str,
    checks: Sequence[tuple[bytes, CheckedRecord | LedgerError]],
) -> None:
    """Returns when the readings of these checks, each with its envelope, are in the access log. Whoever signed a record
    is its reader. Raises Unavailable."""
    if gate.is_open:
        return
    taken: dict[Caller, list[str]] = {}
    for envelope, result in checks:
        if isinstance(result, CheckedRecord) and result.inputs:
            opened = open_envelope(envelope)
            signer = Caller(issuer_of(opened.body), _READING, opened.keyid.hex())
            taken.setdefault(signer, []).extend([one.lot for one in result.inputs])
    for signer, lots in taken.items():
        facts = await lots_of(pool, sorted(set(lots)))
        issuers = {name: lot.record.issuer for name, lot in facts.items()}
        others = sorted([name for name, maker in issuers.items() if maker != signer.organization])
        if others:
            noter = Noter(accesses, await read_rights(pool, AskingCaller(signer)) or Rights(signer), route, [
                asked_lot(name, [facts[name]]) for name in others])
            await noter.note({issuers[name] for name in others})
