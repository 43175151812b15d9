"""Bundles: made of what a server answers to anyone, and checked step by step without it."""

import base64
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import msgspec
from msgspec import UNSET, Raw, Struct

from ledger.cli.client import Client
from ledger.cli.console import explained, print_json, problem_of, say, show
from ledger.cli.registrar.posting import organizations
from ledger.cli.supplier.receipts import lot_brief
from ledger.client import limits
from ledger.client.verify.bundle import PUBLISHED, STEPS, Checked, ReplayedKeys, step, verify_bundle
from ledger.client.verify.published_head import check_published
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
from ledger.errors import InvalidNote, VerificationError
from ledger.service.queries.answers import LotAnswer, OrganizationAnswer


class _PostedRecord(Struct, frozen=True):
    """The part of a record's answer that a bundle holds."""

    body: Raw


def read_policy(path: Path) -> Policy:
    """Raises InvalidInput that names the line."""
    return parse_policy(path.read_bytes())


def make_bundle(client: Client, name: str, *, with_body: bool) -> Bundle:
    """The bundle of a record by its digest, or of a lot: the record that made it, with the lot's statement. All is
    proved in the newest public tree, so that the witnesses vouch for what came before the log had any, too."""
    digest, statement = name, Raw(b"")
    if not _is_digest(name):
        (lot,) = client.get("/v1/lots", list[LotAnswer], lot=name)
        digest, statement = lot.record, client.get("/v1/statement", Raw, lot=name)
    client.get(f"/v1/records/{digest}/proof", Raw)  # returns once it is public
    size = _size(client)
    receipt = _proof(client, digest, size)
    answer = msgspec.json.decode(receipt, type=Receipt)
    rotations = client.get("/log/keys", Rotations).rotations
    found = Bundle(
        bundle=TAG, receipt=receipt, records=_records(client, answer, size), rotations=rotations or UNSET,
        body=packed(_body(client, digest)) if with_body else UNSET,
        statement=statement if bytes(statement) else UNSET,
    )
    return read_bundle(msgspec.json.encode(found))


def _is_digest(text: str) -> bool:
    return len(text) == 64 and not text.strip("0123456789abcdef")


def _body(client: Client, digest: str) -> bytes:
    return bytes(client.get(f"/v1/records/{digest}", _PostedRecord).body)


def _records(client: Client, receipt: Receipt, size: int) -> list[PublicRecord]:
    """Public records that say whose key signed: of its organisation, of its parents, and of who enrolled them."""
    known = organizations(client)
    by_id = {one.id: one for one in known}
    owners = {key.keyid: one for one in known for key in one.keys}
    found: dict[int, PublicRecord] = {}
    asked = {owners[parse_entry(base64.b64decode(receipt.entry)).keyid.hex()].id}
    done: set[str] = set()
    while asked - done:
        one = by_id[(asked - done).pop()]
        done.add(one.id)
        asked |= {one.parent} if one.parent else set()
        for index in sorted(_indexes(one)):
            if index < receipt.index and index not in found:
                found |= _public(client, index, size)
                asked.add(decode_record(base64.b64decode(found[index].body)).issuer)
    return [found[index] for index in sorted(found)]


def _indexes(one: OrganizationAnswer) -> set[int]:
    """Log indexes of the records that changed an organisation's keys."""
    return {one.index, *[key.enrolled for key in one.keys], *[key.revoked for key in one.keys
                                                             if key.revoked is not None]}


def _public(client: Client, index: int, size: int) -> dict[int, PublicRecord]:
    """The record at a log index, and the request that it completes, where it completes one."""
    digest = parse_entry(_entry(client, index, size)).digest.hex()
    found = {index: _packed(client, digest, size)}
    record = decode_record(base64.b64decode(found[index].body))
    if isinstance(record, KeyChange) and record.recovery == "complete" and record.request is not None:
        asked = _packed(client, record.request, size)
        found[msgspec.json.decode(asked.receipt, type=Receipt).index] = asked
    return found


def _packed(client: Client, digest: str, size: int) -> PublicRecord:
    return PublicRecord(packed(_body(client, digest)), _proof(client, digest, size))


def _proof(client: Client, digest: str, size: int) -> Raw:
    return client.get(f"/v1/records/{digest}/proof", Raw, size=size)


