"""`enrol`: the registrar enrols an organisation with its key and the prefixes of its ids."""

import base64
from pathlib import Path

import click

from ledger.answers.stored import OrganizationAnswer
from ledger.cli.client import Client, url_option
from ledger.cli.console import json_option, print_json, show
from ledger.cli.environment import home_option
from ledger.cli.files import FILE, registrar_passphrase_option, signing_key
from ledger.cli.lazy import attribute
from ledger.cli.registrar.posting import origin_of, post_one, registrar_key_at, registrar_of
from ledger.cli.supplier.key_request import read_request
from ledger.cli.supplier.keys import names_of
from ledger.client.enrolment import EnrolmentRequest
from ledger.core.record.canonical import record_of
from ledger.core.signatures.signing import load_spki, public_key
from ledger.host.files.key_files import REGISTRAR_KEY, is_encrypted, new_nonce


@click.command()
@click.option("--id", "identifier", help="URN of the organisation.  [default: from --request]")
@click.option("--prefix", "prefixes", multiple=True, help="Prefix of the ids that it mints; may be repeated.")
@click.option("--name-en", help="Its name in English.")
@click.option("--name-zh", help="Its name in Chinese.")
@click.option("--parent", help="URN of its parent organisation, with --key; else the request names it.")
@click.option("--role", "roles", type=click.Choice(["auditor", "registrar"]), multiple=True,
              help="A right of the organisation; may be repeated.")
@click.option("--request", "request", type=FILE, help="File with the organisation's request from `key request`.")
@click.option("--key", "key", type=FILE, help="The organisation's private key, instead of a request.")
@click.option("--prompt", is_flag=True, help="Ask for the passphrase of --key.")
@registrar_passphrase_option
@click.option("--dns", is_flag=True, help="Enrol it only if each domain of its id and prefixes names its key: a TXT "
              "record `keyid=KEYID` at _carbon-ledger.DOMAIN.")
@click.option("--dns-server", metavar="ADDRESS", help="With --dns: the resolver to ask.  [default: this host's]")
@click.option("--registrar-key", type=FILE, help=f"The registrar's key.  [default: {REGISTRAR_KEY} in the data folder]")
@home_option
@url_option
@json_option
def enrol(
    identifier: str | None, prefixes: tuple[str, ...], name_en: str | None, name_zh: str | None, parent: str | None,
    roles: tuple[str, ...], request: Path | None, key: Path | None, passphrase_file: Path | None, prompt: bool,
    dns: bool, dns_server: str | None, registrar_key: Path | None, home: Path | None, url: str, as_json: bool,
) -> None:
    """Enrol an organisation, as the registrar.

    The registrar's key signs the record for the ledger of the server at --url.
    """
    if (request is None) == (key is None):
        raise click.UsageError("give either --request or --key")
    if key is not None and identifier is None:
        raise click.UsageError("--key needs --id")
    if dns_server is not None and not dns:
        raise click.UsageError("--dns-server needs --dns")
    registrar = registrar_key_at(registrar_key, home, passphrase_file)
    with Client(url) as client:
        origin = origin_of(client)
        if request is not None:
            enrolment = read_request(request, origin)
            if identifier not in (None, enrolment.organization):
                raise click.UsageError(f"the request is for {enrolment.organization}, not for {identifier}")
            if parent not in (None, enrolment.parent):
                raise click.UsageError(f"the request names the parent {enrolment.parent or 'nobody'}, not {parent}")
        else:
            own = Path(str(key))
            private = signing_key(own, passphrase_file if is_encrypted(own) else None, prompt)
            enrolment = EnrolmentRequest(organization=str(identifier), origin=origin, parent=parent,
                                         key=public_key(private, origin, str(identifier), parent))
        proved = _proved(enrolment, list(prefixes) or enrolment.prefixes, dns_server) if dns else []
        record = record_of({
            "type": "organization", "issuer": registrar_of(client, registrar), "nonce": new_nonce(),
            "id": enrolment.organization, "keys": [enrolment.key], "prefixes": list(prefixes) or enrolment.prefixes,
            "names": enrolment.names | names_of(name_en, name_zh), "roles": roles,
            **({"parent": enrolment.parent} if enrolment.parent else {}),
        })
        index, digest = post_one(client, record, registrar, origin)
        entered = client.get("/v1/organizations", list[OrganizationAnswer], after=index - 1, limit=1)
    minted = list(prefixes) or enrolment.prefixes
    resembles = [name for one in entered for name in one.resembles]
    oddities = [oddity for one in entered for oddity in one.oddities]
    result = {"organization": enrolment.organization, "index": index, "digest": digest, "prefixes": minted,
              "resembles": resembles, "oddities": oddities, **({"domains": proved} if dns else {})}
    if as_json:
        print_json(result)
    else:
        show(f"{enrolment.organization} is enrolled at index {index}, record {digest}",
             f"prefixes of its ids: {' '.join(minted) or 'no prefix'}",
             *([f"proved by DNS: {' '.join(proved)}"] if proved else []),
             *([f"resembles: {' '.join(resembles)}"] if resembles else []),
             *([f"its names contain {', '.join(oddities)}"] if oddities else []))


def _proved(enrolment: EnrolmentRequest, prefixes: list[str], server: str | None) -> list[str]:
    """The domains of the organisation's names, each proved by DNS. Raises Refused if one does not name its key."""
    check = attribute("ledger.cli.registrar.domain_proof:check_domains", "`enrol --dns`")
    keyid = load_spki(base64.b64decode(enrolment.key.spki)).keyid.hex()
    proved: list[str] = check([enrolment.organization, *prefixes], keyid, server)
    return proved
