"""`revoke`: an organisation ends one of its grants, or all that it has given to a receiver."""

from collections.abc import Sequence
from typing import Final

import click

from ledger.answers.granted import GrantAnswer, GrantListAnswer
from ledger.answers.problems import Problem
from ledger.cli.client import Client
from ledger.cli.console import explained, print_json, say, show
from ledger.cli.environment import required_origin
from ledger.cli.files import signing_key
from ledger.cli.lookup.grants import covered
from ledger.cli.lookup.pages import Following, ListOptions, ListRequest
from ledger.cli.supplier.sharing.single import (
    Single,
    check_output,
    single_options,
    write_envelopes,
    write_record,
)
from ledger.client.signing import RecordSigner
from ledger.errors import NotFound

_MOST_LISTED: Final = 1_000_000


@click.command()
@click.argument("digest", required=False)
@click.option("--to", "grantee", metavar="ORGANIZATION", help="Instead: end all your grants to this organisation.")
@single_options
def revoke(single: Single, digest: str | None, grantee: str | None) -> int:
    """End your grant with DIGEST at once, or with --to all your grants to an organisation. `grants` lists your grants.

    With --to the revocations are posted in one request; --dry-run lists the grants that would end. Links have no
    receiver: end each of them by its digest.
    """
    if grantee is None and digest is not None:
        return write_record({"type": "grantRevocation", "grant": digest}, single, "the grant has ended")
    if grantee is None or digest is not None:
        raise click.UsageError("give either DIGEST or --to")
    return _revoke_all(grantee, single)


def _revoke_all(grantee: str, single: Single) -> int:
    check_output(single)
    origin = required_origin(single.origin)
    with Client(single.url) as client:
        grants = _in_force(client, single.issuer, grantee)
        signer = RecordSigner(signing_key(single.key, single.passphrase_file, single.prompt), origin, single.issuer)
        envelopes = [signer.sign({"type": "grantRevocation", "grant": one.record}) for one in grants]
        if single.output is not None:
            write_envelopes(single.output, envelopes)
            return _report(grantee, [(one, None) for one in grants], single)
        answers = client.check(envelopes) if single.dry_run else client.post(envelopes)
    return _report(grantee, [(grant, answer if isinstance(answer, Problem) else None)
                             for grant, answer in zip(grants, answers, strict=True)], single)


def _in_force(client: Client, grantor: str, grantee: str) -> list[GrantAnswer]:
    """The grants in force of the grantor to the grantee, newest first. Raises NotFound if the list is empty."""
    request: ListRequest[GrantListAnswer, GrantAnswer] = ListRequest(
        "/v1/grants", GrantListAnswer, "grants", {"organization": grantor})
    grants = [one for one in Following(client, request, ListOptions(_MOST_LISTED, None, False, None)).rows()
              if (one.grantor, one.grantee, one.state) == (grantor, grantee, "inForce")]
    if not grants:
        raise NotFound(
            f"{grantor} has no grant in force to {grantee}: nothing to revoke", code="no-grant", field="to",
            value=grantee, rule=f"a receiver of a grant that `grants --organization {grantor}` lists as inForce")
    return grants


def _report(grantee: str, results: Sequence[tuple[GrantAnswer, Problem | None]], single: Single) -> int:
    ended = [grant for grant, refusal in results if refusal is None]
    refused = [(grant, refusal) for grant, refusal in results if refusal is not None]
    if single.as_json:
        print_json({
            **({"dryRun": True} if single.dry_run else {}), "grantee": grantee, "grants": ended,
            "refused": [{"grant": grant.record, "problem": refusal} for grant, refusal in refused],
        })
        return 1 if refused else 0
    would = single.dry_run or single.output is not None
    show(*[f"grant {one.record} of {covered(one)}, depth {one.depth}, until {one.until}: {one.purpose}"
           for one in ended])
    number = f"{len(ended)} {'grant' if len(ended) == 1 else 'grants'} to {grantee}"
    if would:
        show(f"{number} would end; nothing is posted")
    else:
        show(f"{number} {'has' if len(ended) == 1 else 'have'} ended")
    for grant, refusal in refused:
        say(f"grant {grant.record}: {refusal.code}: {explained(refusal.error())}")
    return 1 if refused else 0
