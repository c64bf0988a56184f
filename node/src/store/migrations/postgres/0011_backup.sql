-- Backups that were made or tried: when, into which file, of how many bytes, with how many entries, in how many seconds. outcome: empty
-- where the backup is good, else why it failed. verified: when somebody last opened the file and held it against its manifest; 0 = never.
CREATE TABLE backup (
    platform TEXT COLLATE "C" NOT NULL,
    at       BIGINT           NOT NULL,
    file     TEXT             NOT NULL,
    bytes    BIGINT           NOT NULL,
    entries  BIGINT           NOT NULL,
    seconds  BIGINT           NOT NULL,
    outcome  TEXT             NOT NULL,
    verified BIGINT           NOT NULL,
    PRIMARY KEY (platform, at)
);

ALTER TABLE backup ENABLE ROW LEVEL SECURITY;
ALTER TABLE backup FORCE ROW LEVEL SECURITY;
CREATE POLICY of_platform ON backup USING (platform = current_setting('sanheyi.platform', true));
CREATE POLICY of_city ON backup FOR SELECT USING (current_setting('sanheyi.view', true) = 'city');
