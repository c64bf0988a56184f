-- Custody as the gate has judged it: what each platform is to its records of which something was offered or handed over.
-- ours = 1: it is custodian; other: from whom it came, or who has it now; base, digest: what was taken over (0 and empty =
-- nothing); offer: the open one.
CREATE TABLE custody (
    platform       TEXT    NOT NULL,
    dataset        TEXT    NOT NULL,
    record         TEXT    NOT NULL,
    epoch          INTEGER NOT NULL,
    ours           INTEGER NOT NULL,
    other          TEXT    NOT NULL,
    base           INTEGER NOT NULL,
    digest         BLOB    NOT NULL,
    offer          TEXT    NOT NULL,
    offer_revision INTEGER NOT NULL,
    PRIMARY KEY (platform, dataset, record)
);

-- Offers: what is offered to whom, and what became of it. outcome: 0 not judged yet, 1 open, 2 accepted, 3 refused, 4 withdrawn.
-- answered: the revision of this platform's own last answer, 0 = none.
CREATE TABLE custody_offer (
    platform  TEXT    NOT NULL,
    offerer   TEXT    NOT NULL,
    no        TEXT    NOT NULL,
    revision  INTEGER NOT NULL,
    dataset   TEXT    NOT NULL,
    record    TEXT    NOT NULL,
    frozen    INTEGER NOT NULL,
    digest    BLOB    NOT NULL,
    recipient TEXT    NOT NULL,
    epoch     INTEGER NOT NULL,
    expires   INTEGER NOT NULL,
    reason    TEXT    NOT NULL,
    outcome   INTEGER NOT NULL,
    answered  INTEGER NOT NULL,
    at        INTEGER NOT NULL,
    PRIMARY KEY (platform, offerer, no, revision)
);
