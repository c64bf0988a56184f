-- Platforms of the federation: who may connect, and the key that signs their checkpoints.
CREATE TABLE platform (
    platform TEXT    NOT NULL,
    title_zh TEXT    NOT NULL,
    title_en TEXT    NOT NULL,
    key      BLOB    NOT NULL,
    added    INTEGER NOT NULL,
    PRIMARY KEY (platform)
);

-- The gate: how far each journal has been judged.
CREATE TABLE gate (
    platform TEXT    NOT NULL,
    journal  INTEGER NOT NULL,
    judged   INTEGER NOT NULL,
    PRIMARY KEY (platform, journal)
);

-- What this store is: its generation, by the hub's own platform.
CREATE TABLE setting (
    platform TEXT NOT NULL,
    name     TEXT NOT NULL,
    value    BLOB NOT NULL,
    PRIMARY KEY (platform, name)
);
