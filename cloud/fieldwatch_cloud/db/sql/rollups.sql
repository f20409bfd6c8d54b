-- name: one_instant
-- What the markers name and what is derived must be the same state: a record that comes meanwhile brings a
-- marker that this transaction does not see, and so leaves for the next.
SET TRANSACTION ISOLATION LEVEL REPEATABLE READ;

-- name: prepare
CREATE TEMP TABLE IF NOT EXISTS anew (LIKE event) ON COMMIT DELETE ROWS;
CREATE TEMP TABLE IF NOT EXISTS changed (deployment_id uuid, day date) ON COMMIT DELETE ROWS;
-- Sums of each `start` (a day, a month) within its `whole` (a month, a year), and packed with what is around.
CREATE TEMP TABLE IF NOT EXISTS part (
    deployment_id uuid, whole date, start date, taxon integer, observations integer, labelled integer,
    events integer, individuals bigint, max_count bigint
) ON COMMIT DELETE ROWS;
CREATE TEMP TABLE IF NOT EXISTS around (
    deployment_id uuid, whole date, start date, sums bytea, before bytea, after bytea
) ON COMMIT DELETE ROWS;

-- name: room_to_sort
SET LOCAL work_mem = '64MB';

-- name: by_index
-- The temporary tables have no statistics: what they touch of the large ones is found by its keys, and not by
-- reading these as a whole.
SET LOCAL enable_hashjoin = off;
SET LOCAL enable_mergejoin = off;
SET LOCAL enable_nestloop = on;

-- name: by_hash
-- The temporary tables among themselves, or with the few taxa.
SET LOCAL enable_hashjoin = on;
SET LOCAL enable_mergejoin = on;
SET LOCAL enable_nestloop = off;

-- name: as_planned
SET LOCAL enable_hashjoin = on;
SET LOCAL enable_mergejoin = on;
SET LOCAL enable_nestloop = on;

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

-- name: number_taxa
INSERT INTO counted_taxon (scientific_name, observation_type)
SELECT DISTINCT scientific_name, observation_type FROM anew a
WHERE NOT EXISTS (SELECT FROM counted_taxon t
                  WHERE t.scientific_name IS NOT DISTINCT FROM a.scientific_name
                    AND t.observation_type = a.observation_type)
ON CONFLICT DO NOTHING;

-- name: forget_parts
TRUNCATE part, around;

-- name: days_of_months
INSERT INTO part
SELECT e.deployment_id, t.whole, (e.started_at AT TIME ZONE 'UTC')::date, x.id, sum(e.observations),
       sum(e.labelled), count(*), sum(e.max_n), max(e.max_n)
FROM (SELECT DISTINCT deployment_id, date_trunc('month', day::timestamp)::date AS whole FROM changed) t
JOIN event e ON e.deployment_id = t.deployment_id
            AND e.started_at >= t.whole::timestamp AT TIME ZONE 'UTC'
            AND e.started_at < (t.whole + interval '1 month') AT TIME ZONE 'UTC'
-- Not "IS NOT DISTINCT FROM", for which nothing can be hashed.
JOIN counted_taxon x ON coalesce(x.scientific_name, '') = coalesce(e.scientific_name, '')
                    AND (x.scientific_name IS NULL) = (e.scientific_name IS NULL)
                    AND x.observation_type = e.observation_type
GROUP BY e.deployment_id, t.whole, (e.started_at AT TIME ZONE 'UTC')::date, x.id;

-- name: months_of_years
INSERT INTO part
SELECT c.deployment_id, t.whole, c.start, x.id, c.observations, c.labelled, c.events, c.individuals, c.max_count
FROM (SELECT DISTINCT deployment_id, date_trunc('year', day::timestamp)::date AS whole FROM changed) t
JOIN count_sum c ON c.deployment_id = t.deployment_id AND c.tier = 'month'
                AND c.start >= t.whole AND c.start < t.whole + interval '1 year'
JOIN counted_taxon x ON coalesce(x.scientific_name, '') = coalesce(c.scientific_name, '')
                    AND (x.scientific_name IS NULL) = (c.scientific_name IS NULL)
                    AND x.observation_type = c.observation_type;

