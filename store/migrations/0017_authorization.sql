-- What resource servers guard, and who gets it: settings, scopes, resources, policies and permissions of
-- clients with authorization services, each as Keycloak writes it in JSON.
CREATE TABLE rs_object (
    pk INTEGER PRIMARY KEY AUTOINCREMENT,
    client_pk INTEGER NOT NULL REFERENCES client (pk) ON DELETE CASCADE,
    kind INTEGER NOT NULL, -- enum rs_kind
    id ANY NOT NULL,
    name TEXT NOT NULL,
    owner ANY NOT NULL, -- of a resource: id of a person; '' the resource server
    type TEXT NOT NULL,
    doc TEXT NOT NULL
) STRICT;
CREATE UNIQUE INDEX rs_object_id ON rs_object (kind, id);
CREATE UNIQUE INDEX rs_object_name ON rs_object (client_pk, kind, name, owner);
CREATE INDEX rs_object_type ON rs_object (client_pk, kind, type, name);
CREATE INDEX rs_object_owner ON rs_object (owner) WHERE owner <> '';

-- Resources have scopes; policies are made of policies, and permissions are about resources and scopes, too.
CREATE TABLE rs_link (
    from_pk INTEGER NOT NULL REFERENCES rs_object (pk) ON DELETE CASCADE,
    to_pk INTEGER NOT NULL REFERENCES rs_object (pk) ON DELETE CASCADE,
    PRIMARY KEY (from_pk, to_pk)
) STRICT, WITHOUT ROWID;
CREATE INDEX rs_link_to ON rs_link (to_pk);

-- What an object is found by: the URIs of a resource, the type of resources that a permission is about, and
-- the people, roles, groups, clients and client scopes that a policy names.
CREATE TABLE rs_word (
    object_pk INTEGER NOT NULL REFERENCES rs_object (pk) ON DELETE CASCADE,
    word ANY NOT NULL,
    PRIMARY KEY (object_pk, word)
) STRICT, WITHOUT ROWID;
CREATE INDEX rs_word_word ON rs_word (word);

PRAGMA user_version = 17;
