"""A log of one entry with a lot of any name, and a small server for the files of a log: whatever a test wants."""

import base64
import contextlib
import hashlib
from collections.abc import Iterator, Mapping, Sequence
from http.server import BaseHTTPRequestHandler
from typing import Any, Final, NamedTuple
from urllib.parse import unquote

import msgspec

from ledger.core.log.checkpoint import Checkpoint, sign_checkpoint
from ledger.core.log.cosignature import Cosigner, cosignature_line
from ledger.core.log.entry import Entry
from ledger.core.log.inclusion_proof import encode_proof, parse_proof
from ledger.core.log.merkle import inclusion_path, leaf_hash, tree_root
from ledger.core.log.note import NoteSigner, parse_note, sign_note
from ledger.core.receipts.acknowledgement import acknowledgement_text
from support.served import served
from support.static_log import SIGNER

Tree = dict[str, Any]
_SALT: Final = base64.b64encode(bytes(16)).decode()


def receipt_of(lot: str, product: str, finding: str = "", signer: NoteSigner = SIGNER) -> Tree:
    """A receipt that holds, of a log of one entry: its signer has no rules for names."""
    assessment = {"leaf": "assessment", "salt": _SALT, "method": "cut-off/1", "activation": 0,
                  "assessment": {"findings": [{"code": "odd", "message": finding}]}}
    made = {"leaf": "lot", "salt": _SALT, "lot": lot, "product": product, "quantity": {"value": "4", "unit": "H87"},
            "holder": "urn:example:mill", "role": "product", "method": "cut-off/1",
            "burdens": {"fossilGhgEmissions": "5000.0"}}
    hashes = [leaf_hash(msgspec.json.encode(leaf, order="sorted")) for leaf in (assessment, made)]
    entry = Entry(0, hashlib.sha256(b"body").digest(), bytes(32), bytes(64), tree_root(hashes), 1_700_000_000_000)
    data = entry.to_bytes()
    checkpoint = sign_checkpoint(Checkpoint(signer.name, 1, leaf_hash(data)), signer)
    return {
        "index": 0, "digest": entry.digest.hex(), "entry": base64.b64encode(data).decode(),
        "proof": encode_proof(0, [], checkpoint),
        "leaves": [{"leaf": leaf, "index": place, "size": 2,
                    "path": [base64.b64encode(node).decode() for node in inclusion_path(hashes, place)]}
                   for place, leaf in enumerate((assessment, made))],
    }


def promised(receipt: Tree, signer: NoteSigner) -> Tree:
    """The acknowledgement of the entry of a receipt."""
    data = base64.b64decode(receipt["entry"])
    text = acknowledgement_text(signer.name, receipt["index"], data)
    return {**{name: value for name, value in receipt.items() if name != "proof"}, "note": sign_note(text, [signer])}


def cosigned(receipt: Tree, *cosigners: Cosigner) -> Tree:
    """The receipt with further lines on its checkpoint."""
    proof = parse_proof(receipt["proof"])
    text = parse_note(proof.checkpoint_note).text
    lines = "".join([cosignature_line(cosigner, text) for cosigner in cosigners])
    return {**receipt, "proof": receipt["proof"] + lines}


class Answer(NamedTuple):
    content: bytes
    status: int = 200
    headers: Mapping[str, str] = {}


class LogSite:
    """What a server at `url` answers: `files` by path below `/log/`, and `others` for every other path. `asked`: the
    paths that it was asked for."""

    def __init__(self) -> None:
        self.url = ""
        self.files: Mapping[str, Answer] = {}
        self.others = Answer(b"nothing", 404)
        self.asked: list[str] = []

    def publish(self, files: Mapping[str, bytes], note: str, vkey: str, rotations: Sequence[str] = ()) -> None:
        keys = msgspec.json.encode({"origin": vkey.partition("+")[0], "rotations": rotations})
        named = {**files, "checkpoint": note.encode(), "vkey": f"{vkey}\n".encode(), "keys": keys}
        self.files = {f"/log/{name}": Answer(data) for name, data in named.items()}


@contextlib.contextmanager
def log_site() -> Iterator[LogSite]:
    site = LogSite()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            path = unquote(self.path)
            site.asked.append(path)
            answer = site.files.get(path, site.others)
            self.send_response(answer.status)
            self.send_header("Access-Control-Allow-Origin", "*")
            self.send_header("Content-Length", str(len(answer.content)))
            for name, value in answer.headers.items():
                self.send_header(name, value)
            self.end_headers()
            with contextlib.suppress(OSError):
                self.wfile.write(answer.content)

        def log_message(self, *_: object) -> None:
            """Says nothing."""

    with served(Handler) as site.url:
        yield site
