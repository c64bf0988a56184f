-- How far the readers of the hub's journals were when they last asked. It is the acknowledgement of what the hub writes.
CREATE TABLE reader (
    platform TEXT COLLATE "C" NOT NULL,
    journal  TEXT COLLATE "C" NOT NULL,
    size     BIGINT           NOT NULL,
    at       BIGINT           NOT NULL,
    PRIMARY KEY (platform, journal)
);

-- The second lock, as for the tables of branches.
ALTER TABLE reader ENABLE ROW LEVEL SECURITY;
ALTER TABLE reader FORCE ROW LEVEL SECURITY;
CREATE POLICY of_platform ON reader USING (platform = current_setting('sanheyi.platform', true));
CREATE POLICY of_city ON reader FOR SELECT USING (current_setting('sanheyi.view', true) = 'city');
