-- Issuers whose tokens the realm trusts. Their settings stand in doc, as those of clients do.

CREATE TABLE issuer (
    pk INTEGER PRIMARY KEY AUTOINCREMENT,
    id ANY NOT NULL UNIQUE,
    issuer TEXT NOT NULL UNIQUE,
    doc TEXT NOT NULL
) STRICT;

PRAGMA user_version = 6;
