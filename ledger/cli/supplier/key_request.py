"""Reads enrolment requests from files."""

import base64
from pathlib import Path

import msgspec

from ledger.cli.files import reading
from ledger.client.enrolment import EnrolmentRequest
from ledger.core.signatures.signing import check_possession, load_spki
from ledger.errors import InvalidInput


def read_request(path: Path, origin: str) -> EnrolmentRequest:
    """A request whose key consents to its enrolment on the ledger of that origin. Raises InvalidInput, InvalidKey."""
    with reading(path) as file:
        data = file.read()
    try:
        request = msgspec.json.decode(data, type=EnrolmentRequest)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise InvalidInput(
            f"{path} is not an enrolment request: {error}", field="request",
            rule="the output of `carbon-ledger key request`",
        ) from None
    if request.origin != origin:
        raise InvalidInput(
            f"the request is for the ledger {request.origin}, not for {origin}", code="wrong-origin", field="origin",
            value=request.origin,
        )
    check_possession(load_spki(base64.b64decode(request.key.spki)), base64.b64decode(request.key.proof), origin,
                     request.organization, "key.proof", request.parent)
    return request
