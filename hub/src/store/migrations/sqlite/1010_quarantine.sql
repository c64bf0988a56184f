-- How often entries of a journal were judged again: whoever remembers something of before knows by it that it may be old.
ALTER TABLE gate ADD COLUMN again INTEGER NOT NULL DEFAULT 0;

-- Reviews of quarantined entries: who does what to how many, by which filter, and what has come of it so far.
-- act: 1 release (judged again), 2 return (a correction is asked for; note, days and due are of that).
CREATE TABLE review (
    platform TEXT    NOT NULL,
    id       BLOB    NOT NULL,
    at       INTEGER NOT NULL,
    who      TEXT    NOT NULL,
    act      INTEGER NOT NULL,
    filter   TEXT    NOT NULL,
    note     TEXT    NOT NULL,
    days     INTEGER NOT NULL,
    due      INTEGER NOT NULL,
    entries  INTEGER NOT NULL,
    accepted INTEGER NOT NULL,
    stays    INTEGER NOT NULL,
    pending  INTEGER NOT NULL,
    returned INTEGER NOT NULL,
    passed   INTEGER NOT NULL,
    PRIMARY KEY (platform, id)
);

-- Entries that a review has still to come to; the gate takes them away with what it writes about them.
CREATE TABLE review_entry (
    platform TEXT    NOT NULL,
    journal  INTEGER NOT NULL,
    sequence INTEGER NOT NULL,
    review   BLOB    NOT NULL,
    PRIMARY KEY (platform, journal, sequence)
);
