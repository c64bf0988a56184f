-- Who may sign in to the pages. password: argon2id as a PHC string. failures: since the last success; locked: until when signing in is
-- refused, 0 = it is not; disabled: since when, 0 = it is not; renew: 1 = a new password must be chosen first; last: last success, 0 = never.
CREATE TABLE operator (
    platform TEXT    NOT NULL,
    name     TEXT    NOT NULL,
    role     TEXT    NOT NULL,
    password TEXT    NOT NULL,
    failures INTEGER NOT NULL,
    locked   INTEGER NOT NULL,
    created  INTEGER NOT NULL,
    disabled INTEGER NOT NULL,
    renew    INTEGER NOT NULL,
    last     INTEGER NOT NULL,
    PRIMARY KEY (platform, name)
);

-- Sessions that are open. token: SHA-256 of what the cookie holds; form: what its forms carry; seen: last request; ends: at the latest.
CREATE TABLE session (
    platform TEXT    NOT NULL,
    token    BLOB    NOT NULL,
    operator TEXT    NOT NULL,
    form     TEXT    NOT NULL,
    created  INTEGER NOT NULL,
    seen     INTEGER NOT NULL,
    ends     INTEGER NOT NULL,
    address  TEXT    NOT NULL,
    agent    TEXT    NOT NULL,
    PRIMARY KEY (platform, token)
);

-- Addresses that failed to sign in: how often since when.
CREATE TABLE attempt (
    platform TEXT    NOT NULL,
    address  TEXT    NOT NULL,
    failures INTEGER NOT NULL,
    since    INTEGER NOT NULL,
    PRIMARY KEY (platform, address)
);

-- Who changed what: rows are only added, until they go into the archive.
CREATE TABLE change (
    platform TEXT    NOT NULL,
    at       INTEGER NOT NULL,
    id       BLOB    NOT NULL,
    who      TEXT    NOT NULL,
    role     TEXT    NOT NULL,
    what     TEXT    NOT NULL,
    subject  TEXT    NOT NULL,
    detail   TEXT    NOT NULL,
    outcome  TEXT    NOT NULL,
    PRIMARY KEY (platform, at, id)
);
