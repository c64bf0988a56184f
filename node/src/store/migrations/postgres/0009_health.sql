-- Who runs on this store: a row for each process, noted every few seconds. A process that is silent says so by an old `at`.
CREATE TABLE pulse (
    platform TEXT COLLATE "C" NOT NULL,
    instance TEXT COLLATE "C" NOT NULL,
    started  BIGINT           NOT NULL,
    at       BIGINT           NOT NULL,
    version  TEXT             NOT NULL,
    ready    BIGINT           NOT NULL,
    PRIMARY KEY (platform, instance)
);

-- What is wrong now, as each process has found it last: so `since` outlives a restart, and commands and pages beside the process
-- see what it sees. severity: notice, warning, critical.
CREATE TABLE alert (
    platform  TEXT COLLATE "C" NOT NULL,
    instance  TEXT COLLATE "C" NOT NULL,
    name      TEXT COLLATE "C" NOT NULL,
    subject   TEXT COLLATE "C" NOT NULL,
    severity  TEXT             NOT NULL,
    since     BIGINT           NOT NULL,
    what_zh   TEXT             NOT NULL,
    what_en   TEXT             NOT NULL,
    remedy_zh TEXT             NOT NULL,
    remedy_en TEXT             NOT NULL,
    PRIMARY KEY (platform, instance, name, subject)
);

-- The other ends of the lines: whether they are connected, since when, when they were last heard, and their last heartbeat
-- (beat_at = 0: none came yet). A hub has a row for each platform and instance that it was connected to; a branch one for its hub.
CREATE TABLE heard (
    platform          TEXT COLLATE "C" NOT NULL,
    peer              TEXT COLLATE "C" NOT NULL,
    instance          TEXT COLLATE "C" NOT NULL,
    connected         BIGINT           NOT NULL,
    since             BIGINT           NOT NULL,
    heard             BIGINT           NOT NULL,
    address           TEXT             NOT NULL,
    serial            TEXT             NOT NULL,
    beat_at           BIGINT           NOT NULL,
    beat_came         BIGINT           NOT NULL,
    beat_every        BIGINT           NOT NULL,
    beat_size         BIGINT           NOT NULL,
    beat_acknowledged BIGINT           NOT NULL,
    beat_free         BIGINT           NOT NULL,
    beat_findings     BIGINT           NOT NULL,
    beat_version      TEXT             NOT NULL,
    beat_hours        BIGINT           NOT NULL,
    PRIMARY KEY (platform, peer, instance)
);

-- The second lock, as for the tables of branches.
ALTER TABLE pulse ENABLE ROW LEVEL SECURITY;
ALTER TABLE pulse FORCE ROW LEVEL SECURITY;
CREATE POLICY of_platform ON pulse USING (platform = current_setting('sanheyi.platform', true));
CREATE POLICY of_city ON pulse FOR SELECT USING (current_setting('sanheyi.view', true) = 'city');
ALTER TABLE alert ENABLE ROW LEVEL SECURITY;
ALTER TABLE alert FORCE ROW LEVEL SECURITY;
CREATE POLICY of_platform ON alert USING (platform = current_setting('sanheyi.platform', true));
CREATE POLICY of_city ON alert FOR SELECT USING (current_setting('sanheyi.view', true) = 'city');
ALTER TABLE heard ENABLE ROW LEVEL SECURITY;
ALTER TABLE heard FORCE ROW LEVEL SECURITY;
CREATE POLICY of_platform ON heard USING (platform = current_setting('sanheyi.platform', true));
CREATE POLICY of_city ON heard FOR SELECT USING (current_setting('sanheyi.view', true) = 'city');
