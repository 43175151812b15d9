"""Proof that an organisation controls the domains of its names: a TXT record with the id of its key."""

import re
from collections.abc import Iterable
from typing import Final

import dns.exception
import dns.resolver

from ledger.errors import InvalidInput, Refused, Unavailable

LABEL: Final = "_carbon-ledger"
_SECONDS: Final = 10.0
_NAMED: Final = re.compile(r"(?:https?://|did:web:|tag:)([a-z0-9](?:[a-z0-9.-]*[a-z0-9])?)(?=[:/,?#]|%3A|\Z)")
_SHARED: Final = re.compile(r"(?:.*\.)?gs1\.org")


def domains_of(names: Iterable[str]) -> list[str]:
    """The domains in ids and prefixes, each once: of http(s) addresses, did:web and tag. The domain of GS1 belongs to
    all of its members."""
    domains = [match[1] for name in names if (match := _NAMED.match(name)) is not None]
    return [domain for domain in dict.fromkeys(domains) if not _SHARED.fullmatch(domain)]


def check_domains(names: Iterable[str], keyid: str, server: str | None) -> list[str]:
    """The domains of the names, each of which has a TXT record with the key. `server`: the address of a resolver, and
    its port after a colon; by default the resolver of this host.

    Raises InvalidInput if no name has a domain, Refused if a domain lacks the record, and Unavailable if no server
    answers.
    """
    domains = domains_of(names)
    if not domains:
        raise InvalidInput("no id or prefix has a domain to prove", code="no-domain", field="dns",
                           rule="an id or prefix such as https://mill.example/ or did:web:mill.example:")
    resolver = _resolver(server)
    for domain in domains:
        _check(resolver, domain, keyid)
    return domains


def _resolver(server: str | None) -> dns.resolver.Resolver:
    resolver = dns.resolver.Resolver(configure=server is None)
    resolver.lifetime = _SECONDS
    if server is not None:
        address, _, port = server.rpartition(":") if server.count(":") == 1 else (server, "", "")
        try:
            resolver.nameservers = [address]
            resolver.port = int(port or 53)
            if not 0 < resolver.port < 1 << 16:
                raise ValueError(port)
        except ValueError:
            raise InvalidInput(f"dns-server: {server!r} is not the address of a resolver", field="dns-server",
                               value=server, rule="ADDRESS or ADDRESS:PORT") from None
    return resolver


def _check(resolver: dns.resolver.Resolver, domain: str, keyid: str) -> None:
    name, wanted = f"{LABEL}.{domain}", f"keyid={keyid}"
    try:
        answer = resolver.resolve(f"{name}.", "TXT", search=False)
        texts = [b"".join(record.strings).decode("ascii", "replace") for record in answer]
    except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer):
        texts = []
    except dns.exception.DNSException as error:
        raise Unavailable(f"dns: no server answers for {name}: {error}", code="dns-down", field="dns",
                          value=domain) from None
    if wanted not in texts:
        stated = "; ".join(texts) or "no TXT record"
        raise Refused(f"dns: {name} does not name the key {keyid}: {stated}", code="domain-unproved", field="dns",
                      value=domain, rule=f"a TXT record at {name}: {wanted}")
