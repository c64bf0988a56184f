-- Who looked at all platforms at once, when, what for and at what; by the hub's own platform. Rows are only added.
CREATE TABLE audit (
    platform TEXT COLLATE "C" NOT NULL,
    at       BIGINT           NOT NULL,
    id       BYTEA            NOT NULL,
    who      TEXT             NOT NULL,
    purpose  TEXT             NOT NULL,
    view     TEXT             NOT NULL,
    PRIMARY KEY (platform, at, id)
);

-- The second lock, as for the tables of branches.
ALTER TABLE audit ENABLE ROW LEVEL SECURITY;
ALTER TABLE audit FORCE ROW LEVEL SECURITY;
CREATE POLICY of_platform ON audit USING (platform = current_setting('sanheyi.platform', true));
CREATE POLICY of_city ON audit FOR SELECT USING (current_setting('sanheyi.view', true) = 'city');
