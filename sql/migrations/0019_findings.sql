-- Records whose leaf 0 has findings or makes questions are found among those upstream of a figure, without reading the
-- leaves of all.
-- online
-- compatible-from: 18

DROP INDEX CONCURRENTLY IF EXISTS record_findings;
CREATE INDEX CONCURRENTLY record_findings ON record (index) WHERE position('"findings":['::bytea IN outcome) > 0 OR position('"made":"'::bytea IN outcome) > 0;
DROP INDEX CONCURRENTLY IF EXISTS revised_findings;
CREATE INDEX CONCURRENTLY revised_findings ON revised (record, version) WHERE position('"findings":['::bytea IN leaf) > 0 OR position('"made":"'::bytea IN leaf) > 0;
