"""Files that a real server has given about a part, and what an attacker makes of them."""

import base64
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from copy import deepcopy
from typing import NamedTuple

import httpx
import msgspec

from ledger.cli.auditor.bundles import make_bundle
from ledger.client import Client
from ledger.core.log.note import NoteSigner, sign_note
from ledger.core.receipts.statement import note_text
from ledger.host.files.key_files import LOG_KEY, new_key, read_own_key
from support.crafted import Tree
from support.sectors import Gap, Make
from support.server import Server, prepared_home
from support.workshop import Workshop, workshop


class Story(NamedTuple):
    """A ledger on which a mill has made a part, and the files of that part; and the bundle of a doubtful one."""

    server: Server
    mill: Workshop
    receipt: Tree
    statement: Tree
    bundle: Tree
    doubtful: Tree

    @property
    def signer(self) -> NoteSigner:
        """The log's own key, for an operator who forges."""
        return NoteSigner(self.server.origin, read_own_key(self.server.home / LOG_KEY, None).private)

    def file(self, kind: str) -> Tree:
        return {"receipt": self.receipt, "statement": self.statement, "bundle": self.bundle}[kind]


@contextmanager
def story_told() -> Iterator[Story]:
    """On a server whose log answers any origin."""
    with prepared_home() as home, Server(home, CARBON_LEDGER_CORS="any") as server:
        mill = workshop(server, "mill")
        _, receipt, _ = server.post([
            mill.mine("ore", "10"), mill.make({"part": "4"}, {"ore": "5"}),
            mill.make({"grey": "9"}, ore="9", activity=Make(co2="1", gaps=[Gap(what="coke", estimate="9")]))])
        statement = httpx.get(f"{server.url}/v1/statement", params={"lot": mill.name("part")}, timeout=120).json()
        with Client(server.url) as client:
            bundle, doubtful = [
                msgspec_tree(make_bundle(client, mill.name(lot), with_body=True)) for lot in ("part", "grey")]
        yield Story(server, mill, msgspec_tree(receipt), statement, bundle, doubtful)


def msgspec_tree(value: object) -> Tree:
    tree: Tree = json.loads(msgspec.json.encode(value))
    return tree


def resigned(statement: Tree, signer: NoteSigner) -> Tree:
    """The claims of a statement, signed by somebody."""
    canonical = json.dumps(statement["claims"], sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
    return {**statement, "note": sign_note(note_text(canonical), [signer])}


def tampered(story: Story) -> Mapping[str, Tree]:
    """What an attacker makes of true files; the last ones have the log's own key, as its operator has."""
    halved, record, checkpoint, body = map(deepcopy, (story.statement, story.receipt, story.receipt, story.bundle))
    halved["claims"]["figure"]["perUnit"] = "0.5"
    record["leaves"][-1]["leaf"]["burdens"]["fossilGhgEmissions"] = "0.5"
    rogue = NoteSigner(story.server.origin, new_key().private)
    text, _, _ = checkpoint["proof"].partition("\n\n")
    stated = checkpoint["proof"].partition("\n\n")[2].partition("\n\n")[0] + "\n"
    checkpoint["proof"] = f"{text}\n\n{sign_note(stated, [rogue])}"
    body["body"] = base64.b64encode(base64.b64decode(body["body"]).replace(b'"4"', b'"5"')).decode()
    swapped = resigned(halved, story.signer)
    title = deepcopy(story.statement)
    title["claims"]["figure"]["title"] = "provisional footprint"
    other = deepcopy(story.statement)
    other["claims"]["entries"][0]["entry"] = other["claims"]["entries"][-1]["entry"]
    return {"tampered statement": halved, "swapped figure in a receipt": record, "forged checkpoint": checkpoint,
            "tampered record": body, "forged statement": resigned(halved, rogue), "swapped figure": swapped,
            "swapped title": resigned(title, story.signer), "swapped entry": resigned(other, story.signer)}
