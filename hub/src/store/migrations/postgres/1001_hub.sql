-- Platforms of the federation: who may connect, and the key that signs their checkpoints.
CREATE TABLE platform (
    platform TEXT COLLATE "C" NOT NULL,
    title_zh TEXT             NOT NULL,
    title_en TEXT             NOT NULL,
    key      BYTEA            NOT NULL,
    added    BIGINT           NOT NULL,
    PRIMARY KEY (platform)
);

-- The gate: how far each journal has been judged.
CREATE TABLE gate (
    platform TEXT COLLATE "C" NOT NULL,
    journal  BIGINT           NOT NULL,
    judged   BIGINT           NOT NULL,
    PRIMARY KEY (platform, journal)
);

-- What this store is: its generation, by the hub's own platform.
CREATE TABLE setting (
    platform TEXT COLLATE "C" NOT NULL,
    name     TEXT COLLATE "C" NOT NULL,
    value    BYTEA            NOT NULL,
    PRIMARY KEY (platform, name)
);

-- The second lock, as for the tables of branches. The directory of platforms is read by everybody; a row of it is
-- changed only on its platform's behalf.
DO $$
DECLARE name TEXT;
BEGIN
    FOREACH name IN ARRAY ARRAY['platform', 'gate', 'setting'] LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
        EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', name);
        EXECUTE format('CREATE POLICY of_platform ON %I USING (platform = current_setting(''sanheyi.platform'', true))',
                       name);
        EXECUTE format('CREATE POLICY of_city ON %I FOR SELECT USING (current_setting(''sanheyi.view'', true) = ''city'')',
                       name);
    END LOOP;
END $$;
CREATE POLICY directory ON platform FOR SELECT USING (true);
