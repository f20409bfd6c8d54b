-- name: one_snapshot
-- The statements of one answer must see the same records.
SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY;
SET LOCAL work_mem = '64MB';
SET LOCAL statement_timeout = '60s';

-- name: zone_area
SELECT ST_AsGeoJSON(area, 15) FROM zone WHERE id = %(zone)s AND reserve_id = %(reserve_id)s;

-- name: area_km2
-- On the ellipsoid; without an area, that of the reserve.
SELECT ST_Area(coalesce(ST_GeomFromGeoJSON(%(area)s), boundary)::geography) / 1e6
FROM reserve WHERE id = %(reserve_id)s;

-- name: deployments_within
-- By place alone: what a deployment did in a time span is for its effort to say, not for its dates.
SELECT id FROM standing
WHERE reserve_id = %(reserve_id)s
  AND (%(area)s::text IS NULL OR ST_Intersects(location, ST_GeomFromGeoJSON(%(area)s)));

-- name: described_within
-- The same, with what an answer says of them beside their counts: whether markers lie there, and whether their
-- effort is that of their data set's dates.
SELECT d.id, EXISTS (SELECT FROM stale WHERE deployment_id = d.id),
       EXISTS (SELECT FROM stale_effort WHERE deployment_id = d.id), coalesce(s.effort_from_dates, false)
FROM standing d LEFT JOIN dataset s ON s.id = d.dataset_id
WHERE d.reserve_id = %(reserve_id)s
  AND (%(area)s::text IS NULL OR ST_Intersects(d.location, ST_GeomFromGeoJSON(%(area)s)));

-- name: newest
-- What each camera's newest record of the span says of its detector and clock, as of all of them: a probe of the
-- index each, where the records themselves may be millions. Who classified an imported record is not known to be
-- a detector.
SELECT asked.place::int - 1, CASE WHEN d.dataset_id IS NULL THEN newest.model END,
       newest.clock_quality = 'unsynchronised' AND clock.id IS NULL
FROM unnest(%(deployments)s::uuid[]) WITH ORDINALITY AS asked (id, place)
JOIN deployment d ON d.id = asked.id
LEFT JOIN clock_correction clock ON clock.deployment_id = d.id AND clock.undone_at IS NULL
CROSS JOIN LATERAL (
    SELECT o.model, o.clock_quality FROM observation o
    WHERE o.deployment_id = asked.id
      AND o.observed_at >= %(since)s - make_interval(secs => coalesce(clock.offset_s, 0))
      AND o.observed_at < %(until)s - make_interval(secs => coalesce(clock.offset_s, 0))
    ORDER BY o.observed_at DESC LIMIT 1
) newest;

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
