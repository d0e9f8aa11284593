-- What administrators keep about a realm besides its settings.

-- Accounts of people at other identity providers.
CREATE TABLE federated_identity (
    user_pk INTEGER NOT NULL REFERENCES user (pk) ON DELETE CASCADE,
    provider TEXT NOT NULL, -- alias of the identity provider
    user_id TEXT NOT NULL,  -- there
    user_name TEXT NOT NULL,
    PRIMARY KEY (user_pk, provider)
) STRICT, WITHOUT ROWID;
-- BR-06: an account elsewhere is one person's here.
CREATE UNIQUE INDEX federated_identity_account ON federated_identity (provider, user_id);

-- Documents of which a realm has one of a name: the profile of its users and the like.
CREATE TABLE document (
    name TEXT PRIMARY KEY,
    doc TEXT NOT NULL -- JSON
) STRICT, WITHOUT ROWID;

PRAGMA user_version = 5;
