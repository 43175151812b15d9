"""The composition root of the server: an open ledger and the HTTP handlers over it."""

from typing import Any

from litestar import Litestar, Request, Router
from litestar.datastructures import State
from litestar.di import Provide
from litestar.exceptions import HTTPException
from litestar.openapi import OpenAPIConfig
from litestar.openapi.plugins import JsonRenderPlugin, YamlRenderPlugin
from litestar.openapi.spec import Server

from ledger.errors import LedgerError
from ledger.pages.compare.controller import ComparePagesController
from ledger.pages.desk.controller import DeskPagesController
from ledger.pages.inventory.controller import InventoryPagesController
from ledger.pages.logs import LogPagesController
from ledger.pages.lot.controller import LotPagesController
from ledger.pages.parties import PartyPagesController
from ledger.pages.passport import PassportPagesController
from ledger.pages.plugins.controller import PluginPagesController
from ledger.pages.questions import QuestionPagesController
from ledger.pages.record import RecordPagesController
from ledger.pages.scripted.login import LoginController, SessionController
from ledger.pages.scripted.scripts import ScriptsController
from ledger.pages.scripted.verify import VerifyPagesController
from ledger.pages.sectors import SectorPagesController
from ledger.pages.start import StartController
from ledger.service.access.sight import Sight
from ledger.service.ledger import Ledger
from ledger.web.access_log import AccessesController
from ledger.web.audit import AuditController
from ledger.web.authorization import Admission, check_declared, sight_of
from ledger.web.document import PATH, document_answers
from ledger.web.door.posts import CHECKS, PostQueue
from ledger.web.identity import ClientsController, IdentityController
from ledger.web.log import LogController, answers_any_origin
from ledger.web.observation.metrics import Metrics
from ledger.web.operation import HealthController, MetricsController
from ledger.web.passports import PassportsController
from ledger.web.problems import http_error, ledger_error, unexpected_error
from ledger.web.queries.bought import BoughtController
from ledger.web.queries.carbon_management import CarbonManagementController
from ledger.web.queries.chains import ChainsController
from ledger.web.queries.footprints import FootprintsController, MethodsController
from ledger.web.queries.lists import GrantsController, ListsController
from ledger.web.queries.lots import QueriesController
from ledger.web.queries.quality import QualityController
from ledger.web.queries.schema import SchemaController
from ledger.web.records import RecordsController

VERSION = "0.9.0"


def create_app(
    ledger: Ledger, public_url: str | None = None, metrics: Metrics | None = None, *, log_for_any_origin: bool = False
) -> Litestar:
    """The ASGI application over an open ledger, which must outlive it. `public_url` and `log_for_any_origin`: see
    `Settings`. `metrics`: a server passes its own metrics, which include its other layers and processes. Raises
    ConfigurationError if a route declares no access."""
    app = Litestar(
        route_handlers=[
            RecordsController, QueriesController, FootprintsController, MethodsController, ChainsController,
            QualityController, CarbonManagementController, SchemaController, ListsController, GrantsController,
            PassportsController, BoughtController, AccessesController, AuditController, HealthController,
            MetricsController, IdentityController, ClientsController, LoginController, SessionController,
            StartController, LotPagesController, RecordPagesController, LogPagesController, PassportPagesController,
            PartyPagesController, QuestionPagesController, SectorPagesController, ComparePagesController,
            DeskPagesController, InventoryPagesController, PluginPagesController, VerifyPagesController,
            ScriptsController,
            Router("/", route_handlers=[LogController],
                   after_request=answers_any_origin if log_for_any_origin else None),
        ],
        state=State({"posts": PostQueue(), "checks": PostQueue(CHECKS)}),
        dependencies={
            "sight": Provide(_sight_after_ledger, sync_to_thread=False),
            "ledger": Provide(lambda: ledger, sync_to_thread=False),
            "metrics": Provide(lambda: metrics or Metrics(ledger, VERSION), sync_to_thread=False),
        },
        before_request=Admission(ledger),
        exception_handlers={
            LedgerError: ledger_error, HTTPException: http_error, Exception: unexpected_error,
        },
        openapi_config=OpenAPIConfig(
            title="carbon-ledger", version=VERSION,
            description="A signed, append-only ledger of material flows and embodied carbon.",
            servers=[Server(url=public_url or "/")],
            render_plugins=[JsonRenderPlugin(), YamlRenderPlugin()],
            openapi_router=Router(
                PATH, route_handlers=[], before_request=document_answers(ledger), include_in_schema=False),
        ),
        # The door has read each body already and checked its size.
        request_max_body_size=None,
        logging_config=None,
        debug=False,
    )
    check_declared(app.routes, besides=PATH)
    return app


def _sight_after_ledger(request: Request[Any, Any, Any], ledger: Ledger) -> Sight:
    """The sight of a request. Litestar resolves independent dependencies in a task group, which costs a tenth of the
    time of a read. `sight` takes `ledger`, so Litestar resolves the two one after the other."""
    return sight_of(request)
