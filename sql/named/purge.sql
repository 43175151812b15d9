-- name: rewrite_records
-- purpose: writes a new file without the old row versions of erasures; nobody can read or write the table meanwhile
VACUUM (FULL) record;

-- name: rewrite_readings
VACUUM (FULL) revised;

-- name: rewrite_statistics
-- purpose: removes samples of bodies from before their statistics were switched off
VACUUM (FULL) pg_statistic;

-- name: checkpoint
-- purpose: removes replaced files and old segments of the log of changes (WAL)
CHECKPOINT;

-- name: segments
SELECT count(*) FROM pg_ls_waldir();

-- name: next_segment
-- purpose: fills the rest of the current segment with zeros, and begins the next segment
WITH written AS MATERIALIZED (SELECT pg_logical_emit_message(false, 'carbon-ledger', 'purge'))
SELECT pg_switch_wal() FROM written;

-- name: keepers
-- purpose: everything that keeps the log of changes (WAL) beyond a checkpoint, or copies it
SELECT 'replication slot ' || slot_name AS keeper FROM pg_replication_slots
UNION ALL SELECT 'standby ' || application_name FROM pg_stat_replication
UNION ALL SELECT 'setting archive_mode = ' || setting FROM pg_settings WHERE name = 'archive_mode' AND setting <> 'off'
UNION ALL SELECT 'setting wal_keep_size = ' || setting FROM pg_settings WHERE name = 'wal_keep_size' AND setting <> '0'
ORDER BY 1;

-- name: data_directory
SELECT setting FROM pg_settings WHERE name = 'data_directory';
