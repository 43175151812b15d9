-- name: transformations
-- purpose: transformations that may belong to wanted processes, in log order after an index, as of that revision. For
-- those that ended in a period, also leaf 0 (with the indicators) and the mass of the products. It does not return
-- bodies, since each may have 1 MiB. JSON may contain \u0000, which PostgreSQL does not allow in text
-- parameters: spellings of the processes in bodies, index after which to begin, tree size, the newest revision to
-- include, instants after which and until which a record ended, limit
SELECT r.index, r.issuer, x.facility, x.process, x.ended, CASE WHEN x.ended > $5 AND x.ended <= $6 THEN
           CASE WHEN o.version IS NULL THEN r.outcome ELSE o.leaf END END AS leaf,
       CASE WHEN x.ended > $5 AND x.ended <= $6 THEN (
           SELECT sum(CASE WHEN v.number IS NULL THEN l.mass ELSE v.mass END) FROM lot l
           LEFT JOIN LATERAL (
               SELECT number, mass FROM lot_version WHERE number = l.number AND version <= $4
               ORDER BY version DESC LIMIT 1) v ON true
           WHERE l.number >= r.index * 1024 AND l.number < (r.index + 1) * 1024
               AND l.role IN ('product', 'coProduct', 'byProduct')) END AS mass
FROM record r
LEFT JOIN LATERAL (
    SELECT own, body FROM revised WHERE record = r.index AND own AND version <= $4
    ORDER BY version DESC LIMIT 1) w ON true
LEFT JOIN LATERAL (
    SELECT version, leaf FROM revised WHERE record = r.index AND version <= $4 ORDER BY version DESC LIMIT 1) o ON true
CROSS JOIN LATERAL (
    SELECT j ->> 'facility' AS facility, j ->> 'process' AS process, j ->> 'end' AS ended
    FROM (SELECT replace(convert_from(coalesce(w.body, r.body), 'UTF8'), '\u0000', '\u0001')::json AS j OFFSET 0) p) x
WHERE r.index > $2 AND r.index + 0 < $3 AND r.type = 'transformation' AND (w.own IS NULL OR w.body IS NOT NULL)
    AND EXISTS (SELECT FROM unnest($1::bytea[]) AS wanted (name) WHERE position(wanted.name IN r.body) > 0)
ORDER BY r.index LIMIT $7;

-- name: reported
-- purpose: facilities with a report in a period
-- parameters: instants from and until which reports reach, tree size
SELECT DISTINCT f.id FROM report t JOIN facility f ON f.id = t.subject
WHERE t.starts >= $1 AND t.starts <= $2 AND t.ends <= $2 AND t.record < $3 ORDER BY f.id;

-- name: release
-- purpose: the newest release of a sector's year
-- parameters: sector, year
SELECT answer FROM sector_release WHERE sector = $1 AND year = $2 ORDER BY size DESC LIMIT 1;

-- name: add_release
-- purpose: a release, unless there is another newest one than that which it replaces
-- parameters: sector, year, tree size, tree size of the one that it replaces or -1, answer
INSERT INTO sector_release (sector, year, size, answer)
SELECT $1, $2, $3, $5
WHERE $4 = coalesce((SELECT max(size) FROM sector_release WHERE sector = $1 AND year = $2), -1)
ON CONFLICT DO NOTHING;
