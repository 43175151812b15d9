"""Bundles: made from public answers of a server, and checked step by step without the server."""

import base64
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

import msgspec
from msgspec import UNSET, Raw, Struct, UnsetType

from ledger.answers.brief import findings_of, lot_brief
from ledger.answers.stored import LotAnswer, OrganizationAnswer
from ledger.cli.attestations import claimed_attestations
from ledger.cli.client import Client
from ledger.cli.console import explained, print_json, problem_of, say, show
from ledger.cli.findings import questioned_note, stated_finding
from ledger.cli.numbers import numeral
from ledger.cli.registrar.posting import organizations
from ledger.cli.restated import restated_by, restated_line
from ledger.cli.site_claim import SITE_NOTE, site_lines
from ledger.client import limits
from ledger.client.verify.bundle import PUBLISHED, STEPS, Checked, ReplayedKeys, left_out_steps, step, verify_bundle
from ledger.client.verify.published_head import check_published
from ledger.client.verify.standing import StatementStanding, current_standing, standing_of
from ledger.core.log.checkpoint import parse_checkpoint
from ledger.core.log.entry import parse_entry
from ledger.core.log.key_rotation import Rotations
from ledger.core.log.note import parse_note
from ledger.core.log.policy import Policy, parse_policy
from ledger.core.log.tiles import TILE_WIDTH, decode_entries, entries_path
from ledger.core.receipts.bundle import TAG, Bundle, PublicRecord, packed, read_bundle
from ledger.core.receipts.receipt import Receipt
from ledger.core.record.canonical import decode_record
from ledger.core.record.kinds import KeyChange
from ledger.errors import InvalidNote, NotFound, VerificationError


class _BodyAnswer(Struct, frozen=True):
    """The part of a record's answer that a bundle holds; absent for a caller who may not see it."""

    body: Raw | UnsetType = UNSET


def read_policy(path: Path) -> Policy:
    """The policy in a file. Raises InvalidInput, which names the malformed line."""
    return parse_policy(path.read_bytes())


def make_bundle(client: Client, name: str, *, with_body: bool) -> Bundle:
    """The bundle of a record (`name` is its digest or its log index), or of a lot: the record that made the lot, with
    the lot's statement. All proofs are for the newest public tree, so that witnesses also vouch for entries from
    before the log had witnesses."""
    digest, statement = name, Raw(b"")
    if not _is_digest(name) and name.isascii() and name.isdecimal():
        digest = _digest_at(client, name)
    elif not _is_digest(name):
        (lot,) = client.get("/v1/lots", list[LotAnswer], lot=name)
        digest, statement = lot.record, client.get("/v1/statement", Raw, lot=name)
    client.get(f"/v1/records/{digest}/proof", Raw)  # returns once it is public
    size = _size(client)
    receipt = _proof(client, digest, size)
    answer = msgspec.json.decode(receipt, type=Receipt)
    rotations = client.get("/log/keys", Rotations).rotations
    bundle = Bundle(
        bundle=TAG, receipt=receipt, records=_records(client, answer, size), rotations=rotations or UNSET,
        body=packed(_body(client, digest)) if with_body else UNSET,
        statement=statement if bytes(statement) else UNSET,
    )
    return read_bundle(msgspec.json.encode(bundle))


def _is_digest(text: str) -> bool:
    return len(text) == 64 and not text.strip("0123456789abcdef")


def _body(client: Client, digest: str) -> bytes:
    body = client.get(f"/v1/records/{digest}", _BodyAnswer).body
    if body is UNSET:
        raise NotFound(f"the body of record {digest} is not visible to you", field="digest", value=digest,
                       rule="a record that you issued or are a party to; without --with-body its bundle has no body")
    return bytes(body)


