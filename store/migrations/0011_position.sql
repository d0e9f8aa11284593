-- Where the database stands in its history, for who follows it: one row while it is followed, else none.
CREATE TABLE repl_pos (
    pk INTEGER PRIMARY KEY CHECK (pk = 1),
    epoch INTEGER NOT NULL,
    lsn INTEGER NOT NULL,
    mark INTEGER NOT NULL -- random
) STRICT;

PRAGMA user_version = 11;
