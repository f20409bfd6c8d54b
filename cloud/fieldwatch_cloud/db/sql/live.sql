-- name: notify
SELECT pg_notify('fieldwatch_live', %s);
