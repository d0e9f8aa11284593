-- Authorization requests that clients pushed (RFC 9126). Each is taken once, and is gone then.
CREATE TABLE pushed_request (
    pk INTEGER PRIMARY KEY,
    hash BLOB NOT NULL UNIQUE,
    client_pk INTEGER NOT NULL REFERENCES client (pk) ON DELETE CASCADE,
    request TEXT NOT NULL,
    expires_ms INTEGER NOT NULL
) STRICT;
CREATE INDEX pushed_request_client ON pushed_request (client_pk);

PRAGMA user_version = 13;
