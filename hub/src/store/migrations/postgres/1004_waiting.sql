-- Entries that are pending, and what each waits for (exchange-spec: gate::Wait). ready = 1: it has come, and the entry is to
-- be judged again.
CREATE TABLE waiting (
    platform TEXT COLLATE "C" NOT NULL,
    journal  BIGINT           NOT NULL,
    sequence BIGINT           NOT NULL,
    awaited  BYTEA            NOT NULL,
    ready    BIGINT           NOT NULL,
    PRIMARY KEY (platform, journal, sequence)
);
CREATE INDEX waiting_awaited ON waiting (platform, ready, awaited);

-- The second lock, as for the tables of branches.
ALTER TABLE waiting ENABLE ROW LEVEL SECURITY;
ALTER TABLE waiting FORCE ROW LEVEL SECURITY;
CREATE POLICY of_platform ON waiting USING (platform = current_setting('sanheyi.platform', true));
CREATE POLICY of_city ON waiting FOR SELECT USING (current_setting('sanheyi.view', true) = 'city');
