-- name: one_instant
-- The statements of one answer must see the same records.
SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY;

-- name: room_to_sort
SET LOCAL work_mem = '64MB';

-- name: not_for_ever
SET LOCAL statement_timeout = '60s';

-- name: zone_area
SELECT ST_AsGeoJSON(area, 15) FROM zone WHERE id = %(zone)s AND reserve_id = %(reserve_id)s;

-- name: area_km2
-- On the ellipsoid; without an area, that of the reserve.
SELECT ST_Area(coalesce(ST_GeomFromGeoJSON(%(area)s), boundary)::geography) / 1e6
FROM reserve WHERE id = %(reserve_id)s;

-- name: deployments_within
-- By place alone: what a deployment did in a time span is for its effort to say, not for its dates.
SELECT id FROM deployment
WHERE reserve_id = %(reserve_id)s
  AND (%(area)s::text IS NULL OR ST_Intersects(location, ST_GeomFromGeoJSON(%(area)s)));

-- name: effort_from_dates
SELECT d.id FROM dataset s JOIN deployment d ON d.dataset_id = s.id
WHERE d.reserve_id = %(reserve_id)s AND s.effort_from_dates;

-- name: stale
-- Where within the query's span no kept sum holds: the markers, and the stored events that they touch.
WITH dirty AS MATERIALIZED (
    SELECT deployment_id, range_agg(span) AS spans FROM stale_span
    WHERE deployment_id = ANY (%(deployments)s) GROUP BY deployment_id
),
unsure AS (
    SELECT deployment_id, unnest(spans) AS span FROM dirty
    UNION ALL
    SELECT dirty.deployment_id, tstzrange(e.started_at, e.ended_at, '[]')
    FROM dirty CROSS JOIN LATERAL stored_events(dirty.deployment_id, lower(spans), upper(spans)) e
    WHERE tstzrange(e.started_at, e.ended_at, '[]') && spans
)
SELECT deployment_id, lower(span), upper(span)
FROM (
    SELECT deployment_id,
           unnest(range_agg(span) * tstzmultirange(tstzrange(%(since)s, %(until)s))) AS span
    FROM unsure GROUP BY deployment_id
) piece
ORDER BY deployment_id, span;

-- name: stale_effort
SELECT deployment_id, lower(span), upper(span)
FROM (
    SELECT deployment_id,
           unnest(range_agg(span) * tstzmultirange(tstzrange(%(since)s, %(until)s))) AS span
    FROM stale_effort_span WHERE deployment_id = ANY (%(deployments)s) GROUP BY deployment_id
) piece
ORDER BY deployment_id, span;

-- name: effort
-- Camera-days per deployment: the length of the union of its spans within the query's.
SELECT deployment_id, extract(epoch FROM sum(looked))::float8 / 86400
FROM (
    SELECT m.deployment_id, m.looked
    FROM unnest(%(month_of)s::uuid[], %(month_from)s::date[], %(month_to)s::date[]) AS piece (id, since, until)
    JOIN effort_month m ON m.deployment_id = piece.id AND m.month >= piece.since AND m.month < piece.until
    UNION ALL
    SELECT l.deployment_id, upper(l.span) - lower(l.span)
    FROM unnest(%(span_of)s::uuid[], %(span_from)s::timestamptz[], %(span_to)s::timestamptz[])
         AS piece (id, since, until)
    CROSS JOIN LATERAL looked(piece.id, piece.since, piece.until) l
) part
GROUP BY deployment_id;

-- name: by_taxon
-- The start of a statement that goes on with `part`: sums of one deployment and taxon, in pieces.
SELECT scientific_name, observation_type::text, sum(observations)::bigint AS observations,
       sum(labelled)::bigint AS labelled, sum(individuals)::bigint AS individuals, sum(events)::bigint AS events,
       max(max_count)::bigint AS max_count, count(*) AS deployments,
       coalesce(sum(observations) FILTER (WHERE deployment_id = ANY (%(blind)s)), 0)::bigint AS without_effort
FROM (
    SELECT deployment_id, scientific_name, observation_type, sum(observations) AS observations,
           sum(labelled) AS labelled, sum(individuals) AS individuals, sum(events) AS events,
           max(max_count) AS max_count
    FROM (

-- name: end_by_taxon
    ) part
    WHERE %(taxa)s::text[] IS NULL OR scientific_name = ANY (%(taxa)s)
    GROUP BY deployment_id, scientific_name, observation_type
) at_one
GROUP BY scientific_name, observation_type
ORDER BY events DESC, scientific_name, observation_type;

