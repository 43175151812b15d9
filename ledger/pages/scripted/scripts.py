"""The pages that run a script: the login, and the check of a figure in the browser. Each has one, of this server."""

from collections.abc import Mapping
from enum import StrEnum
from functools import cache
from typing import Final

from litestar import Controller, Response, get

from ledger.access.declared import OpenToAll
from ledger.client.verify.offline_file import joined_modules
from ledger.errors import NotFound
from ledger.pages.site import HANDLERS, POLICY, AnyRequest, Visit, name_digest, page, static
from ledger.web.resources import IMMUTABLE, resource

_SCRIPTED: Final = f"{POLICY}; script-src 'self'; connect-src 'self'"


class Script(StrEnum):
    LOGIN = "login"
    VERIFY = "verify"


@cache
def _scripts() -> Mapping[Script, bytes]:
    return {Script.LOGIN: static("login.js"), Script.VERIFY: joined_modules("verifier/served.js").encode()}


@cache
def _by_file() -> Mapping[str, bytes]:
    """By names that caches may keep for ever."""
    return {f"{name_digest(content)}.js": content for content in _scripts().values()}


@cache
def _path(script: Script) -> str:
    return f"/script/{name_digest(_scripts()[script])}.js"


def scripted_page(template: str, visit: Visit, script: Script, **values: object) -> Response[str]:
    """A page from its template, which may run this script."""
    response = page(template, visit, 200, script=_path(script), **values)
    response.headers["Content-Security-Policy"] = _SCRIPTED
    return response


class ScriptsController(Controller):
    include_in_schema = False
    exception_handlers = HANDLERS

    @get("/script/{name:str}", access=OpenToAll("the scripts of pages"), sync_to_thread=False)
    def script(self, request: AnyRequest, name: str) -> Response[bytes]:
        content = _by_file().get(name)
        if content is None:
            raise NotFound("no such script", field="path", value=request.url.path)
        return resource(request, content, "text/javascript", IMMUTABLE, compressible=True)
