-- The hub's certificate authorities (根证书), in the hub's own rows. key: SHA-256 of the public key; certificate: PEM; state: next (trusted, does
-- not sign yet), signing, former (signs no more, still trusted), ended (trusted no more); made: when it came to be; since: in this state.
CREATE TABLE authority (
    platform    TEXT    NOT NULL,
    key         BLOB    NOT NULL,
    certificate TEXT    NOT NULL,
    state       TEXT    NOT NULL,
    made        INTEGER NOT NULL,
    since       INTEGER NOT NULL,
    PRIMARY KEY (platform, key)
);

-- Certificates that have come with a connection: SHA-256 of their public key, and when they were last seen, to some minutes.
CREATE TABLE certificate_use (
    platform TEXT    NOT NULL,
    serial   TEXT    NOT NULL,
    key      BLOB    NOT NULL,
    seen     INTEGER NOT NULL,
    PRIMARY KEY (platform, serial)
);

-- Which authorities a platform has said that it trusts: SHA-256 of its file of authorities, and when it said so.
CREATE TABLE trusted (
    platform TEXT    NOT NULL,
    digest   BLOB    NOT NULL,
    at       INTEGER NOT NULL,
    PRIMARY KEY (platform)
);
