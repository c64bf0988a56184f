-- Of the accepted entries of a receipt, how many were accepted with warnings.
ALTER TABLE receipt ADD COLUMN warned BIGINT NOT NULL DEFAULT 0;
