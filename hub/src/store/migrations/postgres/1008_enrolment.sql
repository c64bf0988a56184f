-- Enrolments (入网): tokens, and what came in with them. Of the secret of a token only its SHA-256 is here. state: open, waiting (for a
-- person's approval), granted, rejected, withdrawn (a later token took its place). replaces = 1: what certificates the platform had
-- are revoked when this one is granted. used: when a machine first came with it, 0 = never; csr, request (SHA-256 of its DER),
-- verifying, epochs, software, address: what it brought; chain: what it was given.
CREATE TABLE enrolment (
    platform  TEXT COLLATE "C" NOT NULL,
    token     BYTEA            NOT NULL,
    secret    BYTEA            NOT NULL,
    created   BIGINT           NOT NULL,
    expires   BIGINT           NOT NULL,
    title_zh  TEXT             NOT NULL,
    title_en  TEXT             NOT NULL,
    may_send  TEXT             NOT NULL,
    replaces  BIGINT           NOT NULL,
    state     TEXT             NOT NULL,
    used      BIGINT           NOT NULL,
    csr       TEXT             NOT NULL,
    request   BYTEA            NOT NULL,
    verifying BYTEA            NOT NULL,
    epochs    BYTEA            NOT NULL,
    software  TEXT             NOT NULL,
    address   TEXT             NOT NULL,
    decided   BIGINT           NOT NULL,
    chain     TEXT             NOT NULL,
    PRIMARY KEY (platform, token)
);

-- Every certificate that the hub's authorities have issued. serial: lower-case hex; authority: SHA-256 of the key that signed;
-- origin: init, add, enrol, renew; revoked: since when it no longer counts, 0 = it counts; reason: why.
CREATE TABLE certificate (
    platform  TEXT COLLATE "C" NOT NULL,
    serial    TEXT COLLATE "C" NOT NULL,
    issued    BIGINT           NOT NULL,
    not_after BIGINT           NOT NULL,
    authority BYTEA            NOT NULL,
    origin    TEXT             NOT NULL,
    revoked   BIGINT           NOT NULL,
    reason    TEXT             NOT NULL,
    PRIMARY KEY (platform, serial)
);

-- Keys that platforms signed with before a new machine enrolled, in the order in which they were given up (number, from 1). key
-- verifies the checkpoints of a lane of the platform up to size normal or urgent; beyond them the next one does, and beyond the last of them
-- the key in platform. Two that end at one size: the second signed nothing.
CREATE TABLE former_key (
    platform TEXT COLLATE "C" NOT NULL,
    number   BIGINT           NOT NULL,
    key      BYTEA            NOT NULL,
    normal   BIGINT           NOT NULL,
    urgent   BIGINT           NOT NULL,
    PRIMARY KEY (platform, number)
);

-- The second lock, as for the tables of branches.
DO $$
DECLARE name TEXT;
BEGIN
    FOREACH name IN ARRAY ARRAY['enrolment', 'certificate', 'former_key'] LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
        EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', name);
        EXECUTE format('CREATE POLICY of_platform ON %I USING (platform = current_setting(''sanheyi.platform'', true))',
                       name);
        EXECUTE format('CREATE POLICY of_city ON %I FOR SELECT USING (current_setting(''sanheyi.view'', true) = ''city'')',
                       name);
    END LOOP;
END $$;
