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

-- name: delete_sums
DELETE FROM count_sum c
USING (SELECT DISTINCT deployment_id, tier_start(%(tier)s, day) AS start FROM changed) t
WHERE c.deployment_id = t.deployment_id AND c.tier = %(tier)s AND c.start = t.start;

-- name: insert_first_sums
INSERT INTO count_sum (deployment_id, tier, start, scientific_name, observation_type, observations, labelled,
                       events, individuals, max_count)
SELECT t.deployment_id, %(tier)s, t.start, e.scientific_name, e.observation_type, sum(e.observations),
       sum(e.labelled), count(*), sum(e.max_n), max(e.max_n)
FROM (SELECT DISTINCT deployment_id, tier_start(%(tier)s, day) AS start FROM changed) t
JOIN event e ON e.deployment_id = t.deployment_id
            AND e.started_at >= t.start::timestamp AT TIME ZONE 'UTC'
            AND e.started_at < tier_end(%(tier)s, t.start)::timestamp AT TIME ZONE 'UTC'
GROUP BY t.deployment_id, t.start, e.scientific_name, e.observation_type
ORDER BY t.deployment_id, t.start;

-- name: insert_sums
-- Of the next smaller spans.
INSERT INTO count_sum (deployment_id, tier, start, scientific_name, observation_type, observations, labelled,
                       events, individuals, max_count)
SELECT t.deployment_id, %(tier)s, t.start, c.scientific_name, c.observation_type, sum(c.observations),
       sum(c.labelled), sum(c.events), sum(c.individuals), max(c.max_count)
FROM (SELECT DISTINCT deployment_id, tier_start(%(tier)s, day) AS start FROM changed) t
JOIN count_sum c ON c.deployment_id = t.deployment_id AND c.tier = %(smaller)s
                AND c.start >= t.start AND c.start < tier_end(%(tier)s, t.start)
GROUP BY t.deployment_id, t.start, c.scientific_name, c.observation_type
ORDER BY t.deployment_id, t.start;

-- name: take_markers
DELETE FROM stale WHERE deployment_id = ANY (%(deployments)s);

-- name: next_stale_effort
SELECT deployment_id FROM stale_effort
WHERE %(after)s::uuid IS NULL OR deployment_id > %(after)s
GROUP BY deployment_id ORDER BY deployment_id LIMIT %(limit)s;

-- name: stale_effort
-- The days of effort in which a marker lies, as far as there is or was any. A corrected clock may carry a day
-- over into the next, so the days of both its ends; what lay there before is told by the sums.
INSERT INTO changed
WITH dirty AS MATERIALIZED (
    SELECT deployment_id, range_agg(span) AS spans FROM stale_effort_span
    WHERE deployment_id = ANY (%(deployments)s) GROUP BY deployment_id
),
touched AS (
    SELECT dirty.deployment_id, (edge + clock.ahead)::date AS day
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
    SELECT deployment_id, start FROM effort_sum
    WHERE deployment_id = ANY (%(deployments)s) AND tier = 'pentad'
),
pentad AS MATERIALIZED (
    SELECT DISTINCT deployment_id, tier_start('pentad', day) AS start FROM touched
)
SELECT pentad.deployment_id, pentad.start
FROM pentad JOIN dirty USING (deployment_id)
WHERE dirty.spans && tstzrange(pentad.start::timestamp AT TIME ZONE 'UTC',
                               tier_end('pentad', pentad.start)::timestamp AT TIME ZONE 'UTC', '[]');

-- name: delete_effort
DELETE FROM effort_sum e
USING (SELECT DISTINCT deployment_id, tier_start(%(tier)s, day) AS start FROM changed) t
WHERE e.deployment_id = t.deployment_id AND e.tier = %(tier)s AND e.start = t.start;

-- name: insert_first_effort
INSERT INTO effort_sum (deployment_id, tier, start, looked)
SELECT t.deployment_id, %(tier)s, t.day, sum(upper(l.span) - lower(l.span))
FROM changed t
CROSS JOIN LATERAL looked(t.deployment_id, t.day::timestamp AT TIME ZONE 'UTC',
                          tier_end(%(tier)s, t.day)::timestamp AT TIME ZONE 'UTC') l
GROUP BY t.deployment_id, t.day;

-- name: insert_effort
INSERT INTO effort_sum (deployment_id, tier, start, looked)
SELECT t.deployment_id, %(tier)s, t.start, sum(e.looked)
FROM (SELECT DISTINCT deployment_id, tier_start(%(tier)s, day) AS start FROM changed) t
JOIN effort_sum e ON e.deployment_id = t.deployment_id AND e.tier = %(smaller)s
                 AND e.start >= t.start AND e.start < tier_end(%(tier)s, t.start)
GROUP BY t.deployment_id, t.start;

-- name: take_effort_markers
DELETE FROM stale_effort WHERE deployment_id = ANY (%(deployments)s);
