"""`publish` and `unpublish`: the passport of a lot or product, for whoever has its identifier."""

import click

from ledger.cli.supplier.sharing.single import Single, single_options, write_record


@click.command()
@click.option("--lot", help="Publish the passport of this lot, which you own.")
@click.option("--product", help="Publish the passports of this product and of all lots of it that your records make.")
@click.option("--declaration", metavar="DIGEST", help="Let every organisation price supplies by your declaration.")
@single_options
def publish(single: Single, lot: str | None, product: str | None, declaration: str | None) -> int:
    """Publish the passport of a lot or product, or a declaration.

    A passport shows the figure per unit with its title, questions and findings, recycled content and lives. It shows
    nothing upstream, no quantity of the lot and no holder. Anyone who has the identifier can read and keep it.
    """
    named = {name: value for name, value in (("lot", lot), ("product", product), ("declaration", declaration))
             if value is not None}
    if len(named) != 1:
        raise click.UsageError("give one of --lot, --product, --declaration")
    return write_record({"type": "publication", **named}, single, f"{next(iter(named.values()))} is published")


@click.command()
@click.argument("digest")
@single_options
def unpublish(single: Single, digest: str) -> int:
    """End your publication with DIGEST at once; `records --kind publication` lists your publications."""
    return write_record({"type": "publicationEnd", "publication": digest}, single, "the publication has ended")
