-- name: log
-- purpose: the log's size, the time of its newest entry in ms since 1970, and the bytes of all tables with their indexes
SELECT size, time, (
    SELECT sum(pg_total_relation_size(oid)) FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'
)::bigint AS bytes FROM head;

-- name: notes
-- purpose: the newest published notes, newest first; a renewed note comes with the head that it renews
-- parameters: how many
SELECT note FROM (
    SELECT size, 0::bigint AS number, note FROM (SELECT size, note FROM publication ORDER BY size DESC LIMIT $1) p
    UNION ALL
    SELECT size, number, note FROM (SELECT size, number, note FROM renewal ORDER BY size DESC, number DESC LIMIT $1) r
) newest ORDER BY size DESC, number DESC LIMIT $1;

-- name: entry
-- purpose: an entry of the log
-- parameters: its index
SELECT data FROM entry WHERE index = $1;

-- name: closings_due
-- purpose: how many periods have ended and hold provisional records without a closing, and the end of the oldest. A
-- changed record counts as it reads now. A reopened period counts until another closing covers it
-- parameters: the present time, how many provisional records to examine, the newest first
WITH period AS (
    SELECT p.facility, p.process, p.starts, p.ends
    FROM (SELECT * FROM provisional ORDER BY record DESC LIMIT $2) p
    LEFT JOIN LATERAL (
        SELECT body, true AS changed FROM revised WHERE record = p.record AND own ORDER BY version DESC LIMIT 1) w ON true
    WHERE p.ends < $1 AND (w.changed IS NULL OR (
        position('"basis":"provisional"'::bytea IN w.body) > 0
        AND position(convert_to('"start":"' || p.starts || '"', 'UTF8') IN w.body) > 0))
    UNION
    SELECT c.facility, '', c.starts, c.ends FROM (SELECT * FROM reopening ORDER BY closing DESC LIMIT $2) r
    JOIN closing c ON c.record = r.closing
)
SELECT count(*) AS due, min(ends) AS oldest FROM (SELECT DISTINCT facility, starts, ends FROM period WHERE NOT EXISTS (
    SELECT FROM closing c WHERE c.facility = period.facility AND c.starts <= period.starts AND c.ends >= period.ends
    AND (cardinality(c.processes) = 0 OR period.process = '' OR period.process = ANY (c.processes))
    AND NOT EXISTS (SELECT FROM reopening r WHERE r.closing = c.record))) open;
