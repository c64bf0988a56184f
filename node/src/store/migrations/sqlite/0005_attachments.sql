-- Files that entries name: how many of their pieces are here, from the first on, and whether they are whole.
CREATE TABLE attachment (
    platform   TEXT    NOT NULL,
    digest     BLOB    NOT NULL,
    bytes      INTEGER NOT NULL,
    media_type TEXT    NOT NULL,
    held       INTEGER NOT NULL,
    whole      INTEGER NOT NULL,
    stored     INTEGER NOT NULL,
    PRIMARY KEY (platform, digest)
);

-- Their pieces.
CREATE TABLE piece (
    platform TEXT    NOT NULL,
    digest   BLOB    NOT NULL,
    number   INTEGER NOT NULL,
    bytes    BLOB    NOT NULL,
    PRIMARY KEY (platform, digest, number)
);

-- Which files are named, and by which entry last: by the platform's own entries (way 0, up) or by entries that it was given
-- (way 1, down). holder: the platform in whose rows the hub has the file. state: see store/attachment/due.rs.
CREATE TABLE attachment_due (
    platform   TEXT    NOT NULL,
    way        INTEGER NOT NULL,
    digest     BLOB    NOT NULL,
    bytes      INTEGER NOT NULL,
    media_type TEXT    NOT NULL,
    holder     TEXT    NOT NULL,
    dataset    TEXT    NOT NULL,
    record     TEXT    NOT NULL,
    revision   INTEGER NOT NULL,
    state      INTEGER NOT NULL,
    why        TEXT    NOT NULL,
    PRIMARY KEY (platform, way, digest)
);
CREATE INDEX attachment_due_state ON attachment_due (platform, way, state, digest);