def _records(client: Client, receipt: Receipt, size: int) -> list[PublicRecord]:
    """Public records that show whose key signed: of its organisation, of that organisation's parents, and of the
    organisations that enrolled them."""
    enrolled = organizations(client)
    by_id = {organization.id: organization for organization in enrolled}
    owners = {key.keyid: organization for organization in enrolled for key in organization.keys}
    records: dict[int, PublicRecord] = {}
    wanted = {owners[parse_entry(base64.b64decode(receipt.entry)).keyid.hex()].id}
    visited: set[str] = set()
    while wanted - visited:
        organization = by_id[(wanted - visited).pop()]
        visited.add(organization.id)
        wanted |= {organization.parent} if organization.parent else set()
        for index in sorted(_indexes(organization)):
            if index < receipt.index and index not in records:
                records |= _public(client, index, size)
                wanted.add(decode_record(base64.b64decode(records[index].body)).issuer)
    return [records[index] for index in sorted(records)]


def _indexes(organization: OrganizationAnswer) -> set[int]:
    """Log indexes of the records that changed an organisation's keys."""
    return {organization.index, *[key.enrolled for key in organization.keys], *[key.revoked for key in organization.keys
                                                             if key.revoked is not None]}


def _public(client: Client, index: int, size: int) -> dict[int, PublicRecord]:
    """The record at a log index, together with the recovery request if the record completes one."""
    digest = parse_entry(_entry(client, index, size)).digest.hex()
    records = {index: _packed(client, digest, size)}
    record = decode_record(base64.b64decode(records[index].body))
    if isinstance(record, KeyChange) and record.recovery == "complete" and record.request is not None:
        request = _packed(client, record.request, size)
        records[msgspec.json.decode(request.receipt, type=Receipt).index] = request
    return records


def _packed(client: Client, digest: str, size: int) -> PublicRecord:
    return PublicRecord(packed(_body(client, digest)), _proof(client, digest, size))


def _proof(client: Client, digest: str, size: int) -> Raw:
    return client.get(f"/v1/records/{digest}/proof", Raw, size=size)


def _size(client: Client) -> int:
    """The size of the newest public tree."""
    note = client.content("/log/checkpoint", limits.NOTE).decode("utf-8", "replace")
    return parse_checkpoint(parse_note(note).text, extensions=True).size


def _digest_at(client: Client, index: str) -> str:
    """The digest of the record at a log index. Raises NotFound if the published log is shorter."""
    size = _size(client)
    if len(index) > len(str(size)) or int(index) >= size:
        raise NotFound(f"the public log has no entry {index}: it has {size} entries", field="name", value=index,
                       rule="the id of a lot, the digest of a record, or its log index")
    return parse_entry(_entry(client, int(index), size)).digest.hex()


