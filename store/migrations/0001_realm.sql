-- One realm. Keys inside are integers, ids from outside are UUIDs (16 bytes when they are spelled as
-- usual, text otherwise: columns of type ANY). Settings that the field tables of core/model name
-- stand in doc, as JSON with Keycloak's names. Sealed columns open only in their own row.

CREATE TABLE realm (
    pk INTEGER PRIMARY KEY CHECK (pk = 1),
    id TEXT NOT NULL,
    name TEXT NOT NULL,
    default_role_id ANY,
    doc TEXT NOT NULL,
    state_secret BLOB NOT NULL -- sealed; seals what is handed out and comes back
) STRICT;

-- AUTOINCREMENT: what was one person's never becomes another's (OI-01).
CREATE TABLE user (
    pk INTEGER PRIMARY KEY AUTOINCREMENT,
    id ANY NOT NULL UNIQUE,
    username TEXT NOT NULL UNIQUE,
    email TEXT,
    email_verified INTEGER NOT NULL,
    first_name TEXT,
    last_name TEXT,
    enabled INTEGER NOT NULL,
    created_ms INTEGER NOT NULL,
    not_before_s INTEGER NOT NULL,
    service_account_client_id ANY,
    doc TEXT -- members of the field table that have no column of their own
) STRICT;
CREATE INDEX user_service_account ON user (service_account_client_id)
    WHERE service_account_client_id IS NOT NULL;
CREATE INDEX user_email ON user (email) WHERE email IS NOT NULL;
CREATE INDEX user_first_name ON user (lower(first_name)) WHERE first_name IS NOT NULL;
CREATE INDEX user_last_name ON user (lower(last_name)) WHERE last_name IS NOT NULL;

CREATE TABLE credential (
    pk INTEGER PRIMARY KEY,
    user_pk INTEGER NOT NULL REFERENCES user (pk) ON DELETE CASCADE,
    id ANY NOT NULL,
    type TEXT NOT NULL,
    user_label TEXT,
    created_ms INTEGER NOT NULL,
    priority INTEGER NOT NULL,
    secret_data BLOB NOT NULL, -- sealed
    credential_data TEXT
) STRICT;
CREATE INDEX credential_user ON credential (user_pk);

CREATE TABLE login_failure (
    user_pk INTEGER PRIMARY KEY REFERENCES user (pk) ON DELETE CASCADE,
    count INTEGER NOT NULL,
    last_failure_ms INTEGER NOT NULL,
    locked_until_ms INTEGER NOT NULL,
    temporary_lockouts INTEGER NOT NULL,
    last_ip TEXT
) STRICT;

CREATE TABLE client (
    pk INTEGER PRIMARY KEY AUTOINCREMENT,
    id ANY NOT NULL UNIQUE,
    client_id TEXT NOT NULL UNIQUE,
    secret BLOB, -- sealed
    service_account_user_id ANY,
    doc TEXT NOT NULL
) STRICT;

CREATE TABLE role (
    pk INTEGER PRIMARY KEY AUTOINCREMENT,
    id ANY NOT NULL UNIQUE,
    client_pk INTEGER REFERENCES client (pk) ON DELETE CASCADE, -- NULL: a realm role
    name TEXT NOT NULL,
    description TEXT,
    attributes TEXT
) STRICT;
CREATE UNIQUE INDEX role_of_realm ON role (name) WHERE client_pk IS NULL;
CREATE UNIQUE INDEX role_of_client ON role (client_pk, name) WHERE client_pk IS NOT NULL;

CREATE TABLE role_composite (
    parent_pk INTEGER NOT NULL REFERENCES role (pk) ON DELETE CASCADE,
    child_pk INTEGER NOT NULL REFERENCES role (pk) ON DELETE CASCADE,
    PRIMARY KEY (parent_pk, child_pk)
) STRICT, WITHOUT ROWID;
CREATE INDEX role_composite_child ON role_composite (child_pk);

CREATE TABLE user_role (
    user_pk INTEGER NOT NULL REFERENCES user (pk) ON DELETE CASCADE,
    role_pk INTEGER NOT NULL REFERENCES role (pk) ON DELETE CASCADE,
    PRIMARY KEY (user_pk, role_pk)
) STRICT, WITHOUT ROWID;
CREATE INDEX user_role_role ON user_role (role_pk);

CREATE TABLE grp (
    pk INTEGER PRIMARY KEY AUTOINCREMENT,
    id ANY NOT NULL UNIQUE,
    parent_pk INTEGER REFERENCES grp (pk) ON DELETE CASCADE, -- NULL: at the top
    name TEXT NOT NULL,
    attributes TEXT
) STRICT;
CREATE UNIQUE INDEX grp_top ON grp (name) WHERE parent_pk IS NULL;
CREATE UNIQUE INDEX grp_child ON grp (parent_pk, name) WHERE parent_pk IS NOT NULL;

