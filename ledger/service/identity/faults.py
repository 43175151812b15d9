"""Errors of the token endpoint, after RFC 6749 (5.2)."""

from ledger.errors import LedgerError, Unauthenticated


class OAuthFault(LedgerError):
    """A request for a token that is refused. `code` is the error of OAuth 2. `retry_after`: seconds."""

    def __init__(
        self, code: str, message: str, *, status: int = 400, retry_after: int | None = None
    ) -> None:
        super().__init__(message, code=code)
        self.status = status
        self.retry_after = retry_after


def invalid_request(message: str) -> OAuthFault:
    return OAuthFault("invalid_request", message)


def invalid_client(message: str) -> OAuthFault:
    return OAuthFault("invalid_client", message, status=401)


def invalid_token(why: str) -> Unauthenticated:
    """The error for an access token that is not valid here, or not any more."""
    return Unauthenticated(
        f"the access token is not valid: {why}", code="invalid-token", field="Authorization",
        rule="a token of this ledger that is not expired or revoked; POST /auth/token gives a new one",
    )
