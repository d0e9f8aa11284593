-- What the master database has besides being a realm: the list of all realms and the mark of the
-- master key. The version of this part stands in application_id.

CREATE TABLE store_info (
    pk INTEGER PRIMARY KEY CHECK (pk = 1),
    id TEXT NOT NULL,
    key_check BLOB NOT NULL -- derived from the master key: tells a wrong one at the start
) STRICT;

CREATE TABLE realm_list (
    file TEXT PRIMARY KEY, -- realms/<file>.db
    id TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL UNIQUE,
    next_name TEXT UNIQUE, -- while a change of the name is being made
    display_name TEXT,
    enabled INTEGER NOT NULL,
    state INTEGER NOT NULL -- 0 ready, 1 being made, 2 being deleted, 3 settings being changed
) STRICT, WITHOUT ROWID;
CREATE INDEX realm_list_unfinished ON realm_list (state) WHERE state <> 0;

PRAGMA application_id = 1;
