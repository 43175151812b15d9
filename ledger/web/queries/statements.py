"""The query for a statement: a lot's figure with its proofs, signed by the log."""

from litestar import Controller, get

from ledger.access.declared import OfLot
from ledger.core.receipts.statement import Statement
from ledger.footprint.stored.burdens import METHOD
from ledger.service.access.sight import Sight
from ledger.service.ledger import Ledger
from ledger.service.queries.methods.catalogue import run_method
from ledger.service.queries.questions import LotQuestion, MethodChoice
from ledger.service.queries.statement.make import make_statement, statement_size
from ledger.web.queries.footprints import Allocation, Gwp, MethodName, Parameters
from ledger.web.queries.lots import At, LotId


class StatementsController(Controller):
    path = "/v1/statement"
    tags = ("queries",)

    @get("/", access=OfLot(),
         summary="A signed statement of a lot's figure, with proofs one hop upstream, to be checked offline")
    async def statement(
        self, ledger: Ledger, sight: Sight, lot: LotId, method: MethodName = None, gwp: Gwp = None,
        allocation: Allocation = None, parameter: Parameters = None, at: At = None,
    ) -> Statement:
        """If the request names another method, other potentials or another allocation, the statement also has their
        answer, beside the proven figure; this needs a chain without hidden parts. Whoever does not see how the lot is
        made gets the committed figure with the proof of its leaf alone."""
        ledger.heads.require_signing()
        if method in (None, METHOD) and gwp is None and allocation is None and not parameter:
            return await make_statement(ledger.pool, ledger.publication, LotQuestion(lot, at), sight=sight)
        await sight.require_whole_chain(ledger.pool, "lot", lot)
        question = LotQuestion(lot, await statement_size(ledger.pool, at))
        choice = MethodChoice(method or METHOD, gwp, allocation, parameter or ())
        answer = await run_method(ledger.pool, ledger.registry, question, choice, sight)
        return await make_statement(ledger.pool, ledger.publication, question, answer)
