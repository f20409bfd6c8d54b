-- name: reserve
SELECT timezone, ST_AsGeoJSON(boundary, 15) FROM reserve WHERE id = %(reserve_id)s;

-- name: deployments
-- By place alone: when each looked is for its effort to say, not for its dates.
SELECT d.id, d.location_name, ST_X(d.location) AS lon, ST_Y(d.location) AS lat, d.heading_deg, d.tilt_deg,
       d.field_of_view_deg, d.height_m, d.detection_distance_m,
       coalesce(s.effort_from_dates, false) AS effort_from_dates,
       EXISTS (SELECT FROM clock_correction c WHERE c.deployment_id = d.id AND c.undone_at IS NULL)
           AS clock_corrected
FROM standing d
LEFT JOIN dataset s ON s.id = d.dataset_id
WHERE d.reserve_id = %(reserve_id)s
  AND (%(area)s::text IS NULL OR ST_Intersects(d.location, ST_GeomFromGeoJSON(%(area)s)))
  AND (%(deployment)s::uuid IS NULL OR d.id = %(deployment)s)
ORDER BY d.location_name, d.id;

-- name: looked
SELECT d.number - 1, extract(epoch FROM lower(l.span))::float8,
       extract(epoch FROM upper(l.span))::float8
FROM unnest(%(deployments)s::uuid[]) WITH ORDINALITY AS d(id, number)
CROSS JOIN LATERAL looked(d.id, %(since)s, %(until)s) l
ORDER BY d.number, lower(l.span)
LIMIT %(most)s;

-- name: events
-- By the default rule: kept by a job, exact at any time.
SELECT d.number - 1, e.scientific_name, extract(epoch FROM e.started_at)::float8,
       extract(epoch FROM e.ended_at)::float8, e.observations, e.labelled, e.max_n
FROM unnest(%(deployments)s::uuid[]) WITH ORDINALITY AS d(id, number)
CROSS JOIN LATERAL events(d.id, %(since)s, %(until)s) e
WHERE (%(taxa)s::text[] IS NULL AND e.observation_type = 'animal') OR e.scientific_name = ANY (%(taxa)s)
ORDER BY d.number, e.started_at, e.scientific_name
LIMIT %(most)s;

-- name: events_by
SELECT d.number - 1, e.scientific_name, extract(epoch FROM e.started_at)::float8,
       extract(epoch FROM e.ended_at)::float8, e.observations, e.labelled, e.max_n
FROM unnest(%(deployments)s::uuid[]) WITH ORDINALITY AS d(id, number)
CROSS JOIN LATERAL events_by(
    d.id, %(since)s, %(until)s, %(interval)s, %(rule)s, %(min_confidence)s::real
) e
WHERE (%(taxa)s::text[] IS NULL AND e.observation_type = 'animal') OR e.scientific_name = ANY (%(taxa)s)
ORDER BY d.number, e.started_at, e.scientific_name
LIMIT %(most)s;

-- name: records
SELECT d.number - 1, s.scientific_name, extract(epoch FROM s.observed_at)::float8,
       extract(epoch FROM s.ended_at)::float8, s.count
FROM unnest(%(deployments)s::uuid[]) WITH ORDINALITY AS d(id, number)
CROSS JOIN LATERAL seen(d.id, %(since)s, %(until)s) s
WHERE s.confidence >= %(min_confidence)s::real AND s.scientific_name = ANY (%(taxa)s)
ORDER BY d.number, s.observed_at, s.ended_at
LIMIT %(most)s;

-- name: facts
-- Who vouches for the records: which model, which clock, or a person.
SELECT d.number - 1, s.scientific_name, o.model, s.labelled, s.clock_quality = 'unsynchronised', count(*)
FROM unnest(%(deployments)s::uuid[]) WITH ORDINALITY AS d(id, number)
CROSS JOIN LATERAL seen(d.id, %(since)s, %(until)s) s
LEFT JOIN observation o ON o.id = s.observation_id
WHERE s.confidence >= %(min_confidence)s::real AND s.observation_type <> 'blank'
  AND ((%(taxa)s::text[] IS NULL AND s.observation_type = 'animal') OR s.scientific_name = ANY (%(taxa)s))
GROUP BY 1, 2, 3, 4, 5;

-- name: tallies
-- Events by the period in which they start; by the default rule they are kept by a job, exact at any time.
SELECT d.number - 1, width_bucket(e.started_at, %(edges)s::timestamptz[]) - 1, e.scientific_name,
       e.observation_type::text, sum(e.observations)::bigint, sum(e.labelled)::bigint, sum(e.max_n)::bigint,
       count(*), max(e.max_n)
FROM unnest(%(deployments)s::uuid[]) WITH ORDINALITY AS d(id, number)
CROSS JOIN LATERAL events(d.id, %(since)s, %(until)s) e
WHERE %(taxa)s::text[] IS NULL OR e.scientific_name = ANY (%(taxa)s)
GROUP BY 1, 2, 3, 4
LIMIT %(most)s;

-- name: tallies_by
SELECT d.number - 1, width_bucket(e.started_at, %(edges)s::timestamptz[]) - 1, e.scientific_name,
       e.observation_type::text, sum(e.observations)::bigint, sum(e.labelled)::bigint, sum(e.max_n)::bigint,
       count(*), max(e.max_n)
FROM unnest(%(deployments)s::uuid[]) WITH ORDINALITY AS d(id, number)
CROSS JOIN LATERAL events_by(
    d.id, %(since)s, %(until)s, %(interval)s, %(rule)s, %(min_confidence)s::real
) e
WHERE %(taxa)s::text[] IS NULL OR e.scientific_name = ANY (%(taxa)s)
GROUP BY 1, 2, 3, 4
LIMIT %(most)s;

-- name: said
SELECT d.number - 1, width_bucket(s.observed_at, %(edges)s::timestamptz[]) - 1, s.scientific_name, o.model,
       count(*)
FROM unnest(%(deployments)s::uuid[]) WITH ORDINALITY AS d(id, number)
CROSS JOIN LATERAL seen(d.id, %(since)s, %(until)s) s
JOIN observation o ON o.id = s.observation_id
WHERE s.confidence >= %(min_confidence)s::real AND s.observation_type = 'animal' AND NOT s.labelled
GROUP BY 1, 2, 3, 4
LIMIT %(most)s;
