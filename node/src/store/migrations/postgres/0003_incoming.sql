-- Index of what others wrote and this platform was given: author, dataset, record and revision -> journal, sequence, digest,
-- both packed (see store/incoming.rs).
CREATE TABLE incoming (
    platform TEXT COLLATE "C" NOT NULL,
    key      BYTEA            NOT NULL,
    place    BYTEA            NOT NULL,
    PRIMARY KEY (platform, key)
);

-- The second lock, as for the tables of branches.
ALTER TABLE incoming ENABLE ROW LEVEL SECURITY;
ALTER TABLE incoming FORCE ROW LEVEL SECURITY;
CREATE POLICY of_platform ON incoming USING (platform = current_setting('sanheyi.platform', true));
CREATE POLICY of_city ON incoming FOR SELECT USING (current_setting('sanheyi.view', true) = 'city');
