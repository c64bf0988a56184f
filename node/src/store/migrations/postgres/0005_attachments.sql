-- Files that entries name: how many of their pieces are here, from the first on, and whether they are whole.
CREATE TABLE attachment (
    platform   TEXT COLLATE "C" NOT NULL,
    digest     BYTEA            NOT NULL,
    bytes      BIGINT           NOT NULL,
    media_type TEXT             NOT NULL,
    held       BIGINT           NOT NULL,
    whole      BIGINT           NOT NULL,
    stored     BIGINT           NOT NULL,
    PRIMARY KEY (platform, digest)
);

-- Their pieces.
CREATE TABLE piece (
    platform TEXT COLLATE "C" NOT NULL,
    digest   BYTEA            NOT NULL,
    number   BIGINT           NOT NULL,
    bytes    BYTEA            NOT NULL,
    PRIMARY KEY (platform, digest, number)
);

-- Which files are named, and by which entry last: by the platform's own entries (way 0, up) or by entries that it was given
-- (way 1, down). holder: the platform in whose rows the hub has the file. state: see store/attachment/due.rs.
CREATE TABLE attachment_due (
    platform   TEXT COLLATE "C" NOT NULL,
    way        BIGINT           NOT NULL,
    digest     BYTEA            NOT NULL,
    bytes      BIGINT           NOT NULL,
    media_type TEXT             NOT NULL,
    holder     TEXT             NOT NULL,
    dataset    TEXT             NOT NULL,
    record     TEXT             NOT NULL,
    revision   BIGINT           NOT NULL,
    state      BIGINT           NOT NULL,
    why        TEXT             NOT NULL,
    PRIMARY KEY (platform, way, digest)
);
CREATE INDEX attachment_due_state ON attachment_due (platform, way, state, digest);

-- Files are mostly compressed already: the server shall not try again.
ALTER TABLE piece ALTER COLUMN bytes SET STORAGE EXTERNAL;

-- The second lock, as for the other tables.
DO $$
DECLARE name TEXT;
BEGIN
    FOREACH name IN ARRAY ARRAY['attachment', 'piece', 'attachment_due'] LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
        EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', name);
        EXECUTE format('CREATE POLICY of_platform ON %I USING (platform = current_setting(''sanheyi.platform'', true))',
                       name);
        EXECUTE format('CREATE POLICY of_city ON %I FOR SELECT USING (current_setting(''sanheyi.view'', true) = ''city'')',
                       name);
    END LOOP;
END $$;
