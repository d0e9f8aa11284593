-- People by attribute, in the order of their user names: a page of a search is read from the index as it
-- stands, whatever else has the value. Service accounts are no people and are not in it.

DROP TRIGGER user_attribute_insert;
DROP TRIGGER user_attribute_update;
DROP TRIGGER user_attribute_delete;

CREATE TABLE attribute_in_order (
    name TEXT NOT NULL,
    value TEXT NOT NULL,
    username TEXT NOT NULL,
    user_pk INTEGER NOT NULL,
    PRIMARY KEY (name, value, username)
) STRICT, WITHOUT ROWID;
INSERT INTO attribute_in_order (name, value, username, user_pk)
    SELECT a.name, a.value, u.username, a.user_pk
    FROM user_attribute a CROSS JOIN user u ON u.pk = a.user_pk
    WHERE u.service_account_client_id IS NULL;
DROP TABLE user_attribute;
ALTER TABLE attribute_in_order RENAME TO user_attribute;

CREATE TRIGGER user_attribute_insert AFTER INSERT ON user
WHEN new.doc IS NOT NULL AND new.service_account_client_id IS NULL
BEGIN
    INSERT OR IGNORE INTO user_attribute (name, value, username, user_pk)
        SELECT a.key, v.value, new.username, new.pk
        FROM json_each(new.doc, '$.attributes') a, json_each(a.value) v
        WHERE length(v.value) <= 255;
END;

CREATE TRIGGER user_attribute_update AFTER UPDATE OF doc, username, service_account_client_id ON user
WHEN new.doc IS NOT old.doc OR new.username <> old.username
    OR (new.service_account_client_id IS NULL) <> (old.service_account_client_id IS NULL)
BEGIN
    DELETE FROM user_attribute WHERE (name, value, username) IN (
        SELECT a.key, v.value, old.username
        FROM json_each(old.doc, '$.attributes') a, json_each(a.value) v);
    INSERT OR IGNORE INTO user_attribute (name, value, username, user_pk)
        SELECT a.key, v.value, new.username, new.pk
        FROM json_each(new.doc, '$.attributes') a, json_each(a.value) v
        WHERE length(v.value) <= 255 AND new.service_account_client_id IS NULL;
END;

CREATE TRIGGER user_attribute_delete AFTER DELETE ON user WHEN old.doc IS NOT NULL
BEGIN
    DELETE FROM user_attribute WHERE (name, value, username) IN (
        SELECT a.key, v.value, old.username
        FROM json_each(old.doc, '$.attributes') a, json_each(a.value) v);
END;

PRAGMA user_version = 18;
