"""Asks token endpoints as foreign programs do: plain HTTP, and JSON Web Tokens made with joserfc."""

import secrets
import time
from typing import Any, Final

import httpx
from joserfc import jwt
from joserfc.jwk import ECKey, OKPKey

from ledger.core.signatures.signing import SigningKey

KIND: Final = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"


def jwk_of(key: SigningKey) -> Any:
    """The private key as the library has it."""
    return (OKPKey if key.algorithm == "ed25519" else ECKey).import_key(key.to_pem())


def assertion(key: SigningKey, subject: str, audience: str, *, algorithm: str | None = None, kid: str | None = None,
              **claims: Any) -> str:
    """A client assertion; `claims` replace those of an honest one."""
    now = int(time.time())
    content = {"iss": subject, "sub": subject, "aud": audience, "jti": secrets.token_hex(8), "iat": now,
               "exp": now + 120, **claims}
    name = algorithm or {"ed25519": "Ed25519", "p256": "ES256"}[key.algorithm]
    return jwt.encode({"alg": name, "kid": kid or key.keyid.hex()}, content, jwk_of(key), [name])


def ask(url: str, form: dict[str, str], path: str = "/auth/token", **how: Any) -> httpx.Response:
    """Posts a form to the token endpoint."""
    return httpx.post(f"{url}{path}", data={"grant_type": "client_credentials", **form}, **how)


def by_key(url: str, key: SigningKey, subject: str, **form: str) -> httpx.Response:
    """Asks for a token by an assertion."""
    signed = assertion(key, subject, f"{url}/auth/token")
    return ask(url, {"client_assertion": signed, "client_assertion_type": KIND, **form})


def token_of(response: httpx.Response) -> str:
    assert response.status_code == 200, response.text
    return str(response.json()["access_token"])


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}
