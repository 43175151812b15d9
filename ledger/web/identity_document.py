"""The OpenAPI document of the routes of identity: forms, answers, and errors after RFC 6749."""

from collections.abc import Mapping
from typing import Any, Final

from ledger.access.caller import SCOPES
from ledger.core.signatures.assertions import KIND
from ledger.service.identity.requests import CREDENTIALS
from ledger.web.identity import CODES, REVOKE, TOKEN

_SCOPES: Final = dict(zip(SCOPES, ("reading", "posting", "entering clients"), strict=True))
_JSON: Final = "application/json"
_FORM: Final = "application/x-www-form-urlencoded"
_TEXT: Final = {"type": "string"}
_ERROR: Final = {
    "type": "object", "required": ["error", "error_description"],
    "properties": {"error": _TEXT, "error_description": _TEXT},
}
_ERRORS: Final = {
    "400": "The request, its grant or its scope is not valid", "401": "The client does not prove who it is",
    "429": "Too many failed attempts: `Retry-After` says when to ask again",
    "503": "The server cannot answer now: ask again",
}
_PROOF: Final = {
    "client_assertion_type": {"type": "string", "description": f"`{KIND}`, with `client_assertion`"},
    "client_assertion": {"type": "string", "description": "a JSON Web Token, signed by an enrolled key (RFC 7523)"},
    "client_id": {"type": "string", "description": "id of a client, or digest of a grant with a link"},
    "client_secret": {"type": "string", "description": "the client's or the link's secret"},
}
_ISSUED: Final = {
    "type": "object", "required": ["access_token", "token_type", "expires_in", "scope"],
    "properties": {"access_token": _TEXT, "token_type": _TEXT, "expires_in": {"type": "integer"}, "scope": _TEXT},
}
_CODE: Final = {
    "type": "object", "required": ["code", "expires_in"],
    "properties": {"code": _TEXT, "expires_in": {"type": "integer"}},
}
_NEW_CLIENT: Final = {
    "type": "object", "required": ["name"], "additionalProperties": False, "properties": {
        "name": {"type": "string", "minLength": 1, "maxLength": 200},
        "scopes": {"type": "array", "items": {"type": "string", "enum": [*SCOPES]}, "minItems": 1,
                   "description": "`read` alone if it is absent"},
    },
}


def state_identity(document: Mapping[str, Any]) -> None:
    """States the bodies and answers of the token endpoint and of new clients, and how requests carry a token.
    `document` is changed in place."""
    paths = document["paths"]
    document["components"]["securitySchemes"] = {"token": {"type": "oauth2", "flows": {
        "clientCredentials": {"tokenUrl": TOKEN, "scopes": _SCOPES}}}}
    grant = {"grant_type": {"type": "string", "enum": [CREDENTIALS]},
             "scope": {"type": "string", "description": f"of {', '.join(SCOPES)}, separated by spaces"}}
    _state_form(paths[TOKEN]["post"], {**grant, **_PROOF}, ["grant_type"], _ISSUED)
    _state_form(paths[REVOKE]["post"], {"token": _TEXT, **_PROOF}, ["token"], {"type": "object"})
    _state_form(paths[CODES]["post"], _PROOF, [], _CODE)
    paths["/auth/clients"]["post"]["requestBody"] = _body(_JSON, _NEW_CLIENT)


def _state_form(
    operation: dict[str, Any], properties: Mapping[str, Any], required: list[str], answer: Mapping[str, Any]
) -> None:
    operation["requestBody"] = _body(_FORM, {"type": "object", "required": required, "properties": properties})
    operation["responses"]["200"] = {"description": "The answer", "content": {_JSON: {"schema": answer}}}
    for status, words in _ERRORS.items():
        contents = operation["responses"].get(status, {}).get("content", {})
        operation["responses"][status] = {"description": words, "content": {_JSON: {"schema": _ERROR}, **contents}}


def _body(media_type: str, schema: Mapping[str, Any]) -> dict[str, Any]:
    return {"required": True, "content": {media_type: {"schema": schema}}}
