-- name: lock
SELECT pg_advisory_lock(hashtextextended('fieldwatch.migrate', 0));

-- name: create_table
CREATE TABLE IF NOT EXISTS schema_migration (
    number     integer PRIMARY KEY,
    name       text NOT NULL,
    checksum   text NOT NULL,
    applied_at timestamptz NOT NULL DEFAULT now()
);

-- name: applied
SELECT number, name, checksum FROM schema_migration ORDER BY number;

-- name: record
INSERT INTO schema_migration (number, name, checksum) VALUES (%s, %s, %s);
