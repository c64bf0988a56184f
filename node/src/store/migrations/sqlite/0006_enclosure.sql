-- Entries of other platforms that this one was shown, each with its author's own proof (exchange-spec: forward). The key is that of
-- `incoming`. erased: 0 the body is there, 1 it was gone when it was served, 2 its author has erased it.
CREATE TABLE enclosure (
    platform  TEXT    NOT NULL,
    key       BLOB    NOT NULL,
    journal   TEXT    NOT NULL,
    sequence  INTEGER NOT NULL,
    standing  INTEGER NOT NULL,
    header    BLOB    NOT NULL,
    salt      BLOB    NOT NULL,
    body      BLOB    NOT NULL,
    erased    INTEGER NOT NULL,
    note      TEXT    NOT NULL,
    inclusion BLOB    NOT NULL,
    PRIMARY KEY (platform, key)
);
