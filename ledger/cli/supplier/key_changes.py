"""`key change`, `key recover`, `key object`: records on the log decide which keys sign for an organisation."""

from datetime import UTC, datetime
from pathlib import Path

import click
import msgspec

from ledger.answers.stored import PluginAnswer, RecoveryAnswer
from ledger.cli.client import Client, url_option
from ledger.cli.console import json_option, print_json, say, show
from ledger.cli.environment import origin_option, required_origin
from ledger.cli.files import FILE, passphrase_options, signing_key
from ledger.cli.registrar.activations import registrar_options
from ledger.cli.registrar.posting import organizations, origin_of, post_one, post_sealed, registrar_key_at, registrar_of
from ledger.cli.supplier.key_request import read_request
from ledger.client import limits
from ledger.core.log.checkpoint import parse_checkpoint
from ledger.core.log.note import parse_note
from ledger.core.log.policy import ACTIVATED
from ledger.core.receipts.receipt import Receipt
from ledger.core.record.canonical import record_of
from ledger.core.signatures.envelope import seal
from ledger.errors import InvalidInput, NotFound
from ledger.host.files.durable import replacing
from ledger.host.files.key_files import new_nonce

since_option = click.option(
    "--compromised-since", "since", type=click.IntRange(0), metavar="INDEX",
    help="Records that the revoked keys signed from this log index on are in doubt; their grants and publications end.",
)


@click.command()
@click.argument("organization")
@click.option("--key", "key", type=FILE, required=True, help="An active private key of the organisation.")
@click.option("--add", "added", type=FILE, multiple=True,
              help="Request for a new key, from `key request`; may be repeated.")
@click.option("--revoke", "revoked", multiple=True, metavar="KEYID", help="A key to revoke; may be repeated.")
@since_option
@origin_option
@click.option("-o", "--output", type=FILE, help="Write the signed record to this file for `submit`; do not post it.")
@passphrase_options
@url_option
@json_option
def change(
    organization: str, key: Path, added: tuple[Path, ...], revoked: tuple[str, ...], since: int | None,
    origin: str | None, output: Path | None, passphrase_file: Path | None, prompt: bool, url: str, as_json: bool,
) -> None:
    """Add and revoke keys of ORGANIZATION. An active key of the organisation signs the change.

    With -o the command works offline. A change also ends a recovery that the registrar has requested.
    """
    ledger = required_origin(origin)
    signer = signing_key(key, passphrase_file, prompt)
    record = record_of({
        "type": "keyChange", "issuer": organization, "nonce": new_nonce(), "organization": organization,
        **_keys(added, organization, ledger), **({"revoked": list(revoked)} if revoked else {}), **_since(since),
    })
    envelope = seal(record, signer, ledger)
    if output is not None:
        with replacing(output) as file:
            file.write(msgspec.json.encode(envelope) + b"\n")
        say(f"1 record signed: {output}")
        _warn(bool(revoked), since)
        return
    with Client(url) as client:
        index, digest = post_sealed(client, envelope)
    _warn(bool(revoked), since)
    _print({"organization": organization, "index": index, "digest": digest}, f"keys of {organization} changed", as_json)


@click.command()
@click.argument("organization")
@click.option("--request", "requests", type=FILE, multiple=True,
              help="Request for a new key of the organisation, from `key request`; may be repeated.")
@click.option("--complete", is_flag=True, help="Complete the pending recovery.")
@since_option
@registrar_options
def recover(
    organization: str, requests: tuple[Path, ...], complete: bool, since: int | None, registrar_key: Path | None,
    passphrase_file: Path | None, home: Path | None, url: str, as_json: bool,
) -> None:
    """Give new keys to an ORGANIZATION that has lost its own, as the registrar: --request, and --complete a week later.

    Until then, any key change by the organisation ends the recovery. On completion the keys of the request become
    active and all others are revoked. Cosignatures of the log's witnesses prove that the week has passed; on a log
    without witnesses, records posted on seven different days do.
    """
    if bool(requests) == complete:
        raise click.UsageError("give either --request or --complete")
    if requests and since is not None:
        raise click.UsageError("--compromised-since needs --complete")
    registrar = registrar_key_at(registrar_key, home, passphrase_file)
    with Client(url) as client:
        origin = origin_of(client)
        step = _completion(client, organization) if complete else _keys(requests, organization, origin)
        record = record_of({
            "type": "keyChange", "issuer": registrar_of(client, registrar), "nonce": new_nonce(),
            "organization": organization, "recovery": "complete" if complete else "request", **step, **_since(since),
        })
        index, digest = post_one(client, record, registrar, origin)
        due = None if complete else _waiting(client, organization).due
    outcome = f"{organization} is recovered"
    if due is not None:
        until = datetime.fromtimestamp(due / 1000, UTC)
        outcome = f"a recovery of {organization} waits until {until:%Y-%m-%d %H:%M:%S} UTC"
    result = {"organization": organization, "index": index, "digest": digest, **({} if due is None else {"due": due})}
    _warn(complete, since)
    _print(result, outcome, as_json)


