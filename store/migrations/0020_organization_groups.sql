-- Groups that belong to one organization: the same trees as those of the realm, beside them. A group of an
-- organization that is off, or of a realm whose organizations are off, lies dormant: it gives no roles.

ALTER TABLE grp ADD COLUMN organization_id ANY; -- id of the record; NULL: a group of the realm
ALTER TABLE grp ADD COLUMN dormant INTEGER NOT NULL DEFAULT 0; -- 1: the organization is off; 2: all are

DROP INDEX grp_top;
CREATE UNIQUE INDEX grp_top ON grp (name) WHERE parent_pk IS NULL AND organization_id IS NULL;
CREATE UNIQUE INDEX grp_organization_top ON grp (organization_id, name)
    WHERE parent_pk IS NULL AND organization_id IS NOT NULL;
CREATE INDEX grp_organization ON grp (organization_id) WHERE organization_id IS NOT NULL;

PRAGMA user_version = 20;
