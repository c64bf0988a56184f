-- Who may sign in to the pages. password: argon2id as a PHC string. failures: since the last success; locked: until when signing in is
-- refused, 0 = it is not; disabled: since when, 0 = it is not; renew: 1 = a new password must be chosen first; last: last success, 0 = never.
CREATE TABLE operator (
    platform TEXT COLLATE "C" NOT NULL,
    name     TEXT COLLATE "C" NOT NULL,
    role     TEXT             NOT NULL,
    password TEXT             NOT NULL,
    failures BIGINT           NOT NULL,
    locked   BIGINT           NOT NULL,
    created  BIGINT           NOT NULL,
    disabled BIGINT           NOT NULL,
    renew    BIGINT           NOT NULL,
    last     BIGINT           NOT NULL,
    PRIMARY KEY (platform, name)
);

-- Sessions that are open. token: SHA-256 of what the cookie holds; form: what its forms carry; seen: last request; ends: at the latest.
CREATE TABLE session (
    platform TEXT COLLATE "C" NOT NULL,
    token    BYTEA            NOT NULL,
    operator TEXT             NOT NULL,
    form     TEXT             NOT NULL,
    created  BIGINT           NOT NULL,
    seen     BIGINT           NOT NULL,
    ends     BIGINT           NOT NULL,
    address  TEXT             NOT NULL,
    agent    TEXT             NOT NULL,
    PRIMARY KEY (platform, token)
);

-- Addresses that failed to sign in: how often since when.
CREATE TABLE attempt (
    platform TEXT COLLATE "C" NOT NULL,
    address  TEXT COLLATE "C" NOT NULL,
    failures BIGINT           NOT NULL,
    since    BIGINT           NOT NULL,
    PRIMARY KEY (platform, address)
);

-- Who changed what: rows are only added, until they go into the archive.
CREATE TABLE change (
    platform TEXT COLLATE "C" NOT NULL,
    at       BIGINT           NOT NULL,
    id       BYTEA            NOT NULL,
    who      TEXT             NOT NULL,
    role     TEXT             NOT NULL,
    what     TEXT             NOT NULL,
    subject  TEXT             NOT NULL,
    detail   TEXT             NOT NULL,
    outcome  TEXT             NOT NULL,
    PRIMARY KEY (platform, at, id)
);

-- The second lock, as for the tables of branches.
DO $$
DECLARE name TEXT;
BEGIN
    FOREACH name IN ARRAY ARRAY['operator', 'session', 'attempt', 'change'] LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
        EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', name);
        EXECUTE format('CREATE POLICY of_platform ON %I USING (platform = current_setting(''sanheyi.platform'', true))',
                       name);
        EXECUTE format('CREATE POLICY of_city ON %I FOR SELECT USING (current_setting(''sanheyi.view'', true) = ''city'')',
                       name);
    END LOOP;
END $$;
