-- Every key begins with the branch platform whose link a row belongs to. Columns are 64-bit integers, text or blobs;
-- times are microseconds in an integer.

-- Journals: those appended here (home = 1) and copies of others' (home = 0).
CREATE TABLE journal (
    platform   TEXT    NOT NULL,
    number     INTEGER NOT NULL,
    id         TEXT    NOT NULL,
    home       INTEGER NOT NULL,
    size       INTEGER NOT NULL,
    root       BLOB    NOT NULL,
    recorded   INTEGER NOT NULL,
    generation BLOB    NOT NULL,
    epoch      BLOB    NOT NULL,
    serial     INTEGER NOT NULL,
    opened     INTEGER NOT NULL,
    stopped    TEXT,
    PRIMARY KEY (platform, number),
    UNIQUE (platform, id)
);

-- Segments as they came: entries first .. first + entries of a journal.
CREATE TABLE segment (
    platform TEXT    NOT NULL,
    journal  INTEGER NOT NULL,
    first    INTEGER NOT NULL,
    entries  INTEGER NOT NULL,
    stored   INTEGER NOT NULL,
    bytes    BLOB    NOT NULL,
    PRIMARY KEY (platform, journal, first)
);

-- Tiles of the journals' trees: up to 256 hashes of 32 bytes.
CREATE TABLE tile (
    platform TEXT    NOT NULL,
    journal  INTEGER NOT NULL,
    level    INTEGER NOT NULL,
    position INTEGER NOT NULL,
    hashes   BLOB    NOT NULL,
    PRIMARY KEY (platform, journal, level, position)
);

-- Signed checkpoints by size.
CREATE TABLE checkpoint (
    platform TEXT    NOT NULL,
    journal  INTEGER NOT NULL,
    size     INTEGER NOT NULL,
    note     TEXT    NOT NULL,
    PRIMARY KEY (platform, journal, size)
);

-- Index: dataset, record and revision -> journal, sequence, standing and digest, both packed (see store/record.rs).
CREATE TABLE record (
    platform TEXT NOT NULL,
    key      BLOB NOT NULL,
    place    BLOB NOT NULL,
    PRIMARY KEY (platform, key)
) WITHOUT ROWID;

-- Receipts: what became of entries first .. past of a journal.
CREATE TABLE receipt (
    platform    TEXT    NOT NULL,
    journal     INTEGER NOT NULL,
    first       INTEGER NOT NULL,
    past        INTEGER NOT NULL,
    root        BLOB    NOT NULL,
    standard    INTEGER NOT NULL,
    received    INTEGER NOT NULL,
    accepted    INTEGER NOT NULL,
    quarantined INTEGER NOT NULL,
    pending     INTEGER NOT NULL,
    PRIMARY KEY (platform, journal, first)
);

-- Entries that were not simply accepted, as their receipt names them.
CREATE TABLE exception (
    platform TEXT    NOT NULL,
    journal  INTEGER NOT NULL,
    sequence INTEGER NOT NULL,
    standing INTEGER NOT NULL,
    detail   BLOB    NOT NULL,
    PRIMARY KEY (platform, journal, sequence)
);

-- What decisions read of other records, until the hub has acknowledged the entry.
CREATE TABLE expectation (
    platform TEXT    NOT NULL,
    journal  INTEGER NOT NULL,
    sequence INTEGER NOT NULL,
    reads    BLOB    NOT NULL,
    PRIMARY KEY (platform, journal, sequence)
);

-- The branch's side of the Greet chain: epoch ids that it may hold (16 bytes each), its last grant, and how far the hub
-- has acknowledged.
CREATE TABLE greeting (
    platform     TEXT    NOT NULL,
    journal      INTEGER NOT NULL,
    holds        BLOB    NOT NULL,
    grant_note   TEXT    NOT NULL,
    acknowledged INTEGER NOT NULL,
    PRIMARY KEY (platform, journal)
);

-- How the link stands, for whoever looks from outside the process.
CREATE TABLE link (
    platform TEXT    NOT NULL,
    phase    TEXT    NOT NULL,
    since    INTEGER NOT NULL,
    heard    INTEGER NOT NULL,
    detail   TEXT    NOT NULL,
    skew     INTEGER NOT NULL,
    sent     INTEGER NOT NULL,
    received INTEGER NOT NULL,
    PRIMARY KEY (platform)
);

-- Segments of a history that is being adopted: the hub's (kind 0), and the branch's own tail (kind 1).
CREATE TABLE staged (
    platform TEXT    NOT NULL,
    journal  INTEGER NOT NULL,
    kind     INTEGER NOT NULL,
    first    INTEGER NOT NULL,
    entries  INTEGER NOT NULL,
    bytes    BLOB    NOT NULL,
    PRIMARY KEY (platform, journal, kind, first)
);
