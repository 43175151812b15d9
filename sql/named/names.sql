-- name: named
-- purpose: the lookup rows of a range of records, table by table, in the form that an audit compares
-- parameters: first index, end of the range
SELECT 'organization' AS kind, record AS index, ARRAY[id, parent] AS told
    FROM organization WHERE record >= $1 AND record < $2
UNION ALL SELECT 'prefix', o.record, ARRAY[p.prefix, p.organization] FROM organization o
    JOIN prefix p ON p.organization = o.id WHERE o.record >= $1 AND o.record < $2
UNION ALL SELECT 'parent_end', record, ARRAY[organization, announced::text]
    FROM parent_end WHERE record >= $1 AND record < $2
UNION ALL SELECT 'signing_key', record, ARRAY[encode(keyid, 'hex'), encode(spki, 'hex'), organization]
    FROM signing_key WHERE record >= $1 AND record < $2
UNION ALL SELECT 'revocation', record, ARRAY[encode(keyid, 'hex')] FROM revocation WHERE record >= $1 AND record < $2
UNION ALL SELECT 'compromise', record, ARRAY[encode(keyid, 'hex'), since::text]
    FROM compromise WHERE record >= $1 AND record < $2
UNION ALL SELECT 'key_change', record, ARRAY[organization, recovery] FROM key_change WHERE record >= $1 AND record < $2
UNION ALL SELECT 'facility', record, ARRAY[id, operator] FROM facility WHERE record >= $1 AND record < $2
UNION ALL SELECT 'product', record, ARRAY[id, owner] FROM product WHERE record >= $1 AND record < $2
UNION ALL SELECT 'product_completion', record, ARRAY[product]
    FROM product_completion WHERE record >= $1 AND record < $2
UNION ALL SELECT 'activation', record, ARRAY[plugin, version, digest, retired::text, precedence::text]
    FROM activation WHERE record >= $1 AND record < $2
UNION ALL SELECT 'transfer', record, ARRAY[receiver, new_lot] FROM transfer WHERE record >= $1 AND record < $2
UNION ALL SELECT 'acceptance', record, ARRAY[transfer::text] FROM acceptance WHERE record >= $1 AND record < $2
UNION ALL SELECT 'standing_acceptance', record, ARRAY[receiver, sender, product]
    FROM standing_acceptance WHERE record >= $1 AND record < $2
UNION ALL SELECT 'arrival', transfer, ARRAY[transfer::text, rule::text]
    FROM arrival WHERE transfer >= $1 AND transfer < $2
UNION ALL SELECT 'pool', record, ARRAY[id, holder, facility, product, averaging, is_default::text]
    FROM pool WHERE record >= $1 AND record < $2
UNION ALL SELECT 'closing', record, ARRAY[facility, starts, ends, processes::text]
    FROM closing WHERE record >= $1 AND record < $2
UNION ALL SELECT 'reopening', record, ARRAY[closing::text] FROM reopening WHERE record >= $1 AND record < $2
UNION ALL SELECT 'provisional', record, ARRAY[facility, process, starts, ends]
    FROM provisional WHERE record >= $1 AND record < $2
UNION ALL SELECT 'dispute', record, ARRAY[lot::text, frozen::text] FROM dispute WHERE record >= $1 AND record < $2
UNION ALL SELECT 'opening', record, ARRAY[facility, product] FROM opening WHERE record >= $1 AND record < $2
UNION ALL SELECT 'group_goods', record, ARRAY[organization, subject, trim_scale(kilograms)::text]
    FROM group_goods WHERE record >= $1 AND record < $2
UNION ALL SELECT 'attestation', record, ARRAY[kind, subject] FROM attestation WHERE record >= $1 AND record < $2
UNION ALL SELECT 'claim', record, ARRAY[lot] FROM claim WHERE record >= $1 AND record < $2
UNION ALL SELECT 'report', record, ARRAY[subject, starts, ends] FROM report WHERE record >= $1 AND record < $2
UNION ALL SELECT 'erasure', record, ARRAY[subject::text, legal_basis] FROM erasure WHERE record >= $1 AND record < $2
UNION ALL SELECT 'access_grant', record,
        ARRAY[grantor, grantee, link, depth, lot::text, product, declaration::text, starts, ends, expires,
              publish::text]
    FROM access_grant WHERE record >= $1 AND record < $2
UNION ALL SELECT 'grant_revocation', record, ARRAY[subject::text]
    FROM grant_revocation WHERE record >= $1 AND record < $2
UNION ALL SELECT 'reader', record, ARRAY[organization, expires] FROM reader WHERE record >= $1 AND record < $2
UNION ALL SELECT 'reader_revocation', record, ARRAY[subject::text]
    FROM reader_revocation WHERE record >= $1 AND record < $2
UNION ALL SELECT 'published', record, ARRAY[organization, lot::text, product, declaration::text]
    FROM published WHERE record >= $1 AND record < $2
UNION ALL SELECT 'publication_end', record, ARRAY[subject::text]
    FROM publication_end WHERE record >= $1 AND record < $2;

-- name: columns
-- purpose: the columns next to bodies and entries, and the number of rows of each record's lots
-- parameters: first index, end of the range
SELECT e.index, e.leaf_hash, r.digest, r.type, r.issuer, r.seed, r.starts, r.ends, r.owners,
       (SELECT count(*) FROM lot l WHERE l.number >= e.index * 1024 AND l.number < (e.index + 1) * 1024) AS lots,
       (SELECT count(*) FROM figure f WHERE f.lot >= e.index * 1024 AND f.lot < (e.index + 1) * 1024
            AND f.version = 0) AS figures,
       (SELECT count(*) FROM balance b WHERE b.lot >= e.index * 1024 AND b.lot < (e.index + 1) * 1024) AS balances,
       (SELECT count(*) FROM (
           SELECT FROM flow f WHERE f.record = e.index GROUP BY f.version
           HAVING max(f.position) IS DISTINCT FROM count(*) - 1) v
       ) AS misplaced
