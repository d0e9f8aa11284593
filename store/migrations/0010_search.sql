-- A page of a search costs what the page does: its indexes hold the user names that it is sorted by and
-- what tells people from service accounts, so that nobody's row is read but those of the page.

-- First and last name as they are searched for: folded, whatever the case and the composition.
ALTER TABLE user ADD COLUMN first_fold TEXT;
ALTER TABLE user ADD COLUMN last_fold TEXT;

DROP INDEX user_email;
DROP INDEX user_first_name;
DROP INDEX user_last_name;
UPDATE user SET first_fold = name_fold(first_name), last_fold = name_fold(last_name)
    WHERE first_name IS NOT NULL OR last_name IS NOT NULL;
CREATE INDEX user_email ON user (email, username, service_account_client_id)
    WHERE email IS NOT NULL;
CREATE INDEX user_first_fold ON user (first_fold, username, service_account_client_id)
    WHERE first_fold IS NOT NULL;
CREATE INDEX user_last_fold ON user (last_fold, username, service_account_client_id)
    WHERE last_fold IS NOT NULL;

PRAGMA user_version = 10;
