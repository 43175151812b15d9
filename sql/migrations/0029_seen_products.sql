-- Whether an organisation was ever sent a lot of a product, or owns one that another holds, is looked up in one place of an
-- index. Made lots, the most, are in neither index.
-- online
-- compatible-from: 18

DROP INDEX CONCURRENTLY IF EXISTS lot_received;
CREATE INDEX CONCURRENTLY lot_received ON lot (holder, product) WHERE sender IS NOT NULL;
DROP INDEX CONCURRENTLY IF EXISTS lot_owned;
CREATE INDEX CONCURRENTLY lot_owned ON lot (owner, product) WHERE owner IS NOT NULL;
