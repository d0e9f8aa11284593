-- What is searched for has an index, however large a realm becomes.

-- The attributes of people one by one. Triggers keep the table, so it cannot fall out of step with
-- the document in user.doc. Values beyond 255 characters are texts to be shown and not searched for.
CREATE TABLE user_attribute (
    name TEXT NOT NULL,
    value TEXT NOT NULL,
    user_pk INTEGER NOT NULL,
    PRIMARY KEY (name, value, user_pk)
) STRICT, WITHOUT ROWID;

CREATE TRIGGER user_attribute_insert AFTER INSERT ON user WHEN new.doc IS NOT NULL
BEGIN
    INSERT OR IGNORE INTO user_attribute (name, value, user_pk)
        SELECT a.key, v.value, new.pk
        FROM json_each(new.doc, '$.attributes') a, json_each(a.value) v
        WHERE length(v.value) <= 255;
END;

CREATE TRIGGER user_attribute_update AFTER UPDATE OF doc ON user WHEN new.doc IS NOT old.doc
BEGIN
    DELETE FROM user_attribute WHERE (name, value, user_pk) IN (
        SELECT a.key, v.value, old.pk
        FROM json_each(old.doc, '$.attributes') a, json_each(a.value) v);
    INSERT OR IGNORE INTO user_attribute (name, value, user_pk)
        SELECT a.key, v.value, new.pk
        FROM json_each(new.doc, '$.attributes') a, json_each(a.value) v
        WHERE length(v.value) <= 255;
END;

CREATE TRIGGER user_attribute_delete AFTER DELETE ON user WHEN old.doc IS NOT NULL
BEGIN
    DELETE FROM user_attribute WHERE (name, value, user_pk) IN (
        SELECT a.key, v.value, old.pk
        FROM json_each(old.doc, '$.attributes') a, json_each(a.value) v);
END;

INSERT OR IGNORE INTO user_attribute (name, value, user_pk)
    SELECT a.key, v.value, u.pk
    FROM user u, json_each(u.doc, '$.attributes') a, json_each(a.value) v
    WHERE u.doc IS NOT NULL AND length(v.value) <= 255;

-- Entries of one type or client stand in the order of the chain: their rowid is its number.
CREATE INDEX event_type ON event (type);
CREATE INDEX event_client ON event (client_id) WHERE client_id IS NOT NULL;

-- Events whose time lies more than five minutes before that of an earlier one: the clock was put
-- back. While there are none, the place of a moment in the chain is found by the index of times.
CREATE TABLE event_step (
    seq INTEGER PRIMARY KEY
) STRICT;
INSERT INTO event_step (seq)
    SELECT seq FROM (SELECT seq, time_ms, max(time_ms) OVER (ORDER BY seq) AS latest_ms FROM event)
    WHERE time_ms < latest_ms - 300000;

PRAGMA user_version = 4;
