-- name: database
-- purpose: the database's server, its size, and the folder of its files if this role may know it
SELECT current_setting('server_version') AS version, pg_database_size(current_database()) AS bytes,
       pg_is_in_recovery() AS standby,
       (SELECT setting FROM pg_settings WHERE name = 'data_directory') AS folder;

-- name: sessions
-- purpose: the sessions of servers, by the host of the client, with how many of them wait for a lock
SELECT coalesce(host(client_addr), 'this host') AS client, count(*) AS sessions,
       count(*) FILTER (WHERE wait_event_type = 'Lock') AS waiting
FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'carbon-ledger'
GROUP BY 1 ORDER BY 1;

-- name: tables
-- purpose: the bytes of each table with its indexes
SELECT relname AS name, pg_total_relation_size(oid) AS bytes, pg_indexes_size(oid) AS index_bytes
FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' ORDER BY bytes DESC, name;

-- name: log
SELECT l.origin, l.vkey, h.size, h.root, h.time, h.revisions FROM ledger l CROSS JOIN head h;

-- name: entry
-- parameters: index
SELECT data FROM entry WHERE index = $1;

-- name: closings_due
-- purpose: months of facilities whose period has ended, with provisional records that no closing covers; an amended
-- record counts as its newest version reads
-- parameters: the instant now
SELECT p.facility, left(p.starts, 7) AS month, count(*) AS records, max(p.ends) AS ended
FROM provisional p
LEFT JOIN LATERAL (
    SELECT convert_from(body, 'UTF8')::jsonb AS body FROM revised WHERE record = p.record AND own
    ORDER BY version DESC LIMIT 1) v ON true
WHERE p.ends <= $1
    AND NOT EXISTS (SELECT FROM revised w WHERE w.record = p.record AND w.own AND v.body IS NULL)
    AND (v.body IS NULL OR (v.body->>'basis' = 'provisional' AND v.body->>'start' = p.starts
                            AND v.body->>'end' = p.ends))
    AND NOT EXISTS (
        SELECT FROM closing c WHERE c.facility = p.facility AND c.starts < p.ends AND p.starts < c.ends
            AND (cardinality(c.processes) = 0 OR p.process = ANY (c.processes))
            AND NOT EXISTS (SELECT FROM reopening o WHERE o.closing = c.record))
GROUP BY p.facility, month ORDER BY ended, p.facility;

-- name: recoveries
-- purpose: organisations whose recovery of keys waits
SELECT count(*) FROM (
    SELECT DISTINCT ON (organization) recovery FROM key_change ORDER BY organization, record DESC) newest
WHERE recovery = 'request';

-- name: archive
-- purpose: the copies of the log of changes (WAL) that PostgreSQL's archiver makes, if it is on
SELECT current_setting('archive_mode') AS mode, last_archived_time, last_failed_time FROM pg_stat_archiver;

-- name: settings
-- purpose: settings of PostgreSQL
-- parameters: their names
SELECT name, setting FROM pg_settings WHERE name = ANY ($1::text[]) ORDER BY name;

-- name: commit
-- purpose: a commit that needs room for WAL and the synchronous standby, like a record's; it leaves no row behind
SELECT pg_logical_emit_message(true, 'carbon-ledger', 'doctor');