FROM entry e LEFT JOIN record r ON r.index = e.index WHERE e.index >= $1 AND e.index < $2 ORDER BY e.index;

-- name: beyond
-- purpose: tables with rows before or beyond the log, with one such index, in the snapshot of one statement. It shifts
-- the numbers of lots, since a division of a negative number by 1024 would round to 0
SELECT h.size, t.kind, CASE WHEN t.highest >= h.size THEN t.highest ELSE t.lowest END AS index
FROM head h, (
    SELECT 'entry' AS kind, min(index) AS lowest, max(index) AS highest FROM entry
    UNION ALL SELECT 'batch', min(size) - 1, max(size) - 1 FROM batch
    UNION ALL SELECT 'record', min(index), max(index) FROM record
    UNION ALL SELECT 'lot', min(number) >> 10, max(number) >> 10 FROM lot
    UNION ALL SELECT 'figure', min(lot) >> 10, max(lot) >> 10 FROM figure
    UNION ALL SELECT 'balance', min(lot) >> 10, max(lot) >> 10 FROM balance
    UNION ALL SELECT 'flow', min(record), max(record) FROM flow
    UNION ALL SELECT 'revision', min(record), max(record) FROM revision
    UNION ALL SELECT 'revised', min(record), max(record) FROM revised
    UNION ALL SELECT 'lot_version', min(number) >> 10, max(number) >> 10 FROM lot_version
    UNION ALL SELECT 'organization', min(record), max(record) FROM organization
    UNION ALL SELECT 'signing_key', min(record), max(record) FROM signing_key
    UNION ALL SELECT 'revocation', min(record), max(record) FROM revocation
    UNION ALL SELECT 'compromise', min(record), max(record) FROM compromise
    UNION ALL SELECT 'key_change', min(record), max(record) FROM key_change
    UNION ALL SELECT 'facility', min(record), max(record) FROM facility
    UNION ALL SELECT 'product', min(record), max(record) FROM product
    UNION ALL SELECT 'product_completion', min(record), max(record) FROM product_completion
    UNION ALL SELECT 'activation', min(record), max(record) FROM activation
    UNION ALL SELECT 'transfer', min(record), max(record) FROM transfer
    UNION ALL SELECT 'parent_end', min(record), max(record) FROM parent_end
    UNION ALL SELECT 'acceptance', min(record), max(record) FROM acceptance
    UNION ALL SELECT 'standing_acceptance', min(record), max(record) FROM standing_acceptance
    UNION ALL SELECT 'arrival', min(transfer), max(transfer) FROM arrival
    UNION ALL SELECT 'pool', min(record), max(record) FROM pool
    UNION ALL SELECT 'closing', min(record), max(record) FROM closing
    UNION ALL SELECT 'reopening', min(record), max(record) FROM reopening
    UNION ALL SELECT 'provisional', min(record), max(record) FROM provisional
    UNION ALL SELECT 'dispute', min(record), max(record) FROM dispute
    UNION ALL SELECT 'opening', min(record), max(record) FROM opening
    UNION ALL SELECT 'group_goods', min(record), max(record) FROM group_goods
    UNION ALL SELECT 'attestation', min(record), max(record) FROM attestation
    UNION ALL SELECT 'claim', min(record), max(record) FROM claim
    UNION ALL SELECT 'report', min(record), max(record) FROM report
    UNION ALL SELECT 'erasure', min(record), max(record) FROM erasure
    UNION ALL SELECT 'access_grant', min(record), max(record) FROM access_grant
    UNION ALL SELECT 'grant_revocation', min(record), max(record) FROM grant_revocation
    UNION ALL SELECT 'reader', min(record), max(record) FROM reader
    UNION ALL SELECT 'reader_revocation', min(record), max(record) FROM reader_revocation
    UNION ALL SELECT 'published', min(record), max(record) FROM published
    UNION ALL SELECT 'publication_end', min(record), max(record) FROM publication_end) t
WHERE t.lowest < 0 OR t.highest >= h.size;

-- name: strays
-- purpose: prefixes whose organisation no record has enrolled, which a query by ranges of records does not show
SELECT p.prefix, p.organization FROM prefix p WHERE NOT EXISTS (
    SELECT FROM organization o WHERE o.id = p.organization AND o.record >= 0) ORDER BY p.prefix LIMIT 20;

-- name: head_row
SELECT size, frontier, time FROM head;

-- name: ledger_row
SELECT origin, vkey FROM ledger;

-- name: tile_roots
-- purpose: every full tile, with its hash in the tile above
SELECT level, index, root FROM tile ORDER BY level, index;

-- name: published
-- purpose: published heads and their later cosignatures, with the roots of their batches and their last entries
SELECT p.size, p.number, p.note, b.root, e.data
FROM (SELECT size, 0 AS number, note FROM publication UNION ALL SELECT size, number, note FROM renewal) p
LEFT JOIN batch b ON b.size = p.size LEFT JOIN entry e ON e.index = p.size - 1 ORDER BY p.size, p.number;

-- name: rotations
SELECT number, size, note FROM log_key ORDER BY number;
