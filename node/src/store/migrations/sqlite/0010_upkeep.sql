-- Upkeep: when each task ran last, and what it came to. The rows are those of whoever keeps the store.
CREATE TABLE upkeep (
    platform TEXT    NOT NULL,
    task     TEXT    NOT NULL,
    at       INTEGER NOT NULL,
    outcome  TEXT    NOT NULL,
    rows     INTEGER NOT NULL,
    bytes    INTEGER NOT NULL,
    PRIMARY KEY (platform, task)
);

-- Files that nobody may need any more: the body that named them was erased, or no record ever did. Upkeep looks whether any other
-- entry names them, and takes them away.
CREATE TABLE unnamed (
    platform TEXT NOT NULL,
    digest   BLOB NOT NULL,
    PRIMARY KEY (platform, digest)
);
