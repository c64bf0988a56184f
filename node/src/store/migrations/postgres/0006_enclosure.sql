-- Entries of other platforms that this one was shown, each with its author's own proof (exchange-spec: forward). The key is that of
-- `incoming`. erased: 0 the body is there, 1 it was gone when it was served, 2 its author has erased it.
CREATE TABLE enclosure (
    platform  TEXT COLLATE "C" NOT NULL,
    key       BYTEA            NOT NULL,
    journal   TEXT             NOT NULL,
    sequence  BIGINT           NOT NULL,
    standing  BIGINT           NOT NULL,
    header    BYTEA            NOT NULL,
    salt      BYTEA            NOT NULL,
    body      BYTEA            NOT NULL,
    erased    BIGINT           NOT NULL,
    note      TEXT             NOT NULL,
    inclusion BYTEA            NOT NULL,
    PRIMARY KEY (platform, key)
);

ALTER TABLE enclosure ENABLE ROW LEVEL SECURITY;
ALTER TABLE enclosure FORCE ROW LEVEL SECURITY;
CREATE POLICY of_platform ON enclosure USING (platform = current_setting('sanheyi.platform', true));
CREATE POLICY of_city ON enclosure FOR SELECT USING (current_setting('sanheyi.view', true) = 'city');
