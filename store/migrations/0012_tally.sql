-- How many people, clients and groups there are, so that nobody has to count them. Service accounts are
-- no people.
CREATE TABLE tally (
    kind TEXT PRIMARY KEY,
    count INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

INSERT INTO tally (kind, count)
    SELECT 'user', (SELECT count(*) FROM user)
        - (SELECT count(*) FROM user WHERE service_account_client_id IS NOT NULL);
INSERT INTO tally (kind, count) SELECT 'client', count(*) FROM client;
INSERT INTO tally (kind, count) SELECT 'group', count(*) FROM grp;

CREATE TRIGGER tally_user_insert AFTER INSERT ON user WHEN new.service_account_client_id IS NULL
BEGIN
    UPDATE tally SET count = count + 1 WHERE kind = 'user';
END;
CREATE TRIGGER tally_user_delete AFTER DELETE ON user WHEN old.service_account_client_id IS NULL
BEGIN
    UPDATE tally SET count = count - 1 WHERE kind = 'user';
END;
CREATE TRIGGER tally_user_update AFTER UPDATE OF service_account_client_id ON user
    WHEN (old.service_account_client_id IS NULL) <> (new.service_account_client_id IS NULL)
BEGIN
    UPDATE tally SET count = count + CASE WHEN new.service_account_client_id IS NULL THEN 1 ELSE -1 END
        WHERE kind = 'user';
END;
CREATE TRIGGER tally_client_insert AFTER INSERT ON client
BEGIN
    UPDATE tally SET count = count + 1 WHERE kind = 'client';
END;
CREATE TRIGGER tally_client_delete AFTER DELETE ON client
BEGIN
    UPDATE tally SET count = count - 1 WHERE kind = 'client';
END;
CREATE TRIGGER tally_group_insert AFTER INSERT ON grp
BEGIN
    UPDATE tally SET count = count + 1 WHERE kind = 'group';
END;
CREATE TRIGGER tally_group_delete AFTER DELETE ON grp
BEGIN
    UPDATE tally SET count = count - 1 WHERE kind = 'group';
END;

PRAGMA user_version = 12;
