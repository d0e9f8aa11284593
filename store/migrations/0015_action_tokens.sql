-- Links that were mailed to people. A row is spent by going, in the transaction of what it allows; a person
-- has one of each purpose, the last.
CREATE TABLE action_token (
    hash BLOB PRIMARY KEY,
    user_pk INTEGER NOT NULL REFERENCES user (pk) ON DELETE CASCADE,
    purpose INTEGER NOT NULL, -- enum action_purpose
    person BLOB NOT NULL, -- what must not have changed of the person: core/auth/action_token.c
    actions TEXT NOT NULL, -- aliases of required actions, separated by spaces
    client_pk INTEGER REFERENCES client (pk) ON DELETE CASCADE,
    redirect_uri TEXT NOT NULL,
    created_ms INTEGER NOT NULL,
    expires_ms INTEGER NOT NULL,
    UNIQUE (user_pk, purpose)
) STRICT;
CREATE INDEX action_token_client ON action_token (client_pk) WHERE client_pk IS NOT NULL;
CREATE INDEX action_token_expiry ON action_token (expires_ms);

PRAGMA user_version = 15;
