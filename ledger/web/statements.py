"""Asking for a statement: a lot's figure with its proofs, signed by the log."""

from litestar import Controller, get

from ledger.core.statement import Statement
from ledger.service.ledger import Ledger
from ledger.service.statements import make_statement
from ledger.web.queries import At, LotId


class StatementsController(Controller):
    path = "/v1/statement"
    tags = ("queries",)

    @get("/", summary="A lot's figure with proofs down to the figures one hop away, signed: to be checked offline")
    async def statement(self, ledger: Ledger, lot: LotId, at: At = None) -> Statement:
        ledger.sequencer.require_signing()
        return await make_statement(ledger.pool, ledger.identity.signer, lot, at)
