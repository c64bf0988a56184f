-- How far the readers of the hub's journals were when they last asked. It is the acknowledgement of what the hub writes.
CREATE TABLE reader (
    platform TEXT    NOT NULL,
    journal  TEXT    NOT NULL,
    size     INTEGER NOT NULL,
    at       INTEGER NOT NULL,
    PRIMARY KEY (platform, journal)
);
