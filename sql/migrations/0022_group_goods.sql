-- Goods that a group declares or sells outside have running totals, so that they are known if they come back. Only
-- records under version 4 of the rules count, and no earlier program knows that version.
-- compatible-from: 18

CREATE TABLE group_goods (
    organization text NOT NULL,
    subject text NOT NULL,
    kilograms numeric NOT NULL,
    record bigint NOT NULL REFERENCES record,
    PRIMARY KEY (organization, subject, record)
);
CREATE INDEX group_goods_record ON group_goods (record);
CREATE TRIGGER only_grows BEFORE UPDATE OR DELETE OR TRUNCATE ON group_goods
    FOR EACH STATEMENT EXECUTE FUNCTION forbid_change();
GRANT SELECT, INSERT ON group_goods TO carbon_ledger_writer;
