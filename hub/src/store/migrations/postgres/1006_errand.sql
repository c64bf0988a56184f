-- Entries that are to be shown to other platforms: a row for each entry and reader, written with the verdict. done = when the
-- courier put it into the reader's mailbox (microseconds), 0 while it is due; so this is also who was shown what.
CREATE TABLE errand (
    platform TEXT COLLATE "C" NOT NULL,
    journal  BIGINT           NOT NULL,
    sequence BIGINT           NOT NULL,
    reader   TEXT COLLATE "C" NOT NULL,
    done     BIGINT           NOT NULL,
    PRIMARY KEY (platform, journal, sequence, reader)
);
CREATE INDEX errand_done ON errand (platform, done);

-- Records that a reader was asked to help with, and by which request: while that stands, every later revision is shown to the
-- reader. The key is dataset 0x00 record.
CREATE TABLE sight (
    platform TEXT COLLATE "C" NOT NULL,
    key      BYTEA            NOT NULL,
    reader   TEXT COLLATE "C" NOT NULL,
    request  TEXT COLLATE "C" NOT NULL,
    since    BIGINT           NOT NULL,
    PRIMARY KEY (platform, key, reader, request)
);
CREATE INDEX sight_request ON sight (platform, request);

-- The second lock, as for the tables of branches.
ALTER TABLE errand ENABLE ROW LEVEL SECURITY;
ALTER TABLE errand FORCE ROW LEVEL SECURITY;
CREATE POLICY of_platform ON errand USING (platform = current_setting('sanheyi.platform', true));
CREATE POLICY of_city ON errand FOR SELECT USING (current_setting('sanheyi.view', true) = 'city');
ALTER TABLE sight ENABLE ROW LEVEL SECURITY;
ALTER TABLE sight FORCE ROW LEVEL SECURITY;
CREATE POLICY of_platform ON sight USING (platform = current_setting('sanheyi.platform', true));
CREATE POLICY of_city ON sight FOR SELECT USING (current_setting('sanheyi.view', true) = 'city');
