"""`grant`: an organisation lets others read its records for a time."""

import secrets
from typing import Any

import click

from ledger.access.links import SECRET_BYTES, link_digest
from ledger.cli.console import say
from ledger.cli.identity.opening import language
from ledger.cli.supplier.sharing.single import Single, single_options, write_record
from ledger.client.login import link_address

DEPTHS = ("totals", "stages", "suppliers", "full")


def instant(text: str) -> str:
    """A day (`YYYY-MM-DD`, 00:00 UTC) or an instant, as records spell it. The record's rules check it."""
    return text if "T" in text else f"{text}T00:00:00Z"


@click.command()
@click.option("--to", "grantee", metavar="ORGANIZATION", help="The organisation that may read.")
@click.option("--link", is_flag=True, help="Instead: draw the secret of a link for someone who is not on the ledger. "
              "It is printed once.")
@click.option("--lot", help="Only the record and the figures of this lot.")
@click.option("--product", help="Only records that make lots of this product.")
@click.option("--declaration", metavar="DIGEST", help="Only the right to price supplies by this declaration.")
@click.option("--period-start", metavar="DAY", help="Only records about times from this day or instant on.")
@click.option("--period-end", metavar="DAY", help="Only records about times until this day or instant.")
@click.option("--depth", type=click.Choice(DEPTHS), required=True,
              help="The figures of lots; also their stages; also the suppliers; the records themselves.")
@click.option("--publish", is_flag=True, help="The organisation may also publish the passports of its lots of the "
              "product, or of all of your products.")
@click.option("--until", metavar="DAY", required=True, help="The day or instant at which the grant ends.")
@click.option("--purpose", required=True, help="Why; name no person.")
@single_options
def grant(
    single: Single, grantee: str | None, link: bool, lot: str | None, product: str | None, declaration: str | None,
    period_start: str | None, period_end: str | None, depth: str, publish: bool, until: str, purpose: str,
) -> int:
    """Let another organisation, or whoever has a link, read your records.

    Without --lot, --product and --declaration the grant covers all of your records. Records of your suppliers need
    their own grants. `revoke` ends a grant at once.
    """
    if (grantee is None) != link:
        raise click.UsageError("give either --to or --link")
    scope = {name: value for name, value in (
        ("lot", lot), ("product", product), ("declaration", declaration),
        ("start", period_start and instant(period_start)), ("end", period_end and instant(period_end)),
    ) if value is not None}
    tree = {
        "type": "grant", "depth": depth, "until": instant(until), "purpose": purpose,
        **({"scope": scope} if scope else {}), **({"publish": True} if publish else {}),
    }
    if link:
        return _grant_link(tree, single)
    return write_record({**tree, "grantee": grantee}, single, f"{grantee} may read until {tree['until']}")


def _grant_link(tree: dict[str, Any], single: Single) -> int:
    """Grants to whoever has a new secret, which is printed once."""
    secret = secrets.token_urlsafe(SECRET_BYTES)
    tree = {**tree, "link": link_digest(secret)}
    code = write_record(tree, single, f"the holder of the link may read until {tree['until']}",
                        lambda digest: _of_link(single.url, digest, secret))
    if not single.dry_run and code == 0:
        say("nobody can show the secret again; the holder opens the address in a browser, or asks with "
            "CARBON_LEDGER_CLIENT_ID and CARBON_LEDGER_CLIENT_SECRET, other programs at POST /auth/token")
    return code


def _of_link(url: str, digest: str, secret: str) -> dict[str, str]:
    return {"client": digest, "secret": secret, "address": link_address(url, language(), digest, secret)}