def _entry(client: Client, index: int, size: int) -> bytes:
    """The entry at a log index, from its entry bundle in the public tree of `size`."""
    first = index - index % TILE_WIDTH
    width = min(TILE_WIDTH, size - first)
    bundle = client.content("/log/" + entries_path(index // TILE_WIDTH, width), limits.bundle(width))
    return decode_entries(bundle)[index - first]


def verify_bundle_file(data: bytes, pinned: ReplayedKeys, log: str | None, on: str, *, as_json: bool) -> int:
    """Prints the result of each step; returns the exit code. `log`: address of the log, to check that it still contains
    the signed checkpoint and the statement's figure; `on`: the instant as of which the statement should be in force.
    Raises InvalidInput if `data` is not a bundle, Unavailable if the log does not answer."""
    bundle = read_bundle(data)
    steps = STEPS if log is None else (*STEPS, PUBLISHED)
    try:
        checked = verify_bundle(bundle, pinned)
        with step(len(steps)):
            standing = _standing(checked, log, on)
    except (VerificationError, InvalidNote) as error:
        failed = error.step if isinstance(error, VerificationError) and error.step is not None else 1
        if as_json:
            print_json({"ok": False, "step": failed, "problem": problem_of(error)})
        else:
            show(*_failed_steps(steps[:failed], bundle, pinned))
            say(f"error: {explained(error)}")
        return 1
    if checked.keys.led is not None:
        say(f"note: {checked.keys.led}")
    in_force = standing is None or standing.is_in_force
    if as_json:
        print_json(_result(checked, standing))
    else:
        show(*[f"{number}. {text}: {checked.left_out.get(number, 'ok')}" for number, text in enumerate(steps, start=1)])
        show(*_proved(checked, standing))
        if standing is not None and not in_force:
            say(f"error: {standing.text}")
    return 0 if in_force else 1


def _failed_steps(steps: Sequence[str], bundle: Bundle, pinned: ReplayedKeys) -> Iterator[str]:
    """The steps up to the last one, which failed."""
    left_out = left_out_steps(bundle, pinned) if len(steps) > 1 else {}
    for number, text in enumerate(steps, start=1):
        yield f"{number}. {text}: {'DOES NOT HOLD' if number == len(steps) else left_out.get(number, 'ok')}"


def _standing(checked: Checked, log: str | None, on: str) -> StatementStanding | None:
    """Whether the bundle's statement is in force; None without a statement. With `log`, also checks that the log still
    contains the signed checkpoints."""
    statement = checked.statement
    standing = None if statement is None else standing_of(statement, on)
    if log is None:
        return standing
    if checked.verified.checkpoint is not None:
        check_published(log, checked.verified.checkpoint, checked.keys)
    if statement is None or standing is None or not standing.is_in_force:
        return standing
    return current_standing(statement, log, checked.keys, check_published(log, statement.checkpoint, checked.keys))


def _proved(checked: Checked, standing: StatementStanding | None) -> Iterator[str]:
    verified, entry = checked.verified, checked.verified.entry
    signed = datetime.fromtimestamp(entry.time / 1000, UTC)
    where = "of the log, as the log promised" if verified.size is None else f"of the log at size {verified.size}"
    yield f"record {entry.digest.hex()} is entry {verified.index} {where}"
    by = f" of {checked.organization}" if checked.organization else ""
    yield f"signed by key {entry.keyid.hex()}{by}; log time {signed:%Y-%m-%d %H:%M:%S} UTC"
    if checked.cosigned:
        yield "cosigned by " + ", ".join(_times(checked.cosigned.items()))
    for lot in map(lot_brief, verified.lots):
        yield f"{lot.lot}: {lot.quantity} of {lot.product}, {lot.role}, held by {lot.holder}"
        yield f"  {numeral(lot.footprint)} kg CO2e{questioned_note(lot.questioned)}"
    for finding in findings_of(verified.index, verified.assessment):
        yield stated_finding(finding)
    if checked.statement is not None:
        claims = checked.statement.claims
        yield (f"statement: {claims.figure.title} of {claims.lot}, {numeral(float(claims.figure.footprint))} kg CO2e, "
               f"at size {claims.size}")
        yield from restated_line(claims)
        if standing is not None and standing.is_in_force:
            yield standing.text
        yield from claimed_attestations(claims)
        yield from (f"the log said: {one}" for one in claims.limitations)
        yield from site_lines(claims.site)
        if claims.site is not None:
            yield SITE_NOTE
    yield "only an audit can check that no record up to this size has revoked the key or revised this record"


def _times(cosigned: Iterable[tuple[str, int]]) -> Iterator[str]:
    for name, time in cosigned:
        yield f"{name} at {datetime.fromtimestamp(time, UTC):%Y-%m-%d %H:%M:%S} UTC"


def _result(checked: Checked, standing: StatementStanding | None) -> dict[str, object]:
    verified, entry = checked.verified, checked.verified.entry
    return {
        "ok": True, "index": verified.index, "size": verified.size, "digest": entry.digest.hex(),
        "keyid": entry.keyid.hex(), "time": entry.time, "organization": checked.organization,
        "cosigned": dict(checked.cosigned), "lots": [lot_brief(lot) for lot in verified.lots],
        "findings": findings_of(verified.index, verified.assessment),
        "notAsked": {str(step): why for step, why in checked.left_out.items()},
        "statement": None if checked.statement is None else checked.statement.claims.lot,
        "restatedBy": None if checked.statement is None else restated_by(checked.statement.claims),
        "validUntil": None if checked.statement is None else checked.statement.claims.valid_until,
        "standing": standing,
        "limitations": [] if checked.statement is None else checked.statement.claims.limitations,
        "site": None if checked.statement is None else checked.statement.claims.site,
    }
