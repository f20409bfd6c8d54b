-- name: one_instant
-- The statements of one answer must see the same records.
SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY;

-- name: room_to_sort
SET LOCAL work_mem = '64MB';

-- name: not_for_ever
SET LOCAL statement_timeout = '60s';

-- name: area_km2
-- On the ellipsoid; without an area, that of the reserve.
SELECT ST_Area(coalesce(ST_GeomFromGeoJSON(%(area)s), boundary)::geography) / 1e6
FROM reserve WHERE id = %(reserve_id)s;

-- name: deployments_within
-- By place alone: what a deployment did in a time span is for its effort to say, not for its dates.
SELECT id FROM deployment
WHERE reserve_id = %(reserve_id)s
  AND (%(area)s::text IS NULL OR ST_Intersects(location, ST_GeomFromGeoJSON(%(area)s)));

-- name: effort_by_deployment
-- Camera-days per deployment: the length of the union of its spans within the query's.
SELECT deployment_id, extract(epoch FROM sum(upper(span) - lower(span)))::float8 / 86400
FROM effort_day, unnest(spans * tstzmultirange(tstzrange(%(since)s, %(until)s))) AS span
WHERE deployment_id = ANY (%(deployments)s)
  AND day BETWEEN (%(since)s::timestamptz AT TIME ZONE 'UTC')::date
              AND (%(until)s::timestamptz AT TIME ZONE 'UTC')::date
GROUP BY deployment_id;

-- name: observations_at
SELECT count(*) FROM observation
WHERE deployment_id = ANY (%(deployments)s) AND observed_at >= %(since)s AND observed_at < %(until)s
  AND confidence >= %(min_confidence)s::real AND observation_type <> 'blank'
  AND (%(taxa)s::text[] IS NULL OR scientific_name = ANY (%(taxa)s));

-- name: events_by_taxon
-- Independent events and MaxN, as `counts.events` defines them, deployment by deployment: many small sorts in
-- memory instead of a large one on disk. Gaps and islands, twice: an event ends where nothing starts within
-- the interval after its latest end; within it, only records that overlap another need the sweep over starts
-- and ends that finds the largest number seen at once. Most events are a single record, and skip all that.
SELECT taxon AS scientific_name, kind::text AS observation_type, sum(observations)::bigint AS observations,
       sum(individuals)::bigint AS individuals, sum(events)::bigint AS events,
       max(max_count)::bigint AS max_count, count(*) AS deployments
FROM unnest(%(deployments)s::uuid[]) AS deployment(id)
CROSS JOIN LATERAL (
    WITH seen AS (
        SELECT scientific_name COLLATE "C" AS taxon, observation_type AS kind, observed_at, ended_at, count
        FROM observation
        WHERE deployment_id = deployment.id AND observed_at >= %(since)s AND observed_at < %(until)s
          AND confidence >= %(min_confidence)s::real AND observation_type <> 'blank'
          AND (%(taxa)s::text[] IS NULL OR scientific_name = ANY (%(taxa)s))
    ),
    with_neighbours AS (
        SELECT *,
               max(ended_at) OVER (in_order ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS end_before,
               lead(observed_at) OVER in_order AS next_start
        FROM seen
        WINDOW in_order AS (PARTITION BY taxon, kind ORDER BY observed_at, ended_at)
    ),
    marked AS MATERIALIZED (
        SELECT taxon, kind, observed_at, ended_at, count, end_before, next_start,
               end_before IS NULL OR observed_at - end_before >= %(interval)s AS opens,
               next_start IS NULL OR next_start - greatest(end_before, ended_at) >= %(interval)s AS closes
        FROM with_neighbours
    ),
    numbered AS (
        SELECT taxon, kind, observed_at, ended_at, count,
               count(*) FILTER (WHERE opens) OVER (
                   PARTITION BY taxon, kind ORDER BY observed_at, ended_at ROWS UNBOUNDED PRECEDING
               ) AS event,
               coalesce(observed_at <= end_before, false)
               OR coalesce(next_start <= greatest(end_before, ended_at), false) AS shared
        FROM marked
        WHERE NOT (opens AND closes)
    ),
    edges AS (
        SELECT taxon, kind, event, observed_at AS at, count AS change FROM numbered WHERE shared
        UNION ALL
        SELECT taxon, kind, event, ended_at, -count FROM numbered WHERE shared
    ),
    at_once AS (
        -- Starts before ends of the same instant: spans include both of theirs.
        SELECT taxon, kind, event, (change > 0)::int AS observations,
               sum(change) OVER (
                   PARTITION BY taxon, kind ORDER BY at, change DESC ROWS UNBOUNDED PRECEDING
               ) AS level
        FROM edges
        UNION ALL
        SELECT taxon, kind, event, 1, count FROM numbered WHERE NOT shared
    ),
    events AS (
        SELECT taxon, kind, sum(observations) AS observations, max(level) AS max_n
        FROM at_once
        GROUP BY taxon, kind, event
        UNION ALL
        SELECT taxon, kind, 1, count FROM marked WHERE opens AND closes
    )
    SELECT taxon, kind, sum(observations) AS observations, sum(max_n) AS individuals, count(*) AS events,
           max(max_n) AS max_count
    FROM events
    GROUP BY taxon, kind
) at_one
GROUP BY taxon, kind
ORDER BY events DESC, taxon, kind;
