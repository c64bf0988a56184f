-- Index of what others wrote and this platform was given: author, dataset, record and revision -> journal, sequence, digest,
-- both packed (see store/incoming.rs).
CREATE TABLE incoming (
    platform TEXT NOT NULL,
    key      BLOB NOT NULL,
    place    BLOB NOT NULL,
    PRIMARY KEY (platform, key)
) WITHOUT ROWID;
