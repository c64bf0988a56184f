-- Every key begins with the branch platform whose link a row belongs to: it is what rows are distributed by, and what
-- row-level security compares. Columns are 64-bit integers, text or bytes; times are microseconds in an integer.
-- The same tables, columns and keys as for SQLite (kept by a test).

-- Journals: those appended here (home = 1) and copies of others' (home = 0).
CREATE TABLE journal (
    platform   TEXT COLLATE "C" NOT NULL,
    number     BIGINT           NOT NULL,
    id         TEXT COLLATE "C" NOT NULL,
    home       BIGINT           NOT NULL,
    size       BIGINT           NOT NULL,
    root       BYTEA            NOT NULL,
    recorded   BIGINT           NOT NULL,
    generation BYTEA            NOT NULL,
    epoch      BYTEA            NOT NULL,
    serial     BIGINT           NOT NULL,
    opened     BIGINT           NOT NULL,
    stopped    TEXT,
    PRIMARY KEY (platform, number),
    UNIQUE (platform, id)
);

-- Segments as they came: entries first .. first + entries of a journal.
CREATE TABLE segment (
    platform TEXT COLLATE "C" NOT NULL,
    journal  BIGINT           NOT NULL,
    first    BIGINT           NOT NULL,
    entries  BIGINT           NOT NULL,
    stored   BIGINT           NOT NULL,
    bytes    BYTEA            NOT NULL,
    PRIMARY KEY (platform, journal, first)
);

-- Tiles of the journals' trees: up to 256 hashes of 32 bytes.
CREATE TABLE tile (
    platform TEXT COLLATE "C" NOT NULL,
    journal  BIGINT           NOT NULL,
    level    BIGINT           NOT NULL,
    position BIGINT           NOT NULL,
    hashes   BYTEA            NOT NULL,
    PRIMARY KEY (platform, journal, level, position)
);

-- Signed checkpoints by size.
CREATE TABLE checkpoint (
    platform TEXT COLLATE "C" NOT NULL,
    journal  BIGINT           NOT NULL,
    size     BIGINT           NOT NULL,
    note     TEXT             NOT NULL,
    PRIMARY KEY (platform, journal, size)
);

-- Index: dataset, record and revision -> journal, sequence, standing and digest, both packed (see store/record.rs).
CREATE TABLE record (
    platform TEXT COLLATE "C" NOT NULL,
    key      BYTEA            NOT NULL,
    place    BYTEA            NOT NULL,
    PRIMARY KEY (platform, key)
);

-- Receipts: what became of entries first .. past of a journal.
CREATE TABLE receipt (
    platform    TEXT COLLATE "C" NOT NULL,
    journal     BIGINT           NOT NULL,
    first       BIGINT           NOT NULL,
    past        BIGINT           NOT NULL,
    root        BYTEA            NOT NULL,
    standard    BIGINT           NOT NULL,
    received    BIGINT           NOT NULL,
    accepted    BIGINT           NOT NULL,
    quarantined BIGINT           NOT NULL,
    pending     BIGINT           NOT NULL,
    PRIMARY KEY (platform, journal, first)
);

-- Entries that were not simply accepted, as their receipt names them.
CREATE TABLE exception (
    platform TEXT COLLATE "C" NOT NULL,
    journal  BIGINT           NOT NULL,
    sequence BIGINT           NOT NULL,
    standing BIGINT           NOT NULL,
    detail   BYTEA            NOT NULL,
    PRIMARY KEY (platform, journal, sequence)
);

-- What decisions read of other records, until the hub has acknowledged the entry.
CREATE TABLE expectation (
    platform TEXT COLLATE "C" NOT NULL,
    journal  BIGINT           NOT NULL,
    sequence BIGINT           NOT NULL,
    reads    BYTEA            NOT NULL,
    PRIMARY KEY (platform, journal, sequence)
);

-- The branch's side of the Greet chain: epoch ids that it may hold (16 bytes each), its last grant, and how far the hub
-- has acknowledged.
CREATE TABLE greeting (
    platform     TEXT COLLATE "C" NOT NULL,
    journal      BIGINT           NOT NULL,
    holds        BYTEA            NOT NULL,
    grant_note   TEXT             NOT NULL,
    acknowledged BIGINT           NOT NULL,
    PRIMARY KEY (platform, journal)
);

-- How the link stands, for whoever looks from outside the process.
CREATE TABLE link (
    platform TEXT COLLATE "C" NOT NULL,
    phase    TEXT             NOT NULL,
    since    BIGINT           NOT NULL,
    heard    BIGINT           NOT NULL,
    detail   TEXT             NOT NULL,
    skew     BIGINT           NOT NULL,
    sent     BIGINT           NOT NULL,
    received BIGINT           NOT NULL,
    PRIMARY KEY (platform)
);

-- Segments of a history that is being adopted: the hub's (kind 0), and the branch's own tail (kind 1).
CREATE TABLE staged (
    platform TEXT COLLATE "C" NOT NULL,
    journal  BIGINT           NOT NULL,
    kind     BIGINT           NOT NULL,
    first    BIGINT           NOT NULL,
    entries  BIGINT           NOT NULL,
    bytes    BYTEA            NOT NULL,
    PRIMARY KEY (platform, journal, kind, first)
);

-- What is stored here is compressed already, or random: the server shall not try again.
ALTER TABLE segment ALTER COLUMN bytes SET STORAGE EXTERNAL;
ALTER TABLE staged ALTER COLUMN bytes SET STORAGE EXTERNAL;
ALTER TABLE tile ALTER COLUMN hashes SET STORAGE EXTERNAL;

-- The second lock: a transaction sees the rows of the platform that it says it is about, and no others; the city's view
-- sees all of them and changes none. It binds the owner of the tables, too.
DO $$
DECLARE name TEXT;
BEGIN
    FOREACH name IN ARRAY ARRAY['journal', 'segment', 'tile', 'checkpoint', 'record', 'receipt', 'exception',
                                'expectation', 'greeting', 'link', 'staged'] LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
        EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', name);
        EXECUTE format('CREATE POLICY of_platform ON %I USING (platform = current_setting(''sanheyi.platform'', true))',
                       name);
        EXECUTE format('CREATE POLICY of_city ON %I FOR SELECT USING (current_setting(''sanheyi.view'', true) = ''city'')',
                       name);
    END LOOP;
END $$;
