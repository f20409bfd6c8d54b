-- name: one_instant
-- The statements of one answer must see the same records.
SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY;

-- name: room_to_sort
SET LOCAL work_mem = '64MB';

-- name: by_hash
-- Some ten thousand sums are grouped by camera and name: for the few that the planner expects, it would sort.
SET LOCAL enable_sort = off;

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

-- name: newest
-- What each camera's newest record of the span says of its detector and clock, as of all of them: a probe of the
-- index each, where the records themselves may be millions. Who classified an imported record is not known to be
-- a detector.
SELECT CASE WHEN d.dataset_id IS NULL THEN newest.model END,
       newest.clock_quality = 'unsynchronised' AND clock.id IS NULL, count(*)
FROM unnest(%(deployments)s::uuid[]) AS asked (id)
JOIN deployment d ON d.id = asked.id
LEFT JOIN clock_correction clock ON clock.deployment_id = d.id AND clock.undone_at IS NULL
CROSS JOIN LATERAL (
    SELECT o.model, o.clock_quality FROM observation o
    WHERE o.deployment_id = asked.id
      AND o.observed_at >= %(since)s - make_interval(secs => coalesce(clock.offset_s, 0))
      AND o.observed_at < %(until)s - make_interval(secs => coalesce(clock.offset_s, 0))
    ORDER BY o.observed_at DESC LIMIT 1
) newest
GROUP BY 1, 2;

-- name: marked
SELECT DISTINCT deployment_id FROM stale WHERE deployment_id = ANY (%(deployments)s);

-- name: marked_effort
SELECT DISTINCT deployment_id FROM stale_effort WHERE deployment_id = ANY (%(deployments)s);

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
-- Camera-days per deployment: the length of the union of its spans within the query's. Most deployments share
-- how the query's span is cut; those with markers have cuts of their own.
SELECT deployment_id, extract(epoch FROM sum(looked))::float8 / 86400
FROM (
    SELECT e.deployment_id, e.looked
    FROM unnest(%(sure)s::uuid[]) AS d (id)
    CROSS JOIN unnest(%(tier)s::tier[], %(sum_from)s::date[], %(sum_to)s::date[]) AS piece (tier, since, until)
    CROSS JOIN LATERAL (
        SELECT * FROM effort_sum e WHERE e.deployment_id = d.id AND e.tier = piece.tier
                                     AND e.start >= piece.since AND e.start < piece.until OFFSET 0
    ) e
    UNION ALL
    SELECT l.deployment_id, upper(l.span) - lower(l.span)
    FROM unnest(%(sure)s::uuid[]) AS d (id)
    CROSS JOIN unnest(%(span_from)s::timestamptz[], %(span_to)s::timestamptz[]) AS piece (since, until)
    CROSS JOIN LATERAL looked(d.id, piece.since, piece.until) l
    UNION ALL
    SELECT e.deployment_id, e.looked
    FROM unnest(%(stale_sum_of)s::uuid[], %(stale_tier)s::tier[], %(stale_sum_from)s::date[],
                %(stale_sum_to)s::date[]) AS piece (id, tier, since, until)
    JOIN effort_sum e ON e.deployment_id = piece.id AND e.tier = piece.tier
                     AND e.start >= piece.since AND e.start < piece.until
    UNION ALL
    SELECT l.deployment_id, upper(l.span) - lower(l.span)
    FROM unnest(%(stale_of)s::uuid[], %(stale_from)s::timestamptz[], %(stale_to)s::timestamptz[])
         AS piece (id, since, until)
    CROSS JOIN LATERAL looked(piece.id, piece.since, piece.until) l
) part
GROUP BY deployment_id;

-- name: by_taxon
-- The start of a statement that goes on with `part`: sums of one deployment and taxon, in pieces. Events of each
-- deployment come as two arrays a taxon, for the rate's interval: rows of their own would be read ten times as long.
SELECT scientific_name, observation_type::text, sum(observations)::bigint AS observations,
       sum(labelled)::bigint AS labelled, sum(individuals)::bigint AS individuals, sum(events)::bigint AS events,
       max(max_count)::bigint AS max_count, array_agg(asked.number::int - 1) AS places,
       array_agg(events::int) AS events_at_places,
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
JOIN unnest(%(deployments)s::uuid[]) WITH ORDINALITY AS asked (id, number) ON asked.id = at_one.deployment_id
GROUP BY scientific_name, observation_type
ORDER BY events DESC, scientific_name, observation_type;

-- name: from_sums
-- OFFSET 0: by the index, for each deployment. Joined to many, the planner would read all sums that there are.
SELECT c.deployment_id, c.scientific_name, c.observation_type, c.observations, c.labelled, c.individuals, c.events,
       c.max_count
FROM unnest(%(sure)s::uuid[]) AS d (id)
CROSS JOIN unnest(%(tier)s::tier[], %(sum_from)s::date[], %(sum_to)s::date[]) AS piece (tier, since, until)
CROSS JOIN LATERAL (
    SELECT * FROM count_sum c WHERE c.deployment_id = d.id AND c.tier = piece.tier
                                AND c.start >= piece.since AND c.start < piece.until OFFSET 0
) c
UNION ALL
SELECT e.deployment_id, e.scientific_name, e.observation_type, e.observations, e.labelled, e.max_n, 1, e.max_n
FROM unnest(%(sure)s::uuid[]) AS d (id)
CROSS JOIN unnest(%(span_from)s::timestamptz[], %(span_to)s::timestamptz[]) AS piece (since, until)
CROSS JOIN LATERAL (
    SELECT * FROM event e
    WHERE e.deployment_id = d.id AND e.started_at >= piece.since AND e.started_at < piece.until OFFSET 0
) e

-- name: from_stale
-- Goes on after `from_sums`, where markers lie: planning it takes longer than most answers.
UNION ALL
SELECT c.deployment_id, c.scientific_name, c.observation_type, c.observations, c.labelled, c.individuals, c.events,
       c.max_count
FROM unnest(%(stale_sum_of)s::uuid[], %(stale_tier)s::tier[], %(stale_sum_from)s::date[], %(stale_sum_to)s::date[])
     AS piece (id, tier, since, until)
JOIN count_sum c ON c.deployment_id = piece.id AND c.tier = piece.tier
                AND c.start >= piece.since AND c.start < piece.until
UNION ALL
SELECT e.deployment_id, e.scientific_name, e.observation_type, e.observations::int, e.labelled::int, e.max_n, 1,
       e.max_n
FROM unnest(%(stale_of)s::uuid[], %(stale_from)s::timestamptz[], %(stale_to)s::timestamptz[])
     AS piece (id, since, until)
CROSS JOIN LATERAL events(piece.id, piece.since, piece.until) e

-- name: from_records
-- By another interval or rule, or above a confidence: deployment by deployment, many small sorts in memory
-- instead of a large one on disk.
SELECT e.deployment_id, e.scientific_name, e.observation_type, e.observations, e.labelled, e.max_n AS individuals,
       1 AS events, e.max_n AS max_count
FROM unnest(%(deployments)s::uuid[]) AS d (id)
CROSS JOIN LATERAL events_by(d.id, %(since)s, %(until)s, %(interval)s, %(rule)s, %(min_confidence)s::real) e

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
