-- What user names are compared by besides themselves (WE-13, BR-09). Both are NULL where they are
-- the name itself. name_key: the canonical form of a name that was stored in another spelling before
-- there was one; several may share it. skeleton: what the name looks like (UTS #39).

ALTER TABLE user ADD COLUMN name_key TEXT;
ALTER TABLE user ADD COLUMN skeleton TEXT;
UPDATE user SET name_key = name_key(username), skeleton = name_skeleton(username)
    WHERE name_key(username) IS NOT NULL OR name_skeleton(username) IS NOT NULL;
CREATE INDEX user_name_key ON user (name_key) WHERE name_key IS NOT NULL;
CREATE INDEX user_skeleton ON user (skeleton) WHERE skeleton IS NOT NULL;

PRAGMA user_version = 2;
