-- name: doubts
-- purpose: those of the records whose signing key is reported compromised since their index or an earlier one, with the
-- report that names the earliest index
-- parameters: record indexes, tree size
SELECT r.index, encode(r.digest, 'hex') AS digest, r.type, r.issuer, encode(d.keyid, 'hex') AS key, d.since,
       d.record AS reported
FROM record r JOIN entry e ON e.index = r.index
CROSS JOIN LATERAL (
    -- An entry is version, kind and digest, 34 bytes, then the key's id.
    SELECT keyid, since, record FROM compromise
    WHERE keyid = substring(e.data FROM 35 FOR 32) AND since <= r.index AND record < $2
    ORDER BY since, record LIMIT 1) d
WHERE r.index = ANY ($1::bigint[]) ORDER BY r.index;

-- name: records_behind
-- purpose: records, the records upstream of them as of that revision, and the records that changed one of these; each
-- with the number of visited records, not counting the records that changed others
-- parameters: record indexes, the newest revision to include, limit of records
WITH RECURSIVE reached (record) AS (
    SELECT unnest($1::bigint[])
    UNION
    SELECT w.lot / 1024 FROM reached
    JOIN flow w ON w.record = reached.record AND w.version = coalesce((
        SELECT max(v.version) FROM revised v WHERE v.record = w.record AND v.own AND v.version <= $2), 0)
), looked AS MATERIALIZED (SELECT record FROM reached LIMIT $3)
SELECT record, (SELECT count(*) FROM looked) AS looked FROM looked
UNION
SELECT n.record, (SELECT count(*) FROM looked) FROM looked k JOIN revised v ON v.record = k.record AND v.own AND v.version <= $2
JOIN revision n ON n.version = v.version;

-- name: any_doubts
SELECT EXISTS (SELECT FROM compromise WHERE record < $1);
