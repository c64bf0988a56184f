-- Upkeep: when each task ran last, and what it came to. The rows are those of whoever keeps the store.
CREATE TABLE upkeep (
    platform TEXT COLLATE "C" NOT NULL,
    task     TEXT COLLATE "C" NOT NULL,
    at       BIGINT           NOT NULL,
    outcome  TEXT             NOT NULL,
    rows     BIGINT           NOT NULL,
    bytes    BIGINT           NOT NULL,
    PRIMARY KEY (platform, task)
);

-- Files that nobody may need any more: the body that named them was erased, or no record ever did. Upkeep looks whether any other
-- entry names them, and takes them away.
CREATE TABLE unnamed (
    platform TEXT COLLATE "C" NOT NULL,
    digest   BYTEA            NOT NULL,
    PRIMARY KEY (platform, digest)
);

ALTER TABLE upkeep ENABLE ROW LEVEL SECURITY;
ALTER TABLE upkeep FORCE ROW LEVEL SECURITY;
CREATE POLICY of_platform ON upkeep USING (platform = current_setting('sanheyi.platform', true));
CREATE POLICY of_city ON upkeep FOR SELECT USING (current_setting('sanheyi.view', true) = 'city');
ALTER TABLE unnamed ENABLE ROW LEVEL SECURITY;
ALTER TABLE unnamed FORCE ROW LEVEL SECURITY;
CREATE POLICY of_platform ON unnamed USING (platform = current_setting('sanheyi.platform', true));
CREATE POLICY of_city ON unnamed FOR SELECT USING (current_setting('sanheyi.view', true) = 'city');
