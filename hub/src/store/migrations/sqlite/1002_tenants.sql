-- A platform that is hosted here: its branch lives in the hub. quota: records a second that it may submit, 0 = no limit.
ALTER TABLE platform ADD COLUMN hosted INTEGER NOT NULL DEFAULT 0;
ALTER TABLE platform ADD COLUMN quota  INTEGER NOT NULL DEFAULT 0;

-- The hub's heads of hosted journals: what was admitted of rows that are at home here. Entries, tiles and index are those of
-- the home; there is no second copy.
CREATE TABLE hosted (
    platform   TEXT    NOT NULL,
    journal    INTEGER NOT NULL,
    size       INTEGER NOT NULL,
    root       BLOB    NOT NULL,
    generation BLOB    NOT NULL,
    epoch      BLOB    NOT NULL,
    serial     INTEGER NOT NULL,
    opened     INTEGER NOT NULL,
    stopped    TEXT,
    PRIMARY KEY (platform, journal)
);
