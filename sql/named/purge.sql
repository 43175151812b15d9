-- name: rewrite_records
-- purpose: a new file without the row versions that erasures have left behind; nobody reads or writes meanwhile
VACUUM (FULL) record;

-- name: rewrite_readings
VACUUM (FULL) revised;

-- name: rewrite_statistics
-- purpose: what was sampled of bodies before their statistics were switched off
VACUUM (FULL) pg_statistic;

-- name: checkpoint
-- purpose: replaced files go, and old segments of the log of changes with them
CHECKPOINT;

-- name: segments
SELECT count(*) FROM pg_ls_waldir();

-- name: next_segment
-- purpose: fills the rest of the segment that is written with zeros, and begins the next one
WITH written AS MATERIALIZED (SELECT pg_logical_emit_message(false, 'carbon-ledger', 'purge'))
SELECT pg_switch_wal() FROM written;

-- name: keepers
-- purpose: what keeps the log of changes beyond a checkpoint, or copies it
SELECT 'replication slot ' || slot_name AS keeper FROM pg_replication_slots
UNION ALL SELECT 'standby ' || application_name FROM pg_stat_replication
UNION ALL SELECT 'setting archive_mode = ' || setting FROM pg_settings WHERE name = 'archive_mode' AND setting <> 'off'
UNION ALL SELECT 'setting wal_keep_size = ' || setting FROM pg_settings WHERE name = 'wal_keep_size' AND setting <> '0'
ORDER BY 1;

-- name: data_directory
SELECT setting FROM pg_settings WHERE name = 'data_directory';
