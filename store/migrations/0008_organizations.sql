-- Which people belong to which organization. The organizations themselves are records.
CREATE TABLE organization_member (
    organization_id ANY NOT NULL, -- id of the record
    user_pk INTEGER NOT NULL REFERENCES user (pk) ON DELETE CASCADE,
    PRIMARY KEY (organization_id, user_pk)
) STRICT, WITHOUT ROWID;
CREATE INDEX organization_member_user ON organization_member (user_pk);

PRAGMA user_version = 8;
