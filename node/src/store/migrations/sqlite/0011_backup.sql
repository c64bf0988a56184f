-- Backups that were made or tried: when, into which file, of how many bytes, with how many entries, in how many seconds. outcome: empty
-- where the backup is good, else why it failed. verified: when somebody last opened the file and held it against its manifest; 0 = never.
CREATE TABLE backup (
    platform TEXT    NOT NULL,
    at       INTEGER NOT NULL,
    file     TEXT    NOT NULL,
    bytes    INTEGER NOT NULL,
    entries  INTEGER NOT NULL,
    seconds  INTEGER NOT NULL,
    outcome  TEXT    NOT NULL,
    verified INTEGER NOT NULL,
    PRIMARY KEY (platform, at)
);
