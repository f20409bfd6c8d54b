-- name: try_lead
SELECT pg_try_advisory_lock(hashtextextended('fieldwatch.jobs', 0));

-- name: alive
SELECT 1;

-- name: last_finished
SELECT started_at FROM job_run WHERE name = %(name)s;

-- name: finished
INSERT INTO job_run (name, started_at, finished_at) VALUES (%(name)s, %(at)s, now())
ON CONFLICT (name) DO UPDATE SET started_at = excluded.started_at, finished_at = excluded.finished_at;

-- name: delete_ended_sessions
DELETE FROM session WHERE expires_at < now();
