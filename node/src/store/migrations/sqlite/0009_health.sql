-- Who runs on this store: a row for each process, noted every few seconds. A process that is silent says so by an old `at`.
CREATE TABLE pulse (
    platform TEXT    NOT NULL,
    instance TEXT    NOT NULL,
    started  INTEGER NOT NULL,
    at       INTEGER NOT NULL,
    version  TEXT    NOT NULL,
    ready    INTEGER NOT NULL,
    PRIMARY KEY (platform, instance)
);

-- What is wrong now, as each process has found it last: so `since` outlives a restart, and commands and pages beside the process
-- see what it sees. severity: notice, warning, critical.
CREATE TABLE alert (
    platform  TEXT    NOT NULL,
    instance  TEXT    NOT NULL,
    name      TEXT    NOT NULL,
    subject   TEXT    NOT NULL,
    severity  TEXT    NOT NULL,
    since     INTEGER NOT NULL,
    what_zh   TEXT    NOT NULL,
    what_en   TEXT    NOT NULL,
    remedy_zh TEXT    NOT NULL,
    remedy_en TEXT    NOT NULL,
    PRIMARY KEY (platform, instance, name, subject)
);

-- The other ends of the lines: whether they are connected, since when, when they were last heard, and their last heartbeat
-- (beat_at = 0: none came yet). A hub has a row for each platform and instance that it was connected to; a branch one for its hub.
CREATE TABLE heard (
    platform          TEXT    NOT NULL,
    peer              TEXT    NOT NULL,
    instance          TEXT    NOT NULL,
    connected         INTEGER NOT NULL,
    since             INTEGER NOT NULL,
    heard             INTEGER NOT NULL,
    address           TEXT    NOT NULL,
    serial            TEXT    NOT NULL,
    beat_at           INTEGER NOT NULL,
    beat_came         INTEGER NOT NULL,
    beat_every        INTEGER NOT NULL,
    beat_size         INTEGER NOT NULL,
    beat_acknowledged INTEGER NOT NULL,
    beat_free         INTEGER NOT NULL,
    beat_findings     INTEGER NOT NULL,
    beat_version      TEXT    NOT NULL,
    beat_hours        INTEGER NOT NULL,
    PRIMARY KEY (platform, peer, instance)
);
