-- name: one_instant
-- What the markers name and what is derived must be the same state: a record that comes meanwhile brings a
-- marker that this transaction does not see, and so leaves for the next.
SET TRANSACTION ISOLATION LEVEL REPEATABLE READ;

-- name: prepare
CREATE TEMP TABLE IF NOT EXISTS anew (LIKE event) ON COMMIT DELETE ROWS;
CREATE TEMP TABLE IF NOT EXISTS changed (deployment_id uuid, day date) ON COMMIT DELETE ROWS;

-- name: room_to_sort
SET LOCAL work_mem = '64MB';

-- name: next_stale
SELECT deployment_id FROM stale
WHERE %(after)s::uuid IS NULL OR deployment_id > %(after)s
GROUP BY deployment_id ORDER BY deployment_id LIMIT %(limit)s;

-- name: derive
INSERT INTO anew
SELECT a.deployment_id, a.scientific_name, a.observation_type, a.started_at, a.ended_at, a.observations,
       a.labelled, a.max_n
FROM unnest(%(deployments)s::uuid[]) AS d(id) CROSS JOIN LATERAL events_anew(d.id) a;

-- name: replace_events
-- Exactly those that `events_anew` has derived anew; in two parts, as an index finds them.
WITH dirty AS MATERIALIZED (
    SELECT deployment_id, range_agg(span) AS spans FROM stale_span
    WHERE deployment_id = ANY (%(deployments)s) GROUP BY deployment_id
),
gone AS (
    DELETE FROM event e USING dirty
    WHERE e.deployment_id = dirty.deployment_id AND e.started_at < upper(spans)
      AND e.started_at > lower(spans) - interval '1 day'
      AND tstzrange(e.started_at, e.ended_at, '[]') && spans
    RETURNING e.deployment_id, e.started_at
),
long_gone AS (
    DELETE FROM event e USING dirty
    WHERE e.deployment_id = dirty.deployment_id AND e.started_at <= lower(spans) - interval '1 day'
      AND e.ended_at - e.started_at > interval '1 day'
      AND tstzrange(e.started_at, e.ended_at, '[]') && spans
    RETURNING e.deployment_id, e.started_at
)
INSERT INTO changed
SELECT deployment_id, (started_at AT TIME ZONE 'UTC')::date FROM gone
UNION SELECT deployment_id, (started_at AT TIME ZONE 'UTC')::date FROM long_gone
UNION SELECT deployment_id, (started_at AT TIME ZONE 'UTC')::date FROM anew;

-- name: insert_events
INSERT INTO event SELECT * FROM anew ORDER BY deployment_id, started_at;

-- name: delete_days
DELETE FROM count_day c USING changed WHERE c.deployment_id = changed.deployment_id AND c.day = changed.day;

-- name: insert_days
INSERT INTO count_day (deployment_id, day, scientific_name, observation_type, observations, labelled,
                       individuals, events, max_count)
SELECT changed.deployment_id, changed.day, e.scientific_name, e.observation_type, sum(e.observations),
       sum(e.labelled), sum(e.max_n), count(*), max(e.max_n)
FROM changed
JOIN event e ON e.deployment_id = changed.deployment_id
            AND e.started_at >= changed.day::timestamp AT TIME ZONE 'UTC'
            AND e.started_at < (changed.day + 1)::timestamp AT TIME ZONE 'UTC'
GROUP BY changed.deployment_id, changed.day, e.scientific_name, e.observation_type
ORDER BY changed.deployment_id, changed.day;

-- name: delete_months
DELETE FROM count_month c
USING (SELECT DISTINCT deployment_id, date_trunc('month', day::timestamp)::date AS month FROM changed) m
WHERE c.deployment_id = m.deployment_id AND c.month = m.month;

-- name: insert_months
INSERT INTO count_month (deployment_id, month, scientific_name, observation_type, observations, labelled,
                         individuals, events, max_count)
SELECT m.deployment_id, m.month, d.scientific_name, d.observation_type, sum(d.observations), sum(d.labelled),
       sum(d.individuals), sum(d.events), max(d.max_count)
FROM (SELECT DISTINCT deployment_id, date_trunc('month', day::timestamp)::date AS month FROM changed) m
JOIN count_day d ON d.deployment_id = m.deployment_id
                AND d.day >= m.month AND d.day < m.month + interval '1 month'
GROUP BY m.deployment_id, m.month, d.scientific_name, d.observation_type
ORDER BY m.deployment_id, m.month;

-- name: take_markers
DELETE FROM stale WHERE deployment_id = ANY (%(deployments)s);

-- name: next_stale_effort
SELECT deployment_id FROM stale_effort
WHERE %(after)s::uuid IS NULL OR deployment_id > %(after)s
GROUP BY deployment_id ORDER BY deployment_id LIMIT %(limit)s;

-- name: stale_months
-- Of effort: those in which a marker lies, as far as there is or was any. A corrected clock may carry a day over
-- into the next month, so the months of both its ends.
INSERT INTO changed
WITH dirty AS MATERIALIZED (
    SELECT deployment_id, range_agg(span) AS spans FROM stale_effort_span
    WHERE deployment_id = ANY (%(deployments)s) GROUP BY deployment_id
),
month AS (
    SELECT dirty.deployment_id, date_trunc('month', edge + clock.ahead) AS month
    FROM dirty
    CROSS JOIN LATERAL (
        SELECT make_interval(secs => coalesce(sum(offset_s), 0)) AS ahead FROM clock_correction c
        WHERE c.deployment_id = dirty.deployment_id AND c.undone_at IS NULL
    ) clock
    JOIN effort_day e ON e.deployment_id = dirty.deployment_id
                     AND e.day >= ((lower(dirty.spans) - clock.ahead) AT TIME ZONE 'UTC')::date
                     AND e.day <= ((upper(dirty.spans) - clock.ahead) AT TIME ZONE 'UTC')::date
    CROSS JOIN LATERAL (VALUES (e.day::timestamp), (e.day + interval '1 day')) AS ends (edge)
    UNION
    SELECT deployment_id, month FROM effort_month WHERE deployment_id = ANY (%(deployments)s)
)
SELECT month.deployment_id, month.month::date
FROM month JOIN dirty USING (deployment_id)
WHERE dirty.spans && tstzrange(month AT TIME ZONE 'UTC', (month + interval '1 month') AT TIME ZONE 'UTC', '[]');

-- name: delete_effort
DELETE FROM effort_month e USING changed
WHERE e.deployment_id = changed.deployment_id AND e.month = changed.day;

-- name: insert_effort
INSERT INTO effort_month (deployment_id, month, looked)
SELECT changed.deployment_id, changed.day, sum(upper(l.span) - lower(l.span))
FROM changed
CROSS JOIN LATERAL looked(changed.deployment_id, changed.day::timestamp AT TIME ZONE 'UTC',
                          (changed.day + interval '1 month') AT TIME ZONE 'UTC') l
GROUP BY changed.deployment_id, changed.day;

-- name: take_effort_markers
DELETE FROM stale_effort WHERE deployment_id = ANY (%(deployments)s);
