-- Devices that wait for somebody to let them in (RFC 8628). A row waits, is granted or denied once, and is
-- gone when the device took its tokens.
CREATE TABLE device_code (
    pk INTEGER PRIMARY KEY,
    hash BLOB NOT NULL UNIQUE,
    user_hash BLOB NOT NULL UNIQUE,
    client_pk INTEGER NOT NULL REFERENCES client (pk) ON DELETE CASCADE,
    state INTEGER NOT NULL, -- enum device_state
    scope TEXT NOT NULL, -- asked for; once granted, what was granted
    client_session_pk INTEGER REFERENCES client_session (pk) ON DELETE CASCADE,
    acr TEXT,
    auth_time_ms INTEGER NOT NULL,
    interval_s INTEGER NOT NULL,
    next_poll_ms INTEGER NOT NULL,
    expires_ms INTEGER NOT NULL
) STRICT;
CREATE INDEX device_code_client ON device_code (client_pk);
CREATE INDEX device_code_session ON device_code (client_session_pk)
    WHERE client_session_pk IS NOT NULL;

PRAGMA user_version = 14;