CREATE TABLE group_role (
    group_pk INTEGER NOT NULL REFERENCES grp (pk) ON DELETE CASCADE,
    role_pk INTEGER NOT NULL REFERENCES role (pk) ON DELETE CASCADE,
    PRIMARY KEY (group_pk, role_pk)
) STRICT, WITHOUT ROWID;
CREATE INDEX group_role_role ON group_role (role_pk);

CREATE TABLE user_group (
    user_pk INTEGER NOT NULL REFERENCES user (pk) ON DELETE CASCADE,
    group_pk INTEGER NOT NULL REFERENCES grp (pk) ON DELETE CASCADE,
    PRIMARY KEY (user_pk, group_pk)
) STRICT, WITHOUT ROWID;
CREATE INDEX user_group_group ON user_group (group_pk);

CREATE TABLE scope (
    pk INTEGER PRIMARY KEY AUTOINCREMENT,
    id ANY NOT NULL UNIQUE,
    name TEXT NOT NULL UNIQUE,
    description TEXT,
    protocol TEXT NOT NULL,
    attributes TEXT,
    realm_link INTEGER NOT NULL DEFAULT 0 -- for new clients: 0 none, 1 default, 2 optional
) STRICT;

CREATE TABLE mapper (
    pk INTEGER PRIMARY KEY AUTOINCREMENT,
    id ANY NOT NULL UNIQUE,
    client_pk INTEGER REFERENCES client (pk) ON DELETE CASCADE,
    scope_pk INTEGER REFERENCES scope (pk) ON DELETE CASCADE,
    name TEXT NOT NULL,
    protocol TEXT NOT NULL,
    type TEXT NOT NULL,
    config TEXT,
    CHECK ((client_pk IS NULL) <> (scope_pk IS NULL))
) STRICT;
CREATE INDEX mapper_client ON mapper (client_pk) WHERE client_pk IS NOT NULL;
CREATE INDEX mapper_scope ON mapper (scope_pk) WHERE scope_pk IS NOT NULL;

CREATE TABLE client_scope (
    client_pk INTEGER NOT NULL REFERENCES client (pk) ON DELETE CASCADE,
    scope_pk INTEGER NOT NULL REFERENCES scope (pk) ON DELETE CASCADE,
    is_default INTEGER NOT NULL,
    PRIMARY KEY (client_pk, scope_pk)
) STRICT, WITHOUT ROWID;
CREATE INDEX client_scope_scope ON client_scope (scope_pk);

-- Scope mappings: the roles that a client or a scope lets through.
CREATE TABLE client_role (
    client_pk INTEGER NOT NULL REFERENCES client (pk) ON DELETE CASCADE,
    role_pk INTEGER NOT NULL REFERENCES role (pk) ON DELETE CASCADE,
    PRIMARY KEY (client_pk, role_pk)
) STRICT, WITHOUT ROWID;
CREATE INDEX client_role_role ON client_role (role_pk);
CREATE TABLE scope_role (
    scope_pk INTEGER NOT NULL REFERENCES scope (pk) ON DELETE CASCADE,
    role_pk INTEGER NOT NULL REFERENCES role (pk) ON DELETE CASCADE,
    PRIMARY KEY (scope_pk, role_pk)
) STRICT, WITHOUT ROWID;
CREATE INDEX scope_role_role ON scope_role (role_pk);

CREATE TABLE consent (
    user_pk INTEGER NOT NULL REFERENCES user (pk) ON DELETE CASCADE,
    client_pk INTEGER NOT NULL REFERENCES client (pk) ON DELETE CASCADE,
    scopes TEXT NOT NULL, -- JSON array of names
    created_ms INTEGER NOT NULL,
    updated_ms INTEGER NOT NULL,
    PRIMARY KEY (user_pk, client_pk)
) STRICT, WITHOUT ROWID;
CREATE INDEX consent_client ON consent (client_pk);

CREATE TABLE signing_key (
    pk INTEGER PRIMARY KEY AUTOINCREMENT,
    kid TEXT NOT NULL,
    alg TEXT NOT NULL,
    use TEXT NOT NULL,
    status INTEGER NOT NULL,
    priority INTEGER NOT NULL,
    created_ms INTEGER NOT NULL,
    not_after_ms INTEGER NOT NULL,
    public_jwk TEXT,
    certificate BLOB,
    private_key BLOB NOT NULL, -- sealed
    UNIQUE (kid, alg)
) STRICT;

CREATE TABLE session (
    pk INTEGER PRIMARY KEY,
    id ANY NOT NULL UNIQUE,
    user_pk INTEGER NOT NULL REFERENCES user (pk) ON DELETE CASCADE,
    started_ms INTEGER NOT NULL,
    last_access_ms INTEGER NOT NULL,
    auth_time_ms INTEGER NOT NULL,
    remember_me INTEGER NOT NULL,
    offline INTEGER NOT NULL,
    acr TEXT,
    amr TEXT,
    ip TEXT,
    user_agent TEXT,
    cookie_hash BLOB
) STRICT;
CREATE INDEX session_user ON session (user_pk);
CREATE UNIQUE INDEX session_cookie ON session (cookie_hash) WHERE cookie_hash IS NOT NULL;

