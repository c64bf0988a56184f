-- How often entries of a journal were judged again: whoever remembers something of before knows by it that it may be old.
ALTER TABLE gate ADD COLUMN again BIGINT NOT NULL DEFAULT 0;

-- Reviews of quarantined entries: who does what to how many, by which filter, and what has come of it so far.
-- act: 1 release (judged again), 2 return (a correction is asked for; note, days and due are of that).
CREATE TABLE review (
    platform TEXT COLLATE "C" NOT NULL,
    id       BYTEA            NOT NULL,
    at       BIGINT           NOT NULL,
    who      TEXT             NOT NULL,
    act      BIGINT           NOT NULL,
    filter   TEXT             NOT NULL,
    note     TEXT             NOT NULL,
    days     BIGINT           NOT NULL,
    due      BIGINT           NOT NULL,
    entries  BIGINT           NOT NULL,
    accepted BIGINT           NOT NULL,
    stays    BIGINT           NOT NULL,
    pending  BIGINT           NOT NULL,
    returned BIGINT           NOT NULL,
    passed   BIGINT           NOT NULL,
    PRIMARY KEY (platform, id)
);

-- Entries that a review has still to come to; the gate takes them away with what it writes about them.
CREATE TABLE review_entry (
    platform TEXT COLLATE "C" NOT NULL,
    journal  BIGINT           NOT NULL,
    sequence BIGINT           NOT NULL,
    review   BYTEA            NOT NULL,
    PRIMARY KEY (platform, journal, sequence)
);

-- The second lock, as for the tables of branches.
ALTER TABLE review ENABLE ROW LEVEL SECURITY;
ALTER TABLE review FORCE ROW LEVEL SECURITY;
CREATE POLICY of_platform ON review USING (platform = current_setting('sanheyi.platform', true));
CREATE POLICY of_city ON review FOR SELECT USING (current_setting('sanheyi.view', true) = 'city');
ALTER TABLE review_entry ENABLE ROW LEVEL SECURITY;
ALTER TABLE review_entry FORCE ROW LEVEL SECURITY;
CREATE POLICY of_platform ON review_entry USING (platform = current_setting('sanheyi.platform', true));
CREATE POLICY of_city ON review_entry FOR SELECT USING (current_setting('sanheyi.view', true) = 'city');
