"""Credits: lots that stand for kg of recycled material, besides the material itself; one claim uses each kg up.

A credit has neither burden nor mass, so no figure of the default method contains one. Each tonne is credited once: when
waste or cores become a product, and never more than the inputs or the outputs. Material that a process takes back from
itself is not recycled (ISO 14021, 7.8.1.1): otherwise home scrap, melted again and again, would be credited each time.
"""

from collections.abc import Sequence
from decimal import Decimal
from typing import Final

from ledger.admission.facts import Facts, LotFacts, ProductFacts
from ledger.core.record.identifiers import check_identifier, under
from ledger.core.record.kinds import Consumption
from ledger.core.record.units import convert, plain, unit
from ledger.core.record.values import UNBURDENED, Output
from ledger.errors import Refused

RECYCLING: Final = "recycling:"
"""Prefix of the `credit` of lots that stand for recycled material; the material follows."""

_NONE: Final = Decimal(0)


def check_credit(output: Output, product: ProductFacts, field: str) -> str | None:
    """The text `credit` of a lot of role credit; None for every other lot."""
    if (output.role == "credit") != (output.credit is not None):
        raise Refused(
            f"{field}: role {output.role} with credit {output.credit}", code="credit-form", field=f"{field}.credit",
            rule="lots of role credit have the field `credit`, and no other lots do",
        )
    if output.credit is None:
        return None
    if unit(product.unit).dimension != "mass":
        raise Refused(
            f"{field}.product: {product.id!r} is counted in {product.unit}", code="credit-form",
            field=f"{field}.product", value=product.id,
            rule="credits count kg of recycled material: the unit of their product is a mass",
        )
    for name in ("mass", "item", "materials", "elements"):
        stated = getattr(output, name)
        if stated:
            raise Refused(
                f"{field}.{name}: a credit has no {name}", code="credit-form", field=f"{field}.{name}", value=stated,
                rule="a credit is not a physical thing: it has no mass, item or composition",
            )
    if output.credit.factor is not None:
        convert(Decimal(1), "KGM", output.credit.factor.unit, f"{field}.credit.factor.unit")
    return RECYCLING + output.credit.material


def check_recycled(taken: Sequence[tuple[LotFacts, Decimal | None]], created: Sequence[LotFacts]) -> None:
    """Refuses more credits than a transformation recycles. `taken`: lots with the kg taken of them.

    Kg of credits <= kg of waste and cores from other processes that go in, and <= kg of products that come out.
    """
    credits_ = [(i, convert(lot.quantity, lot.unit, "KGM")) for i, lot in enumerate(created) if lot.role == "credit"]
    if not credits_:
        return
    credited, recycled, products = _NONE, _NONE, _NONE
    for _, amount in credits_:
        credited += amount
    for lot, mass in taken:
        if lot.role in ("waste", "core") and lot.maker != created[0].maker:
            recycled += mass or _NONE
    for lot in created:
        if lot.role not in UNBURDENED:
            products += lot.mass or _NONE
    limit = min(recycled, products)
    if credited > limit:
        field = f"outputs[{credits_[0][0]}].quantity"
        raise Refused(
            f"{field}: credits for {plain(credited)} kg, but {plain(recycled)} kg of waste and cores from other "
            f"processes became {plain(products)} kg of products", code="credit-excess", field=field,
            value=f"{plain(credited)} KGM",
            rule=f"credits are at most the waste and cores from other processes that went in, and at most the products "
                 f"that came out: {plain(limit)} KGM",
        )


def check_claim(record: Consumption, taken: Sequence[LotFacts], facts: Facts) -> None:
    """Credits leave the ledger by a claim or as a loss; no other lots leave by a claim."""
    claim = record.claim
    if (record.purpose == "claim") != (claim is not None):
        raise Refused(
            f"purpose {record.purpose} with{'out' if claim is None else ''} the field `claim`", code="claim-form",
            field="claim", value=claim.method if claim is not None else None,
            rule="records with purpose `claim` have the field `claim`, and no other records do",
        )
    for i, lot in enumerate(taken):
        _check_used_up(record, lot, f"inputs[{i}].lot")
    if claim is None:
        return
    if record.outputs:
        raise Refused("a claim has no outputs", code="claim-form", field="outputs", value=record.outputs[0].lot,
                      rule="no outputs with purpose `claim`")
    if claim.lot is not None:
        _check_claimed_for(record.issuer, claim.lot, facts)


def _check_used_up(record: Consumption, lot: LotFacts, field: str) -> None:
    if (lot.role == "credit") != (record.purpose == "claim") and record.purpose not in ("loss", "stockCorrection"):
        raise Refused(
            f"{field}: {lot.id!r} has role {lot.role}, but the purpose is {record.purpose}", code="claim-form",
            field=field, value=lot.id, rule="a claim takes only credits, and only a claim uses credits up",
        )
    if lot.role == "credit" and not (lot.credit or "").startswith(RECYCLING):
        raise Refused(
            f"{field}: {lot.id!r} stands for {lot.credit}", code="claim-form", field=field, value=lot.id,
            rule="only a transformation that takes them uses up credits of a mass balance",
        )


def _check_claimed_for(issuer: str, name: str, facts: Facts) -> None:
    """The issuer must own the lot or have named it. A lot of others is refused with the words for an unknown lot."""
    check_identifier(name, "claim.lot")
    lot, organization = facts.lots.get(name), facts.organizations.get(issuer)
    own = organization is not None and under(organization.prefixes, name)
    if lot is None or not (own or lot.owned_by == issuer):
        raise Refused(
            f"claim.lot: {name!r} is not a lot that {issuer} owns or made", code="unknown-lot", field="claim.lot",
            value=name, rule="a lot that the issuer owns or made",
        )
    if lot.role in ("credit", "attribute"):
        raise Refused(f"claim.lot: {name!r} has role {lot.role}", code="claim-form", field="claim.lot", value=name,
                      rule="a lot of a physical product")
