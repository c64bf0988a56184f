-- Who looked at all platforms at once, when, what for and at what; by the hub's own platform. Rows are only added.
CREATE TABLE audit (
    platform TEXT    NOT NULL,
    at       INTEGER NOT NULL,
    id       BLOB    NOT NULL,
    who      TEXT    NOT NULL,
    purpose  TEXT    NOT NULL,
    view     TEXT    NOT NULL,
    PRIMARY KEY (platform, at, id)
);
