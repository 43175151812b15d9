"""The status of an installation: processes, database, log, backlog, sizes, growth, disks, backups."""
