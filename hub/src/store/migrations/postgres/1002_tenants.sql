-- A platform that is hosted here: its branch lives in the hub. quota: records a second that it may submit, 0 = no limit.
ALTER TABLE platform ADD COLUMN hosted BIGINT NOT NULL DEFAULT 0;
ALTER TABLE platform ADD COLUMN quota  BIGINT NOT NULL DEFAULT 0;

-- The hub's heads of hosted journals: what was admitted of rows that are at home here. Entries, tiles and index are those of
-- the home; there is no second copy.
CREATE TABLE hosted (
    platform   TEXT COLLATE "C" NOT NULL,
    journal    BIGINT           NOT NULL,
    size       BIGINT           NOT NULL,
    root       BYTEA            NOT NULL,
    generation BYTEA            NOT NULL,
    epoch      BYTEA            NOT NULL,
    serial     BIGINT           NOT NULL,
    opened     BIGINT           NOT NULL,
    stopped    TEXT,
    PRIMARY KEY (platform, journal)
);

-- The second lock, as for the tables of branches.
ALTER TABLE hosted ENABLE ROW LEVEL SECURITY;
ALTER TABLE hosted FORCE ROW LEVEL SECURITY;
CREATE POLICY of_platform ON hosted USING (platform = current_setting('sanheyi.platform', true));
CREATE POLICY of_city ON hosted FOR SELECT USING (current_setting('sanheyi.view', true) = 'city');
