"""The page that checks a figure in the browser: with the modules of the offline verifier, sent by the server."""

from typing import Final
from urllib.parse import urlencode

from litestar import Controller, Response, get

from ledger.access.declared import OpenToAll
from ledger.errors import InvalidInput
from ledger.pages.scripted.scripts import Script, scripted_page
from ledger.pages.site import HANDLERS, AnyRequest, paths, visit_of
from ledger.service.ledger import Ledger
from ledger.service.queries.records import digest_from

_NOTHING: Final = OpenToAll("shows nothing of the ledger; its script asks with the rights of whoever looks")


class VerifyPagesController(Controller):
    include_in_schema = False
    exception_handlers = HANDLERS

    @get(paths("verify"), access=_NOTHING, media_type="text/html", sync_to_thread=False)
    def verify(
        self, request: AnyRequest, ledger: Ledger, lot: str | None = None, record: str | None = None
    ) -> Response[str]:
        """The check of a lot's statement, of a record's receipt, or of the log alone."""
        if lot is not None and record is not None:
            raise InvalidInput("a lot and a record are two questions", code="two-questions", field="record",
                               value=record, rule="lot, or record, or neither")
        file = ""
        if lot is not None:
            file = f"/v1/statement?{urlencode({'lot': lot})}"
        elif record is not None:
            file = f"/v1/records/{digest_from(record).hex()}/proof"
        return scripted_page("verify.html", visit_of(request, ledger), Script.VERIFY, file=file, lot=lot, record=record)
