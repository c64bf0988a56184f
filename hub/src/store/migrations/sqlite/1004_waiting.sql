-- Entries that are pending, and what each waits for (exchange-spec: gate::Wait). ready = 1: it has come, and the entry is to
-- be judged again.
CREATE TABLE waiting (
    platform TEXT    NOT NULL,
    journal  INTEGER NOT NULL,
    sequence INTEGER NOT NULL,
    awaited  BLOB    NOT NULL,
    ready    INTEGER NOT NULL,
    PRIMARY KEY (platform, journal, sequence)
);
CREATE INDEX waiting_awaited ON waiting (platform, ready, awaited);
