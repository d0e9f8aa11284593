-- What administrators keep about a realm besides people, roles, groups, clients and scopes: identity
-- providers, components, authentication flows and the like, each as Keycloak writes it in JSON. Any of
-- them may hold a secret, so that all documents are sealed.
CREATE TABLE record (
    kind TEXT NOT NULL,
    id ANY NOT NULL,
    name TEXT, -- of its kind; NULL where names may repeat
    parent ANY, -- id of what it belongs to
    position INTEGER NOT NULL,
    doc BLOB NOT NULL, -- sealed JSON
    PRIMARY KEY (kind, id)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX record_name ON record (kind, name) WHERE name IS NOT NULL;
CREATE INDEX record_order ON record (kind, parent, position);

PRAGMA user_version = 7;
