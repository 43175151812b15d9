"""Load that survives faults: threads that post until they are answered, and remember what they were promised."""

import threading
import time
from collections.abc import Callable, Sequence
from typing import Final

import httpx
import msgspec

from ledger.core.log.inclusion_proof import parse_proof
from ledger.core.receipts.receipt import Receipt, verify_receipt
from support.server import Posted, Server, answer_of
from support.witness import Witness, audited
from support.workshop import Workshop

POT: Final = 1_000_000
"""Kg of the lot from which every record of a load takes one."""

_PATIENCE_SECONDS: Final = 120.0


class Promise(msgspec.Struct, frozen=True):
    """An envelope, and the receipt by which the ledger acknowledged it."""

    envelope: bytes
    receipt: Receipt


class Load(threading.Thread):
    """One organisation's records, batch after batch: each takes 1 kg from the pot and all of the lot before it, so one
    that is lost or counted twice shows. A batch is posted again, the same bytes, until every line is answered.

    `url` is asked anew before each attempt. `failures` counts those that failed, `error` is what
    ended the thread early.
    """

    def __init__(self, server: Server, name: str, url: Callable[[], str], sizes: Sequence[int] = (1, 8, 1, 40)) -> None:
        super().__init__(name=name, daemon=True)
        self.workshop = Workshop(name)
        self.promises: list[Promise] = []
        self.batches = 0
        self.failures = 0
        self.error: BaseException | None = None
        self._url = url
        self._sizes = sizes
        self._seal = server.envelopes
        self._enough = threading.Event()
        self._made = 0
        shop = self.workshop
        opening = [shop.enrolment(server), *shop.opening(), shop.mine("pot", str(POT)), shop.mine("lot-0", "1")]
        for envelope, receipt in zip(server.envelopes(opening), server.post(opening), strict=True):
            self.promises.append(Promise(envelope, receipt))
        # The key file of the registrar is read with the opening; from here on no server is needed to sign.

    def run(self) -> None:
        try:
            while not self._enough.is_set():
                self._deliver(self._seal(self._batch(self._sizes[self.batches % len(self._sizes)])))
                self.batches += 1
        except BaseException as error:
            self.error = error

    def finish(self) -> None:
        """Lets the batch under way come to its end."""
        self._enough.set()
        self.join(_PATIENCE_SECONDS)
        if self.error is not None:
            raise self.error
        if self.is_alive():
            raise AssertionError(f"{self.name} does not end")

    def _batch(self, size: int) -> list[Posted]:
        found = []
        for _ in range(size):
            before, self._made = self._made, self._made + 1
            # Two outputs, of which the next record takes one: balances are left on the way.
            found.append(self.workshop.make(
                {f"lot-{self._made}": "1", f"rest-{self._made}": "1"}, {"pot": "1", f"lot-{before}": "1"}
            ))
        return found

    def _deliver(self, envelopes: Sequence[bytes]) -> None:
        give_up = time.monotonic() + _PATIENCE_SECONDS
        while True:
            try:
                answers = post(self._url(), envelopes)
                break
            except httpx.HTTPError:
                self.failures += 1
                if time.monotonic() > give_up:
                    raise
                time.sleep(0.05)
        for envelope, answer in zip(envelopes, answers, strict=True):
            if not isinstance(answer, Receipt):
                raise AssertionError(f"{self.name}: refused: {answer}")
            self.promises.append(Promise(envelope, answer))


def post(url: str, envelopes: Sequence[bytes]) -> list[Receipt | dict[str, object]]:
    """One envelope as JSON, several as NDJSON. Raises httpx.HTTPError where the server does not answer, or answers
    that it cannot now."""
    kind = "application/json" if len(envelopes) == 1 else "application/x-ndjson"
    response = httpx.post(
        f"{url}/v1/records", content=b"\n".join(envelopes), headers={"Content-Type": kind}, timeout=60
    )
    if response.status_code >= 500:
        response.raise_for_status()
    return [answer_of(line) for line in response.content.splitlines()]


def wait_for(loads: Sequence[Load], batches: int) -> None:
    """Until each load has so many batches more acknowledged. Raises what ended one of them."""
    goals = [load.batches + batches for load in loads]
    give_up = time.monotonic() + _PATIENCE_SECONDS
    while any(load.batches < goal for load, goal in zip(loads, goals, strict=True)):
        for load in loads:
            if load.error is not None:
                raise load.error
        if time.monotonic() > give_up:
            raise AssertionError(f"no progress: {[(load.batches, load.failures) for load in loads]}")
        time.sleep(0.01)


def check_promises(
    server: Server, loads: Sequence[Load], witness: Witness, before: int, others: Sequence[Promise] = ()
) -> None:
    """1. every acknowledged record, those of `others` beside the loads too, is on the log once, and nothing else since
    `before` entries; 2. its receipt of then verifies, and is the one asked for now, byte for byte; 3. balances are what
    the records leave; 4. every checkpoint seen, those in receipts included, is of this one log; 5. the audit holds."""
    promises = [*others, *[promise for load in loads for promise in load.promises]]
    for promise in promises:
        witness.note(parse_proof(promise.receipt.proof).checkpoint_note)
    entries = witness.check(server.url)
    logged = [entry[2:34].hex() for entry in entries]
    if len(set(logged)) != len(logged):
        raise AssertionError("a record is on the log twice")
    if sorted(logged[before:]) != sorted(promise.receipt.digest for promise in promises):
        raise AssertionError(f"{len(promises)} records were acknowledged, {len(logged) - before} are on the log")
    again = server.submit([promise.envelope for promise in promises])
    with httpx.Client(base_url=server.url, timeout=60) as client:
        for i, (promise, answer) in enumerate(zip(promises, again, strict=True)):
            verified = verify_receipt(promise.receipt, server.vkey)
            if verified.entry.to_bytes() != entries[verified.index]:
                raise AssertionError(f"entry {verified.index} is another than its receipt says")
            then = msgspec.json.encode(promise.receipt)
            if msgspec.json.encode(answer) != then:
                raise AssertionError(f"entry {verified.index}: posted again, it is answered otherwise: {answer}")
            if not i % 25 and client.get(f"/v1/records/{promise.receipt.digest}/proof").content != then:
                raise AssertionError(f"the receipt of entry {verified.index} has changed")
        for load in loads:
            made = len(load.promises) - 5
            (pot,) = client.get("/v1/lots", params={"lot": load.workshop.name("pot")}).json()
            if pot["remaining"] != str(POT - made):
                raise AssertionError(f"{load.name}: {pot['remaining']} left of {POT} after {made} records of 1 kg")
    report = audited(server)
    if not report.ok:
        raise AssertionError(report.findings)