-- name: delete_sums
DELETE FROM count_sum c
USING (SELECT DISTINCT deployment_id, date_trunc(%(tier)s, day::timestamp)::date AS start FROM changed) t
WHERE c.deployment_id = t.deployment_id AND c.tier = %(tier)s::tier AND c.start = t.start;

-- name: insert_sums
INSERT INTO count_sum (deployment_id, tier, start, scientific_name, observation_type, observations, labelled,
                       events, individuals, max_count)
SELECT p.deployment_id, %(tier)s::tier, p.whole, x.scientific_name, x.observation_type, sum(p.observations),
       sum(p.labelled), sum(p.events), sum(p.individuals), max(p.max_count)
FROM part p JOIN counted_taxon x ON x.id = p.taxon
GROUP BY p.deployment_id, p.whole, x.id
ORDER BY p.deployment_id, p.whole;

-- name: put_around
-- Running sums over every start and every taxon of the whole: each way, so that each is one pass.
INSERT INTO around
SELECT deployment_id, whole, start,
       string_agg(packed_sum(taxon, observations, labelled, events, individuals, max_count), ''
                  ORDER BY taxon) FILTER (WHERE events IS NOT NULL),
       coalesce(string_agg(packed_sum(taxon, observations_before, labelled_before, events_before,
                                      individuals_before, max_before), ''
                           ORDER BY taxon) FILTER (WHERE events_before IS NOT NULL), ''),
       coalesce(string_agg(packed_sum(taxon, observations_after, labelled_after, events_after,
                                      individuals_after, max_after), ''
                           ORDER BY taxon) FILTER (WHERE events_after IS NOT NULL), '')
FROM (
    SELECT deployment_id, whole, start, taxon, observations, labelled, events, individuals, max_count,
           (sum(observations) OVER before)::int AS observations_before,
           (sum(labelled) OVER before)::int AS labelled_before,
           (sum(events) OVER before)::int AS events_before,
           (sum(individuals) OVER before)::bigint AS individuals_before,
           max(max_count) OVER before AS max_before,
           (sum(observations) OVER after)::int AS observations_after,
           (sum(labelled) OVER after)::int AS labelled_after,
           (sum(events) OVER after)::int AS events_after,
           (sum(individuals) OVER after)::bigint AS individuals_after,
           max(max_count) OVER after AS max_after
    FROM (SELECT DISTINCT deployment_id, whole, start FROM part) starts
    JOIN (SELECT DISTINCT deployment_id, whole, taxon FROM part) taxa USING (deployment_id, whole)
    LEFT JOIN part USING (deployment_id, whole, start, taxon)
    WINDOW before AS (PARTITION BY deployment_id, whole, taxon ORDER BY start
                      ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING),
           after AS (PARTITION BY deployment_id, whole, taxon ORDER BY start DESC
                     ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)
) running
GROUP BY deployment_id, whole, start
ORDER BY deployment_id, start;

-- name: put_days
-- Only what differs is written: a new event changes its own day, and what the days before have after them.
INSERT INTO count_day AS kept (deployment_id, day, events, before, after)
SELECT a.deployment_id, a.start, own.events, a.before, a.after
FROM around a
CROSS JOIN LATERAL (
    SELECT string_agg(packed_event(e.started_at, x.id, e.observations, e.labelled, e.max_n), ''
                      ORDER BY e.started_at, x.id) AS events
    FROM event e
    JOIN counted_taxon x ON coalesce(x.scientific_name, '') = coalesce(e.scientific_name, '')
                        AND (x.scientific_name IS NULL) = (e.scientific_name IS NULL)
                        AND x.observation_type = e.observation_type
    WHERE e.deployment_id = a.deployment_id AND e.started_at >= a.start::timestamp AT TIME ZONE 'UTC'
      AND e.started_at < (a.start + 1)::timestamp AT TIME ZONE 'UTC'
) own
ON CONFLICT (deployment_id, day) DO UPDATE
SET events = excluded.events, before = excluded.before, after = excluded.after
WHERE (kept.events, kept.before, kept.after) IS DISTINCT FROM (excluded.events, excluded.before, excluded.after);

-- name: delete_days
-- Of which no event is left.
DELETE FROM count_day c
USING (SELECT deployment_id, day FROM changed EXCEPT SELECT deployment_id, start FROM around) gone
WHERE c.deployment_id = gone.deployment_id AND c.day = gone.day;

