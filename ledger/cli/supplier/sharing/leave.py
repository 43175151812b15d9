"""`leave`: an organisation leaves the parent that reads everything of it."""

import click

from ledger.cli.supplier.sharing.single import Single, single_options, write_record


@click.command()
@click.argument("organization")
@click.option("--announce", is_flag=True, help="As the registrar: announce the end, thirty days before it.")
@single_options
def leave(single: Single, organization: str, announce: bool) -> int:
    """End the relation of ORGANIZATION to its parent, as one of the two, at once and for good.

    From the new entry on the parent reads nothing of it, older records included, unless it is granted them. Rules about
    goods count the two as one group for twelve months more. The registrar can end the relation too, from thirty to
    ninety days after it has announced this.
    """
    tree = {"type": "parentEnd", "organization": organization, **({"announced": True} if announce else {})}
    return write_record(tree, single, f"{organization} {'will leave' if announce else 'has left'} its parent")