def _size(client: Client) -> int:
    """Of the newest public tree."""
    note = client.content("/log/checkpoint", limits.NOTE).decode("utf-8", "replace")
    return parse_checkpoint(parse_note(note).text, extensions=True).size


def _entry(client: Client, index: int, size: int) -> bytes:
    """From the bundle of entries, in the public tree of `size`, that holds it."""
    first = index - index % TILE_WIDTH
    width = min(TILE_WIDTH, size - first)
    bundle = client.content("/log/" + entries_path(index // TILE_WIDTH, width), limits.bundle(width))
    return decode_entries(bundle)[index - first]


def verify_bundle_file(data: bytes, known: ReplayedKeys, log: str | None, *, as_json: bool) -> int:
    """Tells which steps hold; returns the exit code. `log`: address of the log, which is asked whether it still holds
    what it signed. Raises InvalidInput where `data` is no bundle, Unavailable where the log does not answer."""
    bundle = read_bundle(data)
    steps = STEPS if log is None else (*STEPS, PUBLISHED)
    try:
        checked = verify_bundle(bundle, known)
        if log is not None and checked.verified.checkpoint is not None:
            with step(len(steps)):
                check_published(log, checked.verified.checkpoint, checked.keys)
    except (VerificationError, InvalidNote) as error:
        failed = error.step if isinstance(error, VerificationError) and error.step is not None else 1
        if as_json:
            print_json({"ok": False, "step": failed, "problem": problem_of(error)})
        else:
            show(*[f"{number}. {text}: {'DOES NOT HOLD' if number == failed else 'ok'}"
                   for number, text in enumerate(steps[:failed], start=1)])
            say(f"error: {explained(error)}")
        return 1
    if checked.keys.led is not None:
        say(f"note: {checked.keys.led}")
    if as_json:
        print_json(_told(checked))
    else:
        show(*[f"{number}. {text}: {checked.left_out.get(number, 'ok')}" for number, text in enumerate(steps, start=1)])
        show(*_proved(checked))
    return 0


def _proved(checked: Checked) -> Iterator[str]:
    verified, entry = checked.verified, checked.verified.entry
    signed = datetime.fromtimestamp(entry.time / 1000, UTC)
    where = "of the log, as it promised" if verified.size is None else f"of the log at size {verified.size}"
    yield f"record {entry.digest.hex()} is entry {verified.index} {where}"
    by = f" of {checked.organization}" if checked.organization else ""
    yield f"signed by key {entry.keyid.hex()}{by}; the log says at {signed:%Y-%m-%d %H:%M:%S} UTC"
    if checked.cosigned:
        yield "cosigned by " + ", ".join(_times(checked.cosigned.items()))
    for lot in map(lot_brief, verified.lots):
        yield f"{lot.lot}: {lot.quantity} of {lot.product}, {lot.role}, held by {lot.holder}"
        yield f"  {lot.footprint:,.6g} kg CO2e"
    if checked.statement is not None:
        claims = checked.statement.claims
        yield (f"statement: {claims.figure.title} of {claims.lot}, {float(claims.figure.footprint):,.6g} kg CO2e, "
               f"at size {claims.size}")
        yield from (f"the log said: {one}" for one in claims.limitations)
    yield "that nothing below this size has revoked the key or revised the record is the log's word, which audits check"


def _times(cosigned: Iterable[tuple[str, int]]) -> Iterator[str]:
    for name, time in cosigned:
        yield f"{name} at {datetime.fromtimestamp(time, UTC):%Y-%m-%d %H:%M:%S} UTC"


def _told(checked: Checked) -> dict[str, object]:
    verified, entry = checked.verified, checked.verified.entry
    return {
        "ok": True, "index": verified.index, "size": verified.size, "digest": entry.digest.hex(),
        "keyid": entry.keyid.hex(), "time": entry.time, "organization": checked.organization,
        "cosigned": dict(checked.cosigned), "lots": [lot_brief(lot) for lot in verified.lots],
        "notAsked": {str(step): why for step, why in checked.left_out.items()},
        "statement": None if checked.statement is None else checked.statement.claims.lot,
        "limitations": [] if checked.statement is None else checked.statement.claims.limitations,
    }
