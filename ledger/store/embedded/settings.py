"""The product's settings of PostgreSQL. Each start rewrites them, so that a new version of the product can change them.
"""

import os
from contextlib import suppress
from pathlib import Path

MIB = 1 << 20
INCLUDE = """
# Written by carbon-ledger at each start. Lines below this one prevail.
include_if_exists = '../settings.conf'
"""
LOG_FILES_KEPT = 10
_CGROUP_LIMITS = ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes")
_TEMPLATE = """\
# Written by carbon-ledger at each start: changes made here are lost. Use ALTER SYSTEM, or postgresql.conf below the
# line that includes this file.

# durability: an acknowledged record is on disk
fsync = on
full_page_writes = on
synchronous_commit = on

# memory and connections
max_connections = 100
shared_buffers = {shared_buffers}MB
effective_cache_size = {cache}MB
jit = off

# log of changes; standbys and pg_basebackup are possible
wal_level = replica
max_wal_senders = 4
max_replication_slots = 4
max_wal_size = 4GB
wal_compression = {compression}
checkpoint_completion_target = 0.9

# messages
logging_collector = on
log_directory = '../log'
log_filename = 'postgresql-%Y%m%d-%H%M%S.log'
log_rotation_age = 0
log_rotation_size = 10MB
log_file_mode = 0600
log_timezone = 'UTC'
timezone = 'UTC'
"""


def settings_text(memory: int, *, lz4: bool) -> str:
    """The settings for a host with `memory` bytes of memory."""
    shared_buffers = min(max(memory // 4, 128 * MIB), 1024 * MIB)
    cache = max(memory // 2, 256 * MIB)
    compression = "lz4" if lz4 else "pglz"
    return _TEMPLATE.format(shared_buffers=shared_buffers // MIB, cache=cache // MIB, compression=compression)


def host_memory() -> int:
    """Bytes of memory that this process may use: the host's memory, or less if a container sets a limit."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    for path in _CGROUP_LIMITS:
        with suppress(OSError, ValueError):  # "max" if there is no limit
            memory = min(memory, int(Path(path).read_text(encoding="ascii")))
    return memory
