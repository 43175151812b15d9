"""Who may see what, stated over plain records: a second statement of the policy, without the ledger's code.

A caller sees bodies of records, and of some lots their identity: id, product, and quantity. The tokens of these are all
that answers to that caller may hold.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any, Final, NamedTuple

from support.planting import Planted, digits_of

PUBLIC: Final = frozenset(
    {"organization", "keyChange", "activation", "erasure", "parentEnd", "reader", "readerRevocation"})


class Asker(NamedTuple):
    """Who asks: a member of an organisation, the holder of the link of a grant (its digest), or nobody."""

    organization: str | None = None
    link: str | None = None


class Stated(NamedTuple):
    """A lot as its record states it, with the parties that concern it, and the item that it is."""

    id: str
    product: str
    quantity: str
    record: Planted
    parties: frozenset[str]
    item: str = ""


class Sees(NamedTuple):
    """`bodies`: log indexes of the records whose bodies the caller sees; `named`: those that are answered, some without
    their body; `lots`: ids of the lots whose figures it sees; `tokens`: all that it may be sent."""

    bodies: frozenset[int]
    named: frozenset[int]
    lots: frozenset[str]
    tokens: frozenset[str]


class Policy:
    """The policy over the records of a log."""

    def __init__(self, planted: Sequence[Planted], parents: Mapping[str, str]) -> None:
        self._planted, self._parents = planted, parents
        self._by_digest = {record.digest: record for record in planted}
        self.lots: dict[str, Stated] = {}
        for record in planted:
            for lot in self._stated(record):
                self.lots[lot.id] = lot
        self._products = {record.record["id"]: record for record in planted if record.record["type"] == "product"}

    def sees(self, asker: Asker) -> Sees:
        own = self._own(asker.organization)
        if asker.organization and self._reads_everything(asker.organization):
            everything = frozenset(record.position for record in self._planted)
            tokens = frozenset().union(*[record.tokens for record in self._planted])
            return Sees(everything, everything, frozenset(self.lots), tokens)
        grants = self._grants(asker)
        granted = self._granted_in_full(grants, own)
        full = {record.position for record in self._planted if record.record["issuer"] in own} | granted
        bodies = full | {record.position for record in self._planted
                         if record.record["type"] in PUBLIC or self._parties(record) & own}
        lots = {lot.id for lot in self.lots.values() if lot.record.position in bodies or lot.parties & own}
        covered = {record.position for record in self._planted
                   if any(self._covers(grant, record) and self._may_name(grant, own, self._named(record))
                          for grant in grants)}
        lots |= {lot.id for lot in self.lots.values()
                 if any(self._covers(grant, lot.record) and self._may_name(grant, own, lot.parties)
                        for grant in grants)}
        # Owners see their goods in the records of those who work on them.
        tolled = {record.position for record in self._planted if self._owners(record) & own} - bodies
        # Whoever was granted all of an organisation's records is answered what it holds and owns.
        whole = {grant["issuer"] for grant in grants if grant["depth"] == "full" and not grant.get("scope")}
        listed = lots | {lot.id for lot in self.lots.values() if lot.parties & whole}
        tokens = self._tokens(bodies, full, listed)
        tokens |= {digits_of(flow["quantity"]["value"]) for record in self._planted if record.position in tolled
                   for flow in record.record["inputs"] if self._owner(self.lots[flow["lot"]]) in own}
        # The holder of a link sees what its grant covers.
        tokens |= {_short(grant["scope"][part]) for grant in grants for part in ("lot", "product")
                   if part in grant.get("scope", {})}
        return Sees(frozenset(bodies), frozenset(bodies | covered | tolled), frozenset(lots), tokens)

    # What a caller may be sent.

    def _tokens(self, bodies: set[int], full: set[int], lots: set[str]) -> frozenset[str]:
        found: set[str] = set()
        for record in self._planted:
            if record.position in bodies:
                found |= record.tokens
        for name in lots | self._boundary(full) | self._published():
            found |= self._identity(self.lots[name])
        for record in self._planted:
            # The conclusions of auditors on a lot belong to its figure.
            if record.record["type"] == "attestation" and record.record["subject"]["id"] in lots:
                found.add(record.record["standard"])
        # An amendment of a record gives it fields.
        for record in self._planted:
            for change in record.record.get("changes", ()):
                if self._by_digest[change["record"]].position in full:
                    found |= {token for token in record.tokens if token in _digits(change)}
        return frozenset(found)

    def _identity(self, lot: Stated) -> frozenset[str]:
        """The id, quantity, product and item of a lot. The names of a product and of an item stay with the goods."""
        product = self._products[lot.product]
        stated = {lot.quantity, _short(lot.id), _short(lot.item or lot.id)}
        return frozenset(stated) | _of_ids(product) | frozenset(product.record.get("names", {}).values())

    def _boundary(self, full: set[int]) -> set[str]:
        """The lots that visible records take: they stand for everything behind them."""
        return {flow["lot"] for record in self._planted if record.position in full
                for flow in record.record.get("inputs", ())} | {
            record.record["lot"] for record in self._planted
            if record.position in full and record.record["type"] == "transfer"}

    def _published(self) -> set[str]:
        return {record.record["lot"] for record in self._planted if record.record["type"] == "publication"}

    # Rights.

    def _own(self, organization: str | None) -> frozenset[str]:
        own = {organization} if organization else set()
        while more := {child for child, parent in self._parents.items() if parent in own} - own:
            own |= more
        return frozenset(own)

    def _reads_everything(self, organization: str) -> bool:
        ended = {record.record["reader"] for record in self._planted if record.record["type"] == "readerRevocation"}
        return any(record.record["type"] == "reader" and record.record["organization"] == organization
                   and record.digest not in ended for record in self._planted)

    def _grants(self, asker: Asker) -> list[dict[str, Any]]:
        """The grants in force of a caller; none of the network expires."""
        ended = {record.record["grant"] for record in self._planted if record.record["type"] == "grantRevocation"}
        return [
            record.record for record in self._planted
            if record.record["type"] == "grant" and record.digest not in ended
            and ((record.digest == asker.link and "link" in record.record)
                 or (asker.organization is not None and record.record.get("grantee") == asker.organization))
        ]

    def _covers(self, grant: Mapping[str, Any], record: Planted) -> bool:
        if record.record["issuer"] != grant["issuer"]:
            return False
        scope = grant.get("scope", {})
        if not _in_period(scope, record.record):
            return False
        if "lot" in scope:
            return self.lots[scope["lot"]].record is record
        if "product" in scope:
            return any(lot.record is record and lot.product == scope["product"] for lot in self.lots.values())
        return True

    def _named(self, record: Planted) -> frozenset[str]:
        """The organisations that a record names."""
        return self._parties(record) | self._owners(record)

    def _may_name(self, grant: Mapping[str, Any], own: frozenset[str], named: frozenset[str]) -> bool:
        """Whether a grant may show what names these organisations: figures alone do not show customers."""
        return ("lot" in grant.get("scope", {}) or grant["depth"] in ("suppliers", "full")
                or named <= own | {grant["issuer"]})

    def _granted_in_full(self, grants: Iterable[Mapping[str, Any]], own: frozenset[str]) -> set[int]:
        found, masters = set[int](), set[int]()
        in_full = [grant for grant in grants if grant["depth"] == "full"]
        for grant in in_full:
            found |= {record.position for record in self._planted if self._covers(grant, record)}
        whole = {grant["issuer"] for grant in in_full if not grant.get("scope")}
        # The grant of a lot covers the records of its period in the chain of the lot, up to the first hidden one.
        for grant in in_full:
            if "lot" in grant.get("scope", {}) and self._covers(grant, self.lots[grant["scope"]["lot"]].record):
                chain = self._chain(grant, own | whole, found)
                found |= chain
                masters |= self._masters(grant["issuer"], chain)
        for grant in in_full:
            if "product" in grant.get("scope", {}):
                masters |= self._masters(grant["issuer"], {
                    record.position for record in self._planted if self._covers(grant, record)})
        return found | masters

    def _masters(self, grantor: str, records: Collection[int]) -> set[int]:
        """The records of a grantor's facilities and products that the figures of records need."""
        needed: set[str] = set()
        for record in self._planted:
            if record.position in records:
                lots = [lot for lot in self.lots.values() if lot.record is record]
                lots += [self.lots[flow["lot"]] for flow in record.record.get("inputs", ())]
                needed |= {lot.product for lot in lots} | {self._site(lot) for lot in lots}
        return {record.position for record in self._planted if record.record["issuer"] == grantor
                and record.record["type"] in ("facility", "product") and record.record["id"] in needed}

    def _site(self, lot: Stated) -> str:
        """Where a lot was made, before it was handed on."""
        stated = lot.record.record
        if stated["type"] == "acceptance":
            return self._site(self.lots[self._by_digest[stated["transfer"]].record["newLot"]])
        return self._site(self.lots[stated["lot"]]) if stated["type"] == "transfer" else str(stated["facility"])

    def _chain(self, grant: Mapping[str, Any], through: frozenset[str] | set[str], seen: set[int]) -> set[int]:
        found: set[int] = set()
        waiting = [grant["scope"]["lot"]]
        while waiting:
            record = self.lots[waiting.pop()].record
            is_granted = record.record["issuer"] == grant["issuer"] and _in_period(grant["scope"], record.record)
            if record.position not in found and (
                    is_granted or record.record["issuer"] in through or record.position in seen):
                found.add(record.position)
                waiting += [flow["lot"] for flow in record.record.get("inputs", ())]
                waiting += [record.record["lot"]] if record.record["type"] == "transfer" else []
        return found

    # What records state.

    def _parties(self, record: Planted) -> frozenset[str]:
        """The organisations beside the issuer that see the body."""
        stated = record.record
        match stated["type"]:
            case "transfer":
                return frozenset({stated["to"], self._owner(self.lots[stated["newLot"]])})
            case "acceptance":
                accepted = self._by_digest[stated["transfer"]]
                return self._parties(accepted) | {accepted.record["issuer"]}
            case "grant":
                return frozenset({stated["grantee"]}) if "grantee" in stated else frozenset()
            case "grantRevocation":
                return self._parties(self._by_digest[stated["grant"]])
            case "attestation":
                subject = self.lots[stated["subject"]["id"]]
                return frozenset({self._holder(subject.id), self._owner(subject)})
        return frozenset()

    def _owners(self, record: Planted) -> frozenset[str]:
        """The other organisations whose goods the issuer worked on."""
        if record.record["type"] not in ("transformation", "consumption"):
            return frozenset()
        taken = [self.lots[flow["lot"]] for flow in record.record.get("inputs", ())]
        made = [lot for lot in self.lots.values() if lot.record is record]
        return frozenset([self._owner(lot) for lot in taken + made]) - {record.record["issuer"]}

    def _holder(self, lot: str) -> str:
        record = self.lots[lot].record.record
        if record["type"] == "acceptance":
            return str(self._by_digest[record["transfer"]].record["issuer"])
        return str(record["to"] if record["type"] == "transfer" else record["issuer"])

    def _stated(self, record: Planted) -> list[Stated]:
        stated = record.record
        if stated["type"] == "transfer":
            source = self.lots[stated["lot"]]
            owner = self._owner(source) if stated["purpose" if "purpose" in stated else "type"] == "custody" else None
            parties = frozenset({stated["issuer"], stated["to"], *([owner] if owner else [])})
            return [Stated(stated["newLot"], source.product, digits_of(stated["quantity"]["value"]), record, parties,
                           source.item)]
        if stated["type"] == "acceptance":
            if "returnLot" not in stated:
                return []
            accepted = self._by_digest[stated["transfer"]].record
            sent = self.lots[accepted["newLot"]]
            short = Decimal(accepted["quantity"]["value"]) - Decimal(stated["received"]["value"])
            return [Stated(stated["returnLot"], sent.product, digits_of(f"{short.normalize():f}"), record,
                           frozenset({stated["issuer"], accepted["issuer"]}))]
        return [Stated(output["lot"], output["product"], digits_of(output["quantity"]["value"]), record,
                       frozenset({stated["issuer"], output.get("owner", stated["issuer"])}), output.get("item", ""))
                for output in stated.get("outputs", ())]

    def _owner(self, lot: Stated) -> str:
        stated = lot.record.record
        if stated["type"] == "acceptance":
            # The network accepts sales alone, of which the shortage is the sender's again.
            return str(self._by_digest[stated["transfer"]].record["issuer"])
        if stated["type"] != "transfer":
            return str(next(output.get("owner", stated["issuer"]) for output in stated["outputs"]
                            if output["lot"] == lot.id))
        if stated.get("purpose") == "custody":
            return self._owner(self.lots[stated["lot"]])
        return str(stated["to"])


def _in_period(scope: Mapping[str, Any], stated: Mapping[str, Any]) -> bool:
    """Whether the times of a record lie in the period of a grant, if it has one."""
    if "start" not in scope and "end" not in scope:
        return True
    times = [stated[name] for name in ("start", "end", "time") if name in stated]
    if stated["type"] == "attestation" or not times:
        return False
    return bool(scope.get("start", "") <= min(times) and max(times) <= scope.get("end", "9"))


def _short(name: str) -> str:
    return name.rpartition(":")[2]


def _of_ids(product: Planted) -> frozenset[str]:
    return frozenset({_short(product.record["id"])})


def _digits(value: Any) -> set[str]:
    """The digits of the numbers in a part of a record."""
    if isinstance(value, dict):
        return set().union(*[_digits(part) for part in value.values()])
    if isinstance(value, list):
        return set().union(*[_digits(part) for part in value])
    return {digits_of(value)} if isinstance(value, str) and "." in value else set()
