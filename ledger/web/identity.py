"""Routes of OAuth 2: tokens, keys, discovery, and the clients of an organisation."""

from typing import Annotated, Any, Final

import msgspec
from litestar import Controller, MediaType, Request, Response, delete, get, post
from litestar.params import Parameter
from litestar.types import ExceptionHandlersMap
from msgspec import Struct

from ledger.access.caller import SCOPES, Caller
from ledger.access.declared import OpenToAll, Selected
from ledger.answers.stored import ClientPage, NewClientAnswer
from ledger.errors import Denied, InvalidInput, Unauthenticated
from ledger.service.identity.clients import PAGE, add_client, list_clients, revoke_client
from ledger.service.identity.faults import OAuthFault
from ledger.service.identity.issuing import TokenEndpoint
from ledger.service.identity.requests import CREDENTIALS, form_of
from ledger.service.identity.tokens import ALGORITHM
from ledger.service.ledger import Ledger
from ledger.web.authorization import caller_of, require_scope
from ledger.web.door.clients import client_of

TOKEN: Final = "/auth/token"  # noqa: S105 - a path
REVOKE: Final = "/auth/revoke"
CODES: Final = "/auth/codes"
KEYS: Final = "/auth/keys"
_METHODS: Final = ["private_key_jwt", "client_secret_basic", "client_secret_post"]
_ASSERTIONS: Final = ["Ed25519", "EdDSA", "ES256"]
_PROVED: Final = OpenToAll("whoever proves who it is gets a token")
_KNOWN: Final = OpenToAll("addresses and public keys of the token endpoint")
_ADMINISTRATION: Final = Selected("the clients of the caller's organisation, with the scope admin")
AnyRequest = Request[Any, Any, Any]


class NewClient(Struct, frozen=True, forbid_unknown_fields=True):
    """A client to enter."""

    name: str
    scopes: tuple[str, ...] = ("read",)


def _refused(_: AnyRequest, fault: OAuthFault) -> Response[Any]:
    """An error of the token endpoint (RFC 6749, 5.2)."""
    headers = {"Cache-Control": "no-store"}
    if fault.retry_after is not None:
        headers["Retry-After"] = str(fault.retry_after)
    if fault.status == 401:
        headers["WWW-Authenticate"] = 'Basic realm="carbon-ledger"'
    content = {"error": fault.code, "error_description": fault.message}
    return Response(msgspec.json.encode(content), status_code=fault.status, media_type=MediaType.JSON,
                    headers=headers)


OAUTH: Final[ExceptionHandlersMap] = {OAuthFault: _refused}
"""The handler of errors of the controllers that answer as a token endpoint."""


class IdentityController(Controller):
    tags = ("identity",)
    exception_handlers = OAUTH

    @post(TOKEN, status_code=200, access=_PROVED, summary="An access token (OAuth 2, client credentials)",
          media_type=MediaType.JSON)
    async def token(self, request: AnyRequest, ledger: Ledger) -> Response[bytes]:
        """A form: `grant_type=client_credentials`, `scope` if wanted, and one proof: `client_assertion` of an enrolled
        ledger key (RFC 7523), or `client_id` and `client_secret`, also as `Authorization: Basic`. The holder of a
        grant's link uses the grant's digest as `client_id` and the link's secret."""
        form = form_of(await request.body())
        return stored_nowhere(
            await ledger.tokens.issue(form, request.headers.get("Authorization"), place_of(request, ledger)))

    @post(REVOKE, status_code=200, access=_PROVED, summary="Revoke an access token (RFC 7009)",
          media_type=MediaType.JSON)
    async def revoke(self, request: AnyRequest, ledger: Ledger) -> Response[bytes]:
        """A form: `token`, and the proof of the client to which it was issued, as for a token."""
        form = form_of(await request.body())
        await ledger.tokens.revoke(form, request.headers.get("Authorization"), place_of(request, ledger))
        return stored_nowhere({})

    @post(CODES, status_code=200, access=_PROVED, summary="A code with which a browser begins a session, once",
          media_type=MediaType.JSON)
    async def code(self, request: AnyRequest, ledger: Ledger) -> Response[bytes]:
        """A form: the proof of the client, as for a token. The page `/en/login` takes the code in a form."""
        form = form_of(await request.body())
        return stored_nowhere(
            await ledger.tokens.code(form, request.headers.get("Authorization"), place_of(request, ledger)))

    @get(KEYS, access=_KNOWN, summary="The public keys of access tokens (JSON Web Key Set)")
    async def keys(self, ledger: Ledger) -> Response[dict[str, Any]]:
        await ledger.tokens.keys.signing()
        keys = (await ledger.tokens.keys.verifying()).values()
        return Response({"keys": [key.public() for key in keys]}, headers={"Cache-Control": "public, max-age=300"})

    @post(KEYS, status_code=200, access=Selected("the operator, through the server's own socket"),
          summary="Replace the key of access tokens: all tokens end at once")
    async def replace_key(self, request: AnyRequest, ledger: Ledger) -> dict[str, Any]:
        if not caller_of(request).operator:
            raise Denied("only the operator can replace the key of access tokens", code="operator-only",
                         rule="ask through the Unix socket serve.sock in the home")
        return {"keys": [(await ledger.tokens.keys.replace()).public()]}

    @get(["/.well-known/openid-configuration", "/.well-known/oauth-authorization-server"], access=_KNOWN,
         summary="Discovery of the token endpoint (OpenID Connect Discovery, RFC 8414)")
    async def discovery(self, request: AnyRequest, ledger: Ledger) -> dict[str, Any]:
        issuer = issuer_of(request, ledger)
        return {
            "issuer": issuer, "token_endpoint": issuer + TOKEN, "revocation_endpoint": issuer + REVOKE,
            "jwks_uri": issuer + KEYS, "grant_types_supported": [CREDENTIALS], "response_types_supported": [],
            "scopes_supported": [*SCOPES], "subject_types_supported": ["public"],
            "token_endpoint_auth_methods_supported": _METHODS,
            "token_endpoint_auth_signing_alg_values_supported": _ASSERTIONS,
            "revocation_endpoint_auth_methods_supported": _METHODS,
            "revocation_endpoint_auth_signing_alg_values_supported": _ASSERTIONS,
            "id_token_signing_alg_values_supported": [ALGORITHM],
        }


