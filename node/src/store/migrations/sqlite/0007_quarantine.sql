-- Entries whose correction the hub asked for (exchange-spec: returning): when, how many working days, the last instant of the
-- last of them, and the operator's note. What became of it is not written: it follows from the record's later revisions.
CREATE TABLE returned (
    platform TEXT    NOT NULL,
    journal  INTEGER NOT NULL,
    sequence INTEGER NOT NULL,
    asked    INTEGER NOT NULL,
    days     INTEGER NOT NULL,
    due      INTEGER NOT NULL,
    note     TEXT    NOT NULL,
    PRIMARY KEY (platform, journal, sequence)
);

-- Entries that were quarantined until a later verdict accepted them: when, and the verdict that it replaced.
CREATE TABLE released (
    platform TEXT    NOT NULL,
    journal  INTEGER NOT NULL,
    sequence INTEGER NOT NULL,
    judged   INTEGER NOT NULL,
    detail   BLOB    NOT NULL,
    PRIMARY KEY (platform, journal, sequence)
);

-- The quarantine is looked through by standing.
CREATE INDEX exception_standing ON exception (platform, journal, standing, sequence);