-- name: put_months
INSERT INTO count_month AS kept (deployment_id, month, sums, before, after)
SELECT deployment_id, start, sums, before, after FROM around
ON CONFLICT (deployment_id, month) DO UPDATE
SET sums = excluded.sums, before = excluded.before, after = excluded.after
WHERE (kept.sums, kept.before, kept.after) IS DISTINCT FROM (excluded.sums, excluded.before, excluded.after);

-- name: delete_months
DELETE FROM count_month c
USING (SELECT deployment_id, date_trunc('month', day::timestamp)::date AS month FROM changed
       EXCEPT SELECT deployment_id, start FROM around) gone
WHERE c.deployment_id = gone.deployment_id AND c.month = gone.month;

-- name: take_markers
DELETE FROM stale WHERE deployment_id = ANY (%(deployments)s);

-- name: next_stale_effort
SELECT deployment_id FROM stale_effort
WHERE %(after)s::uuid IS NULL OR deployment_id > %(after)s
GROUP BY deployment_id ORDER BY deployment_id LIMIT %(limit)s;

-- name: stale_effort
-- The days of effort in which a marker lies, as far as there is or was any. A corrected clock may carry a day
-- over into the next, so the days of both its ends; and what lay there before.
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
    SELECT deployment_id, day FROM effort_until WHERE deployment_id = ANY (%(deployments)s)
)
SELECT touched.deployment_id, touched.day
FROM touched JOIN dirty USING (deployment_id)
WHERE dirty.spans && tstzrange(touched.day::timestamp AT TIME ZONE 'UTC',
                               (touched.day + 1)::timestamp AT TIME ZONE 'UTC', '[]');

-- name: delete_effort_days
DELETE FROM effort_until e USING changed
WHERE e.deployment_id = changed.deployment_id AND e.day = changed.day;

-- name: insert_effort_days
INSERT INTO effort_until (deployment_id, day, spans, looked, before)
SELECT t.deployment_id, t.day, range_agg(l.span), sum(upper(l.span) - lower(l.span)), interval '0'
FROM changed t
CROSS JOIN LATERAL looked(t.deployment_id, t.day::timestamp AT TIME ZONE 'UTC',
                          (t.day + 1)::timestamp AT TIME ZONE 'UTC') l
GROUP BY t.deployment_id, t.day
ORDER BY t.deployment_id, t.day;

-- name: move_effort_after
-- What changed moves all sums from there on; mostly that is the newest day alone.
UPDATE effort_until e SET before = moved.before
FROM (
    SELECT later.deployment_id, later.day,
           coalesce(first.before, '0') + coalesce(sum(later.looked) OVER (
               PARTITION BY later.deployment_id ORDER BY later.day
               ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
           ), '0') AS before
    FROM (SELECT deployment_id, min(day) AS day FROM changed GROUP BY deployment_id) since
    LEFT JOIN LATERAL (
        SELECT u.before + u.looked AS before FROM effort_until u
        WHERE u.deployment_id = since.deployment_id AND u.day < since.day ORDER BY u.day DESC LIMIT 1
    ) first ON true
    JOIN effort_until later ON later.deployment_id = since.deployment_id AND later.day >= since.day
) moved
WHERE e.deployment_id = moved.deployment_id AND e.day = moved.day AND e.before IS DISTINCT FROM moved.before;

-- name: delete_effort
DELETE FROM effort_sum e
USING (SELECT DISTINCT deployment_id, date_trunc(%(tier)s, day::timestamp)::date AS start FROM changed) t
WHERE e.deployment_id = t.deployment_id AND e.tier = %(tier)s::tier AND e.start = t.start;

-- name: insert_effort
INSERT INTO effort_sum (deployment_id, tier, start, looked)
SELECT t.deployment_id, %(tier)s::tier, t.start, sum(e.looked)
FROM (SELECT DISTINCT deployment_id, date_trunc(%(tier)s, day::timestamp)::date AS start FROM changed) t
JOIN effort_until e ON e.deployment_id = t.deployment_id AND e.day >= t.start
                   AND e.day < t.start + ('1 ' || %(tier)s)::interval
GROUP BY t.deployment_id, t.start;

-- name: take_effort_markers
DELETE FROM stale_effort WHERE deployment_id = ANY (%(deployments)s);