-- name: from_sums
SELECT m.deployment_id, m.scientific_name, m.observation_type, m.observations, m.labelled, m.individuals, m.events,
       m.max_count
FROM unnest(%(month_of)s::uuid[], %(month_from)s::date[], %(month_to)s::date[]) AS piece (id, since, until)
JOIN count_month m ON m.deployment_id = piece.id AND m.month >= piece.since AND m.month < piece.until
UNION ALL
SELECT d.deployment_id, d.scientific_name, d.observation_type, d.observations, d.labelled, d.individuals, d.events,
       d.max_count
FROM unnest(%(day_of)s::uuid[], %(day_from)s::date[], %(day_to)s::date[]) AS piece (id, since, until)
JOIN count_day d ON d.deployment_id = piece.id AND d.day >= piece.since AND d.day < piece.until
UNION ALL
SELECT e.deployment_id, e.scientific_name, e.observation_type, e.observations, e.labelled, e.max_n, 1, e.max_n
FROM unnest(%(span_of)s::uuid[], %(span_from)s::timestamptz[], %(span_to)s::timestamptz[])
     AS piece (id, since, until)
JOIN event e ON e.deployment_id = piece.id AND e.started_at >= piece.since AND e.started_at < piece.until

-- name: from_stale
-- Goes on after `from_sums`, where markers lie: planning it takes longer than most answers.
UNION ALL
SELECT e.deployment_id, e.scientific_name, e.observation_type, e.observations, e.labelled, e.max_n, 1, e.max_n
FROM unnest(%(stale_of)s::uuid[], %(stale_from)s::timestamptz[], %(stale_to)s::timestamptz[])
     AS piece (id, since, until)
CROSS JOIN LATERAL events(piece.id, piece.since, piece.until) e

-- name: trace
-- One event after the other with the pictures of its records: those that start between its start and that of
-- its last record. Kept events answer for the default rule, records for others.
SELECT e.deployment_id, e.started_at, e.ended_at, e.observations, e.labelled, e.max_n,
       ARRAY(
           SELECT s.media_id
           FROM seen(e.deployment_id, e.started_at, e.last_at + interval '1 microsecond') s
           WHERE s.media_id IS NOT NULL AND s.scientific_name IS NOT DISTINCT FROM %(taxon)s
             AND s.observation_type = %(kind)s::observation_type AND s.confidence >= %(min_confidence)s::real
           GROUP BY s.media_id ORDER BY min(s.observed_at), s.media_id
       ) AS media
FROM (

-- name: end_trace
) e
ORDER BY e.started_at, e.deployment_id;

-- name: trace_kept
SELECT e.deployment_id, e.started_at, e.ended_at, e.observations, e.labelled, e.max_n, e.ended_at AS last_at
FROM unnest(%(deployments)s::uuid[]) AS d (id)
CROSS JOIN LATERAL events(d.id, %(since)s, %(until)s) e
WHERE e.scientific_name IS NOT DISTINCT FROM %(taxon)s AND e.observation_type = %(kind)s::observation_type
  AND (%(after_at)s::timestamptz IS NULL
       OR (e.started_at, e.deployment_id) > (%(after_at)s::timestamptz, %(after_id)s::uuid))
ORDER BY e.started_at, e.deployment_id LIMIT %(limit)s

-- name: trace_records
SELECT e.deployment_id, e.started_at, e.ended_at, e.observations, e.labelled, e.max_n, e.last_at
FROM unnest(%(deployments)s::uuid[]) AS d (id)
CROSS JOIN LATERAL events_by(d.id, %(since)s, %(until)s, %(interval)s, %(rule)s, %(min_confidence)s::real) e
WHERE e.scientific_name IS NOT DISTINCT FROM %(taxon)s AND e.observation_type = %(kind)s::observation_type
  AND (%(after_at)s::timestamptz IS NULL
       OR (e.started_at, e.deployment_id) > (%(after_at)s::timestamptz, %(after_id)s::uuid))
ORDER BY e.started_at, e.deployment_id LIMIT %(limit)s

-- name: from_records
-- By another interval or rule, or above a confidence: deployment by deployment, many small sorts in memory
-- instead of a large one on disk.
SELECT e.deployment_id, e.scientific_name, e.observation_type, e.observations, e.labelled, e.max_n AS individuals,
       1 AS events, e.max_n AS max_count
FROM unnest(%(deployments)s::uuid[]) AS d (id)
CROSS JOIN LATERAL events_by(d.id, %(since)s, %(until)s, %(interval)s, %(rule)s, %(min_confidence)s::real) e
