-- name: database_exists
SELECT 1 FROM pg_database WHERE datname = %s;
