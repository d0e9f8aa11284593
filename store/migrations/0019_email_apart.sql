-- E-mails that do not begin with their owner's user name. Whoever's does is found by the user name
-- already, by each beginning that is no longer than that: so a beginning that many share is answered from
-- the order of user names, and of e-mails only those are passed that say something else.

CREATE INDEX user_email_apart ON user (email, username, service_account_client_id)
    WHERE email IS NOT NULL AND substr(email, 1, length(username)) <> username;

PRAGMA user_version = 19;
