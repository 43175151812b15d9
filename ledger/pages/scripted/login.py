"""The login of people: a page that begins the session of a browser, and the routes that it asks."""

from typing import Final
from urllib.parse import urlencode

from litestar import Controller, Response, get, post
from litestar.datastructures import Cookie
from litestar.response import Redirect
from msgspec import Struct

from ledger.access.caller import Caller
from ledger.access.declared import OpenToAll
from ledger.access.rights import Rights
from ledger.pages.scripted.scripts import Script, scripted_page
from ledger.pages.site import HANDLERS, HEADERS, AnyRequest, paths, visit_of
from ledger.service.access.rights import AskingCaller, read_rights
from ledger.service.access.sight import Sight
from ledger.service.identity.faults import OAuthFault
from ledger.service.identity.issuing import Principal
from ledger.service.identity.requests import form_of
from ledger.service.identity.tokens import SESSION
from ledger.service.ledger import Ledger
from ledger.service.queries.names import read_names
from ledger.web.door.callers import COOKIE, session_of
from ledger.web.identity import OAUTH, issuer_of, place_of, stored_nowhere

_PROVED: Final = OpenToAll("whoever proves who it is begins a session of a browser, which reads as it")


class OpenerAnswer(Struct, frozen=True):
    """Whose session would begin. `organization`: of the key or client, or that has given the link; `names`: its names
    by language. `seconds`: the longest time for which the session lasts."""

    organization: str
    names: dict[str, str]
    link: bool
    seconds: int


class LoginController(Controller):
    include_in_schema = False
    exception_handlers = HANDLERS

    @get(paths("login"), access=OpenToAll("how to log in"), media_type="text/html", sync_to_thread=False)
    def login(self, request: AnyRequest, ledger: Ledger) -> Response[str]:
        """The page of the login. The client and secret of a link are in the fragment, which browsers do not
        send."""
        return _page(request, ledger)

    @post(paths("login"), access=OpenToAll("shows whose session a code would begin"), media_type="text/html",
          status_code=200)
    async def with_code(self, request: AnyRequest, ledger: Ledger) -> Response[str]:
        """The page with the `code` of a form, which comes from a file on the disk of the user: browsers write addresses
        into their histories, with fragments."""
        try:
            code = form_of(await request.body()).get("code", "")
        except OAuthFault:
            code = ""
        return _page(request, ledger, urlencode({"code": code}))


class SessionController(Controller):
    """The routes that the script of the login asks."""

    path = "/auth/session"
    include_in_schema = False
    exception_handlers = OAUTH

    @post("/opener", access=_PROVED, status_code=200)
    async def opener(self, request: AnyRequest, ledger: Ledger) -> Response[bytes]:
        """Whose session a form would begin, so that a person can refuse the code of somebody else."""
        subject = await ledger.tokens.opener(form_of(await request.body()), place_of(request, ledger))
        organization = await _organization(ledger, subject)
        names = await read_names(ledger.pool, Sight(Rights()), [organization])
        return stored_nowhere(OpenerAnswer(
            organization, dict(names.get(organization, {})), subject.link is not None, SESSION.seconds))

    @post("/", access=_PROVED, status_code=200)
    async def begin(self, request: AnyRequest, ledger: Ledger) -> Response[bytes]:
        """Begins a session, and ends the one that the browser had."""
        session = await ledger.tokens.begin(form_of(await request.body()), place_of(request, ledger))
        await _end(request, ledger)
        answer = stored_nowhere({})
        answer.cookies = [_cookie(session, SESSION.seconds)]
        return answer

    @post("/end", access=OpenToAll("ends the session of the browser"), status_code=303)
    async def end(self, request: AnyRequest, ledger: Ledger) -> Redirect:
        await _end(request, ledger)
        return Redirect("/", status_code=303, cookies=[_cookie("", 0)], headers={
            **HEADERS, "Cache-Control": "no-store", "Clear-Site-Data": '"cache"'})


def _page(request: AnyRequest, ledger: Ledger, form: str = "") -> Response[str]:
    response = scripted_page("login.html", visit_of(request, ledger), Script.LOGIN, form=form,
                             address=issuer_of(request, ledger))
    response.headers["Cache-Control"] = "no-store"
    return response


async def _organization(ledger: Ledger, subject: Principal) -> str:
    """The organisation as which a session reads; of a link, the one that has given it. Raises OAuthFault."""
    if subject.link is None:
        return subject.name
    rights = await read_rights(ledger.pool, AskingCaller(Caller(None, subject.scopes, subject.client, subject.link)))
    grants = () if rights is None else rights.grants
    if not grants:
        raise OAuthFault("invalid_grant", "the grant of the link has ended")
    return grants[0].grantor


async def _end(request: AnyRequest, ledger: Ledger) -> None:
    session = session_of(request.scope["headers"])
    if session is not None:
        await ledger.tokens.end(session)


def _cookie(value: str, seconds: int) -> Cookie:
    """`__Host-` binds it to this host and to TLS. No script reads it, and writes of other sites do not have it."""
    return Cookie(COOKIE, value=value, max_age=seconds, secure=True, httponly=True, samesite="lax")
