-- Signed heads instead of seals, archives of events, and what is personal in an event sealed with a
-- key of the person. Events that are there stay as they were written: format 1.

ALTER TABLE event ADD COLUMN format INTEGER NOT NULL DEFAULT 1;
-- What is personal in an event of format 2, sealed: of who acts, of whom it is about, or of both
-- when they are one.
ALTER TABLE event ADD COLUMN actor_box BLOB;
ALTER TABLE event ADD COLUMN subject_box BLOB;
ALTER TABLE event ADD COLUMN both_box BLOB;

-- Keys of persons, sealed. Erasing somebody destroys the key and leaves the row, so that no new key
-- is made for a person who is gone. Typed names that are nobody's have a key a month.
CREATE TABLE person_key (
    person ANY PRIMARY KEY, -- a user's id, or unknown:2026-11
    sealed BLOB,
    created_ms INTEGER NOT NULL,
    destroyed_ms INTEGER
) STRICT, WITHOUT ROWID;

-- Heads of the chain, signed. Each signs the events after the head before.
CREATE TABLE event_head (
    seq INTEGER PRIMARY KEY,
    first_seq INTEGER NOT NULL,
    prev_hash BLOB NOT NULL,
    hash BLOB NOT NULL,
    time_ms INTEGER NOT NULL,
    kid TEXT NOT NULL,
    signature BLOB NOT NULL
) STRICT;

-- Archived stretches of the chain: their events are in a file and may leave this database. When the
-- file's time is over, a signed statement stays.
CREATE TABLE event_segment (
    seq INTEGER PRIMARY KEY,
    first_seq INTEGER NOT NULL,
    prev_hash BLOB NOT NULL,
    hash BLOB NOT NULL,
    from_ms INTEGER NOT NULL,
    to_ms INTEGER NOT NULL,
    time_ms INTEGER NOT NULL,
    kid TEXT NOT NULL,
    signature BLOB NOT NULL,
    file TEXT NOT NULL,
    removed_ms INTEGER,
    removal_kid TEXT,
    removal_signature BLOB
) STRICT;

DROP TABLE event_seal;
DROP TRIGGER event_no_delete;
CREATE TRIGGER event_no_delete BEFORE DELETE ON event
WHEN old.seq > (SELECT coalesce(max(seq), 0) FROM event_segment)
BEGIN SELECT RAISE(ABORT, 'events leave only into the archive'); END;
CREATE TRIGGER event_head_no_update BEFORE UPDATE ON event_head
BEGIN SELECT RAISE(ABORT, 'signed heads are never changed'); END;
CREATE TRIGGER event_head_no_delete BEFORE DELETE ON event_head
WHEN old.seq > (SELECT coalesce(max(seq), 0) FROM event_segment)
BEGIN SELECT RAISE(ABORT, 'signed heads leave only into the archive'); END;
CREATE TRIGGER event_segment_no_delete BEFORE DELETE ON event_segment
BEGIN SELECT RAISE(ABORT, 'archives are never forgotten'); END;
CREATE TRIGGER event_segment_no_update
BEFORE UPDATE OF seq, first_seq, prev_hash, hash, from_ms, to_ms, time_ms, kid, signature, file
ON event_segment
BEGIN SELECT RAISE(ABORT, 'archives are never changed'); END;
CREATE TRIGGER event_segment_removed_once BEFORE UPDATE ON event_segment
WHEN old.removed_ms IS NOT NULL
BEGIN SELECT RAISE(ABORT, 'an archive is removed once'); END;
CREATE TRIGGER person_key_no_delete BEFORE DELETE ON person_key
BEGIN SELECT RAISE(ABORT, 'keys of persons are destroyed and never forgotten'); END;
CREATE TRIGGER person_key_no_update BEFORE UPDATE ON person_key
WHEN new.sealed IS NOT NULL OR new.person <> old.person
BEGIN SELECT RAISE(ABORT, 'keys of persons are destroyed and never changed'); END;

PRAGMA user_version = 3;
