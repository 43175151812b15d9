-- What an organisation has issued is looked up, however much others have.

CREATE INDEX record_issuer ON record (issuer, index);
