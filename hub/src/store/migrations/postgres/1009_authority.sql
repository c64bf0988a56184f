-- The hub's certificate authorities (根证书), in the hub's own rows. key: SHA-256 of the public key; certificate: PEM; state: next (trusted, does
-- not sign yet), signing, former (signs no more, still trusted), ended (trusted no more); made: when it came to be; since: in this state.
CREATE TABLE authority (
    platform    TEXT COLLATE "C" NOT NULL,
    key         BYTEA            NOT NULL,
    certificate TEXT             NOT NULL,
    state       TEXT             NOT NULL,
    made        BIGINT           NOT NULL,
    since       BIGINT           NOT NULL,
    PRIMARY KEY (platform, key)
);

-- Certificates that have come with a connection: SHA-256 of their public key, and when they were last seen, to some minutes.
CREATE TABLE certificate_use (
    platform TEXT COLLATE "C" NOT NULL,
    serial   TEXT COLLATE "C" NOT NULL,
    key      BYTEA            NOT NULL,
    seen     BIGINT           NOT NULL,
    PRIMARY KEY (platform, serial)
);

-- Which authorities a platform has said that it trusts: SHA-256 of its file of authorities, and when it said so.
CREATE TABLE trusted (
    platform TEXT COLLATE "C" NOT NULL,
    digest   BYTEA            NOT NULL,
    at       BIGINT           NOT NULL,
    PRIMARY KEY (platform)
);

-- The second lock, as for the tables of branches.
DO $$
DECLARE name TEXT;
BEGIN
    FOREACH name IN ARRAY ARRAY['authority', 'certificate_use', 'trusted'] LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
        EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', name);
        EXECUTE format('CREATE POLICY of_platform ON %I USING (platform = current_setting(''sanheyi.platform'', true))',
                       name);
        EXECUTE format('CREATE POLICY of_city ON %I FOR SELECT USING (current_setting(''sanheyi.view'', true) = ''city'')',
                       name);
    END LOOP;
END $$;
