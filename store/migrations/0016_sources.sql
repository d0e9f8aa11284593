-- Who asked in the name of a public client, which anybody can do: so many of one host wait, and no more. The
-- hash of the host's address; NULL where the client shows who it is.
ALTER TABLE device_code ADD COLUMN source BLOB;
CREATE INDEX device_code_source ON device_code (source) WHERE source IS NOT NULL;
ALTER TABLE pushed_request ADD COLUMN source BLOB;
CREATE INDEX pushed_request_source ON pushed_request (source) WHERE source IS NOT NULL;

-- Clients that people made for themselves, by whose they are.
CREATE INDEX client_owner ON client (json_extract(doc, '$.attributes."garita.owner"'), client_id)
    WHERE json_extract(doc, '$.attributes."garita.owner"') IS NOT NULL;

PRAGMA user_version = 16;
