"""SECURITY.md says by route whom the ledger answers, as the code does."""

from typing import cast

import pytest
from litestar import get
from support.access_page import PAGE, written
from support.raising import raised

from ledger.app import create_app
from ledger.errors import ConfigurationError
from ledger.service.ledger import Ledger
from ledger.web import operation
from ledger.web.authorization import declarations

PAGES = ("/en", "/zh", "/style/", "/script/", "/icon.svg", "/auth/session")
"""Pages for people, which the document for programs leaves out."""


def test_the_page_has_the_declarations_of_the_routes() -> None:
    message = "PYTHONPATH=.:tests python -m support.access_page"
    assert PAGE.read_text(encoding="utf-8") == written(PAGE.read_text(encoding="utf-8")), message


def test_every_route_of_the_document_declares_its_access() -> None:
    app = create_app(cast(Ledger, None))
    documented = {path.rstrip("/") or "/" for path in app.openapi_schema.paths or {}}
    declared = {route.split()[1] for route in declarations(app)}
    pages = {path for path in declared - documented if path.startswith(PAGES) or path == "/"}
    assert documented == declared - pages


def test_a_server_with_an_undeclared_route_does_not_start(monkeypatch: pytest.MonkeyPatch) -> None:
    @get("/undeclared")
    async def undeclared(self: operation.HealthController) -> str:
        return ""

    monkeypatch.setattr(operation.HealthController, "undeclared", undeclared, raising=False)
    assert "declares no access" in str(raised(ConfigurationError, create_app, cast(Ledger, None)))