class ClientsController(Controller):
    path = "/auth/clients"
    tags = ("identity",)
    exception_handlers = OAUTH

    @post("/", access=_ADMINISTRATION, status_code=201, summary="Enter a client; the answer has its secret, once")
    async def add(self, request: AnyRequest, ledger: Ledger) -> Response[NewClientAnswer]:
        """The body: `name`, and `scopes`, by default `read` alone, all of them scopes of the token."""
        caller = caller_of(request)
        _administrator(caller)
        try:
            new = msgspec.json.decode(await request.body(), type=NewClient)
            for scope in SCOPES:
                if scope in new.scopes:
                    require_scope(caller, scope, "a client gets at most the scopes of the token that enters it: "
                                                 "a ledger key's token has all")
            client = await add_client(ledger.pool, ledger.tokens.hasher, caller, new.name, new.scopes)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise InvalidInput(f"the body is no new client: {error}", code="invalid-request", field="body",
                               rule='JSON such as {"name": "planning", "scopes": ["read"]}') from None
        return Response(client, headers={"Cache-Control": "no-store"})

    @get("/", access=_ADMINISTRATION, summary="The clients of the caller's organisation, by id")
    async def clients(
        self, request: AnyRequest, ledger: Ledger,
        after: Annotated[str, Parameter(description="id of the last client of the page before", max_length=64)] = "",
        limit: Annotated[int, Parameter(description="the most clients", ge=1, le=1_000)] = PAGE,
    ) -> ClientPage:
        return await list_clients(ledger.pool, _administrator(caller_of(request)), after, limit)

    @delete("/{client:str}", access=_ADMINISTRATION, status_code=204,
            summary="Revoke a client: its tokens are invalid from now on")
    async def remove(self, request: AnyRequest, ledger: Ledger, client: str) -> None:
        await revoke_client(ledger.pool, _administrator(caller_of(request)), client)


def _administrator(caller: Caller) -> str:
    """The organisation whose clients the caller administers. Raises Unauthenticated or Denied."""
    if caller.organization is None:
        raise Unauthenticated("the request has no access token of an organisation", code="token-needed",
                              field="Authorization",
                              rule="Authorization: Bearer TOKEN, from POST /auth/token; commands have it after "
                                   "`carbon-ledger login --key KEY`")
    require_scope(caller, "admin", "a token of a ledger key, or of a client with the scope admin")
    return caller.organization


def issuer_of(request: AnyRequest, ledger: Ledger) -> str:
    """The address of this server: the public one; without one, the address of the request, whose host the door has
    checked."""
    return (ledger.settings.public_url or f"{request.url.scheme}://{request.headers['Host']}").rstrip("/")


def place_of(request: AnyRequest, ledger: Ledger) -> TokenEndpoint:
    """Clients sign the address that they know: the public one, or the host of the request. A proxy may end TLS."""
    issuer, host = issuer_of(request, ledger), request.headers["Host"]
    bases = {issuer, f"http://{host}", f"https://{host}"}
    audiences = frozenset([base + path for base in bases for path in ("", "/", TOKEN, REVOKE, CODES)])
    return TokenEndpoint(issuer, audiences, client_of(request.scope))


def stored_nowhere(answer: Struct | dict[str, Any]) -> Response[bytes]:
    return Response(msgspec.json.encode(answer), media_type=MediaType.JSON, headers={"Cache-Control": "no-store"})
