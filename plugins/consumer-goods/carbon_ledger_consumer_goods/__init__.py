"""Consumer goods for carbon-ledger: pulp, paper, textile dyeing, household appliances."""

from carbon_ledger_consumer_goods.sector import plugin

__all__ = ["plugin"]