CREATE TABLE client_session (
    pk INTEGER PRIMARY KEY,
    session_pk INTEGER NOT NULL REFERENCES session (pk) ON DELETE CASCADE,
    client_pk INTEGER NOT NULL REFERENCES client (pk) ON DELETE CASCADE,
    started_ms INTEGER NOT NULL,
    last_access_ms INTEGER NOT NULL,
    valid_from_ms INTEGER NOT NULL,
    revoked INTEGER NOT NULL,
    scope TEXT,
    redirect_uri TEXT,
    UNIQUE (session_pk, client_pk)
) STRICT;
CREATE INDEX client_session_client ON client_session (client_pk);

-- Spent codes stay until they are long over, so that a second use is seen (OT-01).
CREATE TABLE auth_code (
    pk INTEGER PRIMARY KEY,
    hash BLOB NOT NULL UNIQUE,
    client_pk INTEGER NOT NULL REFERENCES client (pk) ON DELETE CASCADE,
    client_session_pk INTEGER NOT NULL REFERENCES client_session (pk) ON DELETE CASCADE,
    redirect_uri TEXT,
    code_challenge TEXT,
    scope TEXT,
    nonce TEXT,
    claims TEXT,
    acr TEXT,
    auth_time_ms INTEGER NOT NULL,
    expires_ms INTEGER NOT NULL,
    spent_ms INTEGER NOT NULL
) STRICT;
CREATE INDEX auth_code_session ON auth_code (client_session_pk);
CREATE INDEX auth_code_client ON auth_code (client_pk);

CREATE TABLE refresh_family (
    pk INTEGER PRIMARY KEY,
    id ANY NOT NULL UNIQUE,
    client_session_pk INTEGER NOT NULL REFERENCES client_session (pk) ON DELETE CASCADE,
    current_hash BLOB NOT NULL,
    use_count INTEGER NOT NULL,
    expires_ms INTEGER NOT NULL,
    revoked INTEGER NOT NULL
) STRICT;
CREATE INDEX refresh_family_session ON refresh_family (client_session_pk);

CREATE TABLE once (
    kind TEXT NOT NULL,
    hash BLOB NOT NULL,
    expires_ms INTEGER NOT NULL,
    PRIMARY KEY (kind, hash)
) STRICT, WITHOUT ROWID;
CREATE INDEX once_expiry ON once (expires_ms);

-- Texts that many events share: types, names of clients, user agents.
CREATE TABLE event_text (
    pk INTEGER PRIMARY KEY,
    text TEXT NOT NULL UNIQUE
) STRICT;

-- The audit chain. hash covers the hash of the row before and all that is here.
CREATE TABLE event (
    seq INTEGER PRIMARY KEY,
    id ANY NOT NULL,
    type INTEGER NOT NULL REFERENCES event_text (pk),
    version INTEGER NOT NULL,
    time_ms INTEGER NOT NULL,
    tenant INTEGER REFERENCES event_text (pk),
    stream_kind INTEGER NOT NULL REFERENCES event_text (pk),
    stream_id ANY,
    user_id ANY,
    session_id ANY,
    client_id INTEGER REFERENCES event_text (pk),
    ip TEXT,
    user_agent INTEGER REFERENCES event_text (pk),
    data TEXT,
    metadata TEXT,
    hash BLOB NOT NULL
) STRICT;
CREATE INDEX event_time ON event (time_ms);
CREATE INDEX event_user ON event (user_id) WHERE user_id IS NOT NULL;

-- Every so often the head of the chain is sealed with a key that is not in this file, so that a
-- chain that was cut or written anew is told from ours (AU-02).
CREATE TABLE event_seal (
    seq INTEGER PRIMARY KEY,
    mac BLOB NOT NULL
) STRICT;

CREATE TRIGGER event_no_update BEFORE UPDATE ON event
BEGIN SELECT RAISE(ABORT, 'events are never changed'); END;
CREATE TRIGGER event_no_delete BEFORE DELETE ON event
BEGIN SELECT RAISE(ABORT, 'events are never deleted'); END;
CREATE TRIGGER event_seal_no_update BEFORE UPDATE ON event_seal
BEGIN SELECT RAISE(ABORT, 'seals are never changed'); END;
CREATE TRIGGER event_seal_no_delete BEFORE DELETE ON event_seal
BEGIN SELECT RAISE(ABORT, 'seals are never deleted'); END;
CREATE TRIGGER event_text_no_update BEFORE UPDATE ON event_text
BEGIN SELECT RAISE(ABORT, 'texts of events are never changed'); END;
CREATE TRIGGER event_text_no_delete BEFORE DELETE ON event_text
BEGIN SELECT RAISE(ABORT, 'texts of events are never deleted'); END;

PRAGMA user_version = 1;
