-- Entries whose correction the hub asked for (exchange-spec: returning): when, how many working days, the last instant of the
-- last of them, and the operator's note. What became of it is not written: it follows from the record's later revisions.
CREATE TABLE returned (
    platform TEXT COLLATE "C" NOT NULL,
    journal  BIGINT           NOT NULL,
    sequence BIGINT           NOT NULL,
    asked    BIGINT           NOT NULL,
    days     BIGINT           NOT NULL,
    due      BIGINT           NOT NULL,
    note     TEXT             NOT NULL,
    PRIMARY KEY (platform, journal, sequence)
);

-- Entries that were quarantined until a later verdict accepted them: when, and the verdict that it replaced.
CREATE TABLE released (
    platform TEXT COLLATE "C" NOT NULL,
    journal  BIGINT           NOT NULL,
    sequence BIGINT           NOT NULL,
    judged   BIGINT           NOT NULL,
    detail   BYTEA            NOT NULL,
    PRIMARY KEY (platform, journal, sequence)
);

-- The quarantine is looked through by standing.
CREATE INDEX exception_standing ON exception (platform, journal, standing, sequence);

ALTER TABLE returned ENABLE ROW LEVEL SECURITY;
ALTER TABLE returned FORCE ROW LEVEL SECURITY;
CREATE POLICY of_platform ON returned USING (platform = current_setting('sanheyi.platform', true));
CREATE POLICY of_city ON returned FOR SELECT USING (current_setting('sanheyi.view', true) = 'city');
ALTER TABLE released ENABLE ROW LEVEL SECURITY;
ALTER TABLE released FORCE ROW LEVEL SECURITY;
CREATE POLICY of_platform ON released USING (platform = current_setting('sanheyi.platform', true));
CREATE POLICY of_city ON released FOR SELECT USING (current_setting('sanheyi.view', true) = 'city');
