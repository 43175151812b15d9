"""Requests for tokens, as forms say them (RFC 6749, RFC 7523)."""

import base64
import binascii
from collections.abc import Mapping
from typing import Final, NamedTuple
from urllib.parse import parse_qsl, unquote_plus

from ledger.core.signatures.assertions import KIND
from ledger.service.identity.faults import OAuthFault, invalid_client, invalid_request

CREDENTIALS: Final = "client_credentials"
_MOST_FIELDS: Final = 20
_MOST_BYTES: Final = 16 << 10
"""Of a form: an assertion and a token have 4,096 characters at most."""


class ByAssertion(NamedTuple):
    """`private_key_jwt`. `client`: the `client_id` of the form, or ""."""

    assertion: str
    client: str = ""


class BySecret(NamedTuple):
    """`client_secret_basic` or `client_secret_post`."""

    client: str
    secret: str


Proof = ByAssertion | BySecret


def form_of(body: bytes) -> Mapping[str, str]:
    """The fields of a form. Raises OAuthFault for a field that is given twice, and for a form that is too long."""
    if len(body) > _MOST_BYTES:
        raise invalid_request(f"the form has more than {_MOST_BYTES} bytes")
    try:
        pairs = parse_qsl(body.decode("ascii"), keep_blank_values=True, strict_parsing=bool(body), errors="strict",
                          max_num_fields=_MOST_FIELDS)
    except ValueError:
        raise invalid_request("the body must be a form (application/x-www-form-urlencoded)") from None
    form = dict(pairs)
    if len(form) < len(pairs):
        raise invalid_request("a field of the form is given twice")
    return form


def proof_of(form: Mapping[str, str], authorization: str | None) -> Proof:
    """How the client proves who it is: in one way. Raises OAuthFault."""
    basic = _basic(authorization)
    ways = [basic is not None, "client_secret" in form, "client_assertion" in form]
    if sum(ways) > 1:
        raise invalid_request("authenticate in one way: by an assertion, by the header, or by the form")
    if basic is not None:
        if form.get("client_id", basic.client) != basic.client:
            raise invalid_request("client_id differs from the one in the header")
        return basic
    if "client_assertion" in form:
        if form.get("client_assertion_type") != KIND:
            raise invalid_request(f"client_assertion_type must be {KIND}")
        return ByAssertion(form["client_assertion"], form.get("client_id", ""))
    if "client_secret" in form and form.get("client_id"):
        return BySecret(form["client_id"], form["client_secret"])
    raise invalid_client("authenticate by client_assertion, by client_id and client_secret, or by Authorization: Basic")


def scopes_of(form: Mapping[str, str], allowed: frozenset[str]) -> str:
    """The requested scopes; without a request all that are allowed. Raises OAuthFault for others."""
    wanted = frozenset(form.get("scope", "").split()) or allowed
    if not wanted <= allowed:
        refused = " ".join(sorted(wanted - allowed))
        raise OAuthFault("invalid_scope", f"scope {refused} is not allowed; this client has: "
                         f"{' '.join(sorted(allowed))}")
    return " ".join(sorted(wanted))


def _basic(authorization: str | None) -> BySecret | None:
    """Client and secret in a header; each is form-encoded in it (RFC 6749, 2.3.1)."""
    scheme, _, encoded = (authorization or "").partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        client, colon, secret = base64.b64decode(encoded.strip(), validate=True).decode("utf-8").partition(":")
    except (binascii.Error, UnicodeDecodeError):
        client, colon, secret = "", "", ""
    if not colon or not client:
        raise invalid_client("Authorization: Basic must hold client_id:client_secret in base64")
    return BySecret(unquote_plus(client), unquote_plus(secret))
