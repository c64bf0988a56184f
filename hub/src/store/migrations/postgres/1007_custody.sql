-- Custody as the gate has judged it: what each platform is to its records of which something was offered or handed over.
-- ours = 1: it is custodian; other: from whom it came, or who has it now; base, digest: what was taken over (0 and empty =
-- nothing); offer: the open one.
CREATE TABLE custody (
    platform       TEXT COLLATE "C" NOT NULL,
    dataset        TEXT COLLATE "C" NOT NULL,
    record         TEXT COLLATE "C" NOT NULL,
    epoch          BIGINT           NOT NULL,
    ours           BIGINT           NOT NULL,
    other          TEXT             NOT NULL,
    base           BIGINT           NOT NULL,
    digest         BYTEA            NOT NULL,
    offer          TEXT             NOT NULL,
    offer_revision BIGINT           NOT NULL,
    PRIMARY KEY (platform, dataset, record)
);

-- Offers: what is offered to whom, and what became of it. outcome: 0 not judged yet, 1 open, 2 accepted, 3 refused, 4 withdrawn.
-- answered: the revision of this platform's own last answer, 0 = none.
CREATE TABLE custody_offer (
    platform  TEXT COLLATE "C" NOT NULL,
    offerer   TEXT COLLATE "C" NOT NULL,
    no        TEXT COLLATE "C" NOT NULL,
    revision  BIGINT           NOT NULL,
    dataset   TEXT             NOT NULL,
    record    TEXT             NOT NULL,
    frozen    BIGINT           NOT NULL,
    digest    BYTEA            NOT NULL,
    recipient TEXT             NOT NULL,
    epoch     BIGINT           NOT NULL,
    expires   BIGINT           NOT NULL,
    reason    TEXT             NOT NULL,
    outcome   BIGINT           NOT NULL,
    answered  BIGINT           NOT NULL,
    at        BIGINT           NOT NULL,
    PRIMARY KEY (platform, offerer, no, revision)
);

-- The second lock, as for the tables of branches.
ALTER TABLE custody ENABLE ROW LEVEL SECURITY;
ALTER TABLE custody FORCE ROW LEVEL SECURITY;
CREATE POLICY of_platform ON custody USING (platform = current_setting('sanheyi.platform', true));
CREATE POLICY of_city ON custody FOR SELECT USING (current_setting('sanheyi.view', true) = 'city');
ALTER TABLE custody_offer ENABLE ROW LEVEL SECURITY;
ALTER TABLE custody_offer FORCE ROW LEVEL SECURITY;
CREATE POLICY of_platform ON custody_offer USING (platform = current_setting('sanheyi.platform', true));
CREATE POLICY of_city ON custody_offer FOR SELECT USING (current_setting('sanheyi.view', true) = 'city');
