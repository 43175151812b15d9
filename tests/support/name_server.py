"""A real DNS server on loopback, and clients of this process that resolve names by it."""

import socketserver
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

import dns.flags
import dns.message
import dns.rcode
import dns.rdatatype
import dns.resolver
import dns.rrset

Answers = Callable[[str, str], Sequence[str] | None]
"""The texts of the records of a name with a dot at its end and a type; none for an empty answer; None if the name does
not exist. A KeyError fails the query (SERVFAIL)."""


@contextmanager
def name_server(answers: Answers) -> Iterator[str]:
    """Answers queries over UDP, with a time to live of 0. Yields its address, `127.0.0.1:PORT`."""

    class Handler(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            data, connection = self.request
            query = dns.message.from_wire(data)
            answer = dns.message.make_response(query)
            answer.flags |= dns.flags.RA
            name, kind = query.question[0].name.to_text().lower(), dns.rdatatype.to_text(query.question[0].rdtype)
            try:
                texts = answers(name, kind)
            except KeyError:
                answer.set_rcode(dns.rcode.SERVFAIL)
            else:
                if texts is None:
                    answer.set_rcode(dns.rcode.NXDOMAIN)
                elif texts:
                    answer.answer.append(dns.rrset.from_text(name, 0, "IN", kind, *texts))
            connection.sendto(answer.to_wire(), self.client_address)

    with socketserver.ThreadingUDPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield f"127.0.0.1:{server.server_address[1]}"
        finally:
            server.shutdown()
            thread.join(10)


@contextmanager
def resolving_by(server: str) -> Iterator[None]:
    """All names of this process are looked up at that server, each time anew."""
    host, _, port = server.rpartition(":")
    resolver = dns.resolver.Resolver(configure=False)
    resolver.nameservers, resolver.port, resolver.cache = [host], int(port), None
    dns.resolver.override_system_resolver(resolver)
    try:
        yield
    finally:
        dns.resolver.restore_system_resolver()
