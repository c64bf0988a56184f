-- Enrolments (入网): tokens, and what came in with them. Of the secret of a token only its SHA-256 is here. state: open, waiting (for a
-- person's approval), granted, rejected, withdrawn (a later token took its place). replaces = 1: what certificates the platform had
-- are revoked when this one is granted. used: when a machine first came with it, 0 = never; csr, request (SHA-256 of its DER),
-- verifying, epochs, software, address: what it brought; chain: what it was given.
CREATE TABLE enrolment (
    platform  TEXT    NOT NULL,
    token     BLOB    NOT NULL,
    secret    BLOB    NOT NULL,
    created   INTEGER NOT NULL,
    expires   INTEGER NOT NULL,
    title_zh  TEXT    NOT NULL,
    title_en  TEXT    NOT NULL,
    may_send  TEXT    NOT NULL,
    replaces  INTEGER NOT NULL,
    state     TEXT    NOT NULL,
    used      INTEGER NOT NULL,
    csr       TEXT    NOT NULL,
    request   BLOB    NOT NULL,
    verifying BLOB    NOT NULL,
    epochs    BLOB    NOT NULL,
    software  TEXT    NOT NULL,
    address   TEXT    NOT NULL,
    decided   INTEGER NOT NULL,
    chain     TEXT    NOT NULL,
    PRIMARY KEY (platform, token)
);

-- Every certificate that the hub's authorities have issued. serial: lower-case hex; authority: SHA-256 of the key that signed;
-- origin: init, add, enrol, renew; revoked: since when it no longer counts, 0 = it counts; reason: why.
CREATE TABLE certificate (
    platform  TEXT    NOT NULL,
    serial    TEXT    NOT NULL,
    issued    INTEGER NOT NULL,
    not_after INTEGER NOT NULL,
    authority BLOB    NOT NULL,
    origin    TEXT    NOT NULL,
    revoked   INTEGER NOT NULL,
    reason    TEXT    NOT NULL,
    PRIMARY KEY (platform, serial)
);

-- Keys that platforms signed with before a new machine enrolled, in the order in which they were given up (number, from 1). key
-- verifies the checkpoints of a lane of the platform up to size normal or urgent; beyond them the next one does, and beyond the last of them
-- the key in platform. Two that end at one size: the second signed nothing.
CREATE TABLE former_key (
    platform TEXT    NOT NULL,
    number   INTEGER NOT NULL,
    key      BLOB    NOT NULL,
    normal   INTEGER NOT NULL,
    urgent   INTEGER NOT NULL,
    PRIMARY KEY (platform, number)
);
