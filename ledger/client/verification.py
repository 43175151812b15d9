"""Verification offline, against a log that the caller trusts by its vkey or by a policy."""

from collections.abc import Sequence

from ledger.client.verify.bundle import (
    Checked,
    ReplayedKeys,
    check_quorum,
    check_statement_quorum,
    known_vkey,
    pinned_key,
    verify_bundle,
)
from ledger.core.log.checkpoint import Checkpoint, open_checkpoint
from ledger.core.log.key_rotation import LogKeys
from ledger.core.log.note import parse_vkey
from ledger.core.log.policy import open_cosigned, parse_policy
from ledger.core.receipts.acknowledgement import Acknowledgement, verify_answer
from ledger.core.receipts.bundle import read_bundle
from ledger.core.receipts.receipt import Receipt, Verified
from ledger.core.receipts.statement import Statement
from ledger.core.receipts.statement_steps import Proven
from ledger.core.signatures.signing import VerifyingKey
from ledger.footprint.derived.statements import check_statement


class TrustedLog:
    """A log by its vkey, or by a policy (C2SP tlog-policy) whose quorum of witnesses must have cosigned. `rotations`:
    the notes by which the log rotated its key; `registrar`: hex keyid of the registrar's first key, for bundles.

    Each method raises VerificationError with the `step` that does not hold, or InvalidNote."""

    def __init__(
        self, vkey: str | None = None, *, policy: bytes | None = None, registrar: str | None = None,
        rotations: Sequence[str] = (),
    ) -> None:
        self._keys = ReplayedKeys(vkey, None if policy is None else parse_policy(policy), registrar, rotations)

    def receipt(
        self, receipt: Receipt | Acknowledgement, *, body: bytes | None = None, key: VerifyingKey | None = None
    ) -> Verified:
        """The content that a receipt or acknowledgement proves. `body`: the record's canonical bytes; `key`: the key of
        its signer."""
        vkey = known_vkey(receipt, self._keys)
        verified = verify_answer(receipt, vkey, body=body, key=key)
        if self._keys.policy is not None:
            check_quorum(receipt, self._keys.policy, parse_vkey(vkey))
        return verified

    def statement(self, statement: Statement) -> Proven:
        """The figure of a lot that a statement proves. The caller decides by `claims.valid_until` whether the
        statement is still in force."""
        keys = LogKeys(pinned_key(statement.note, self._keys), self._keys.rotations)
        proven = check_statement(statement, keys.pinned, keys.notes)
        check_statement_quorum(proven, keys, self._keys.policy)
        return proven

    def bundle(self, data: bytes) -> Checked:
        """The content that a bundle proves, in nine steps; `left_out` of the answer names the steps that had nothing to
        check."""
        return verify_bundle(read_bundle(data), self._keys)

    def checkpoint(self, note: bytes) -> Checkpoint:
        """The checkpoint in a note of the log, as served under /log/checkpoint."""
        text = note.decode("utf-8", "replace")
        keys = LogKeys(pinned_key(text, self._keys), self._keys.rotations)
        verifier = parse_vkey(keys.vkey_of(text))
        if self._keys.policy is not None:
            return open_cosigned(text, self._keys.policy, verifier).checkpoint
        return open_checkpoint(text, verifier.name, verifier)
