-- Each client names the ledger key whose login entered it, itself or by a client that it entered, and the size of the log
-- then: a key that was compromised by then ends the client. Of clients of before nobody knows the key.
-- compatible-from: 18

ALTER TABLE client
    ADD COLUMN keyid bytea REFERENCES signing_key,
    ADD COLUMN size bigint CHECK (size > 0);
