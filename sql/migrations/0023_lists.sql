-- Lists of an organisation's lots and of its received transfers read one range of an index. Numbers and log indexes only
-- grow, so each holder and each receiver appends at one place. Stock needs no index on `balance`: with one, each use of a
-- lot would write new versions of its index rows.
-- online
-- compatible-from: 18

DROP INDEX CONCURRENTLY IF EXISTS lot_holder;
CREATE INDEX CONCURRENTLY lot_holder ON lot (holder, number);
DROP INDEX CONCURRENTLY IF EXISTS lot_owner;
CREATE INDEX CONCURRENTLY lot_owner ON lot (owner, number) WHERE owner IS NOT NULL;
DROP INDEX CONCURRENTLY IF EXISTS transfer_receiver;
CREATE INDEX CONCURRENTLY transfer_receiver ON transfer (receiver, record);