@click.command("object")
@click.argument("organization")
@click.option("--key", "key", type=FILE, required=True, help="An active private key of the organisation.")
@origin_option
@passphrase_options
@url_option
@json_option
def object_to(
    organization: str, key: Path, origin: str | None, passphrase_file: Path | None, prompt: bool, url: str,
    as_json: bool,
) -> None:
    """Object to a recovery of ORGANIZATION that the registrar has requested. The organisation keeps its key."""
    ledger = required_origin(origin)
    signer = signing_key(key, passphrase_file, prompt)
    with Client(url) as client:
        waiting = _waiting(client, organization)
        record = record_of({
            "type": "keyChange", "issuer": organization, "nonce": new_nonce(), "organization": organization,
            "recovery": "objection", "request": waiting.request,
        })
        index, digest = post_one(client, record, signer, ledger)
    _print({"organization": organization, "index": index, "digest": digest},
           f"the recovery of {organization} requested by entry {waiting.index} has ended", as_json)


def _keys(requests: tuple[Path, ...], organization: str, origin: str) -> dict[str, object]:
    """The field `added`, from requests for this organisation on this ledger. Raises InvalidInput for other requests."""
    enrolments = [read_request(path, origin) for path in requests]
    for request in enrolments:
        if request.organization != organization:
            raise InvalidInput(f"the request is for {request.organization}, not for {organization}",
                               field="organization", value=request.organization)
    return {"added": [one.key for one in enrolments]} if enrolments else {}


def _completion(client: Client, organization: str) -> dict[str, object]:
    """The fields of a completion: the request and, on a log with witnesses, the evidence that it was public for a week.
    """
    waiting = _waiting(client, organization)
    in_force = {one.name: one.in_force for one in client.get("/v1/plugins", list[PluginAnswer])}
    if in_force.get(ACTIVATED) is None:
        return {"request": waiting.request}
    path = f"/v1/records/{waiting.request}/proof"
    newest = parse_checkpoint(parse_note(client.content("/log/checkpoint", limits.NOTE).decode()).text).size
    first, last = client.get(path, Receipt), client.get(path, Receipt, size=newest)
    return {"request": waiting.request, "evidence": {
        "policy": client.content("/log/policy", limits.NOTE).decode(), "entry": first.entry, "first": first.proof,
        "last": last.proof,
    }}


def _since(since: int | None) -> dict[str, object]:
    return {} if since is None else {"compromisedSince": since}


def _waiting(client: Client, organization: str) -> RecoveryAnswer:
    recovery = next((one.recovery for one in organizations(client) if one.id == organization), None)
    if recovery is None:
        raise NotFound(f"no recovery of {organization} is pending on {client.url}", code="no-recovery",
                       field="organization", value=organization)
    return recovery


def _warn(revokes: bool, since: int | None) -> None:
    """Says which clients, grants and publications a revocation of keys ends."""
    if revokes and since is not None:
        say(f"clients that a revoked key entered since entry {since} end by this change, and so do its grants and "
            "publications since: `carbon-ledger client list`, `carbon-ledger grants`")
    elif revokes:
        say("clients that a revoked key entered stay in force, and so do its grants and publications: see "
            "`carbon-ledger client list`, `carbon-ledger grants`. If a key was stolen, --compromised-since ends those "
            "since, also in a later change")


def _print(result: dict[str, object], outcome: str, as_json: bool) -> None:
    if as_json:
        print_json(result)
    else:
        show(f"{outcome}: entry {result['index']}, record {result['digest']}")
