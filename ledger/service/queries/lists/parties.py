"""Organisations, facilities and products that a question about a list names."""

from ledger.errors import NotFound
from ledger.service.queries.tree_size import AsOf
from ledger.store.database import DatabasePool
from ledger.store.sql import queries


async def check_enrolled(pool: DatabasePool, organization: str, field: str, as_of: AsOf) -> None:
    """Raises NotFound if an organisation was not on the ledger at that moment."""
    if not await pool.fetchval(queries("lists")["enrolled"], organization, as_of.size):
        raise NotFound(f"organization {organization!r} is not on the ledger", code="unknown-organization", field=field,
                       value=organization, rule="the id of an enrolled organisation; /v1/organizations lists them")


async def operator_of(pool: DatabasePool, facility: str, as_of: AsOf) -> str:
    """The operator of a facility. Raises NotFound."""
    operator: str | None = await pool.fetchval(queries("lists")["operator"], facility, as_of.size)
    if operator is None:
        raise NotFound(f"facility {facility!r} is not on the ledger", code="unknown-facility", field="facility",
                       value=facility, rule="the id of a facility")
    return operator


async def product_owner_of(pool: DatabasePool, product: str, as_of: AsOf) -> str:
    """The organisation that entered a product. Raises NotFound."""
    owner: str | None = await pool.fetchval(queries("lists")["product_owner"], product, as_of.size)
    if owner is None:
        raise NotFound(f"product {product!r} is not on the ledger", code="unknown-product", field="product",
                       value=product, rule="the id of a product")
    return owner
