-- Entries that are to be shown to other platforms: a row for each entry and reader, written with the verdict. done = when the
-- courier put it into the reader's mailbox (microseconds), 0 while it is due; so this is also who was shown what.
CREATE TABLE errand (
    platform TEXT    NOT NULL,
    journal  INTEGER NOT NULL,
    sequence INTEGER NOT NULL,
    reader   TEXT    NOT NULL,
    done     INTEGER NOT NULL,
    PRIMARY KEY (platform, journal, sequence, reader)
);
CREATE INDEX errand_done ON errand (platform, done);

-- Records that a reader was asked to help with, and by which request: while that stands, every later revision is shown to the
-- reader. The key is dataset 0x00 record.
CREATE TABLE sight (
    platform TEXT    NOT NULL,
    key      BLOB    NOT NULL,
    reader   TEXT    NOT NULL,
    request  TEXT    NOT NULL,
    since    INTEGER NOT NULL,
    PRIMARY KEY (platform, key, reader, request)
);
CREATE INDEX sight_request ON sight (platform, request);
