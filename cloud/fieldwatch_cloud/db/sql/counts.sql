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
-- In whose counts there are markers, and in whose effort.
SELECT ARRAY(SELECT DISTINCT deployment_id FROM stale WHERE deployment_id = ANY (%(deployments)s::uuid[])),
       ARRAY(SELECT DISTINCT deployment_id FROM stale_effort WHERE deployment_id = ANY (%(deployments)s::uuid[]));

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
-- Seconds in which each deployment looked, by its place among those that are asked for: the length of the union of
-- its spans within the query's. Deployments share cuts (spans in which the kept sums hold, by number): most of them
-- all have the same one. A span's length is what was looked until its end, less until its start.
SELECT asked.place::int - 1, date_part('epoch', sum(edge.sign * reached.looked))
FROM unnest(%(deployments)s::uuid[], %(cuts)s::int[]) WITH ORDINALITY AS asked (id, cut, place)
JOIN unnest(%(edge_of)s::int[], %(edge_day)s::date[], %(edge_at)s::timestamptz[], %(edge_sign)s::int[])
     AS edge (cut, day, at, sign) ON edge.cut = asked.cut
CROSS JOIN LATERAL (
    SELECT e.before + CASE
        WHEN e.day < edge.day THEN e.looked
        -- A single span, as most days have, is cut without being unnested, which takes longer than the probe.
        WHEN e.looked = upper(e.spans) - lower(e.spans)
        THEN greatest(least(upper(e.spans), edge.at) - lower(e.spans), '0')
        ELSE (SELECT coalesce(sum(upper(span) - lower(span)), '0')
              FROM unnest(e.spans * tstzmultirange(tstzrange(NULL, edge.at))) AS span)
    END AS looked
    FROM effort_until e
    WHERE e.deployment_id = asked.id AND e.day <= edge.day
    ORDER BY e.day DESC LIMIT 1
) reached
GROUP BY asked.place;

-- name: effort_of_stale
SELECT piece.place, date_part('epoch', sum(upper(l.span) - lower(l.span)))
FROM unnest(%(stale_at)s::int[], %(stale_of)s::uuid[], %(stale_from)s::timestamptz[], %(stale_to)s::timestamptz[])
     AS piece (place, id, since, until)
CROSS JOIN LATERAL looked(piece.id, piece.since, piece.until) l
GROUP BY piece.place;

-- name: from_sums
-- The start of a statement that goes on with those of the forms below (`counts.pieces`) that are needed, UNION ALL:
-- a few probes of an index for each deployment.
WITH asked AS (
    SELECT * FROM unnest(%(deployments)s::uuid[], %(cuts)s::int[]) WITH ORDINALITY AS asked (id, cut, place)
),
piece AS (
    SELECT * FROM unnest(%(piece_of)s::int[], %(form)s::text[], %(first)s::date[], %(last)s::date[])
                  AS piece (cut, form, first, last)
)

-- name: from_day
SELECT asked.place::int - 1 AS place, c.*
FROM asked JOIN piece ON piece.cut = asked.cut AND piece.form = 'from_day'
CROSS JOIN LATERAL (
    SELECT c.events, c.after AS sums FROM count_day c
    WHERE c.deployment_id = asked.id AND c.day BETWEEN piece.first AND piece.last
    ORDER BY c.day LIMIT 1
) c

-- name: to_day
SELECT asked.place::int - 1 AS place, c.*
FROM asked JOIN piece ON piece.cut = asked.cut AND piece.form = 'to_day'
CROSS JOIN LATERAL (
    SELECT c.events, c.before AS sums FROM count_day c
    WHERE c.deployment_id = asked.id AND c.day BETWEEN piece.first AND piece.last
    ORDER BY c.day DESC LIMIT 1
) c

-- name: from_month
SELECT asked.place::int - 1 AS place, c.*
FROM asked JOIN piece ON piece.cut = asked.cut AND piece.form = 'from_month'
CROSS JOIN LATERAL (
    SELECT NULL::bytea AS events, c.sums || c.after AS sums FROM count_month c
    WHERE c.deployment_id = asked.id AND c.month BETWEEN piece.first AND piece.last
    ORDER BY c.month LIMIT 1
) c

-- name: to_month
SELECT asked.place::int - 1 AS place, c.*
FROM asked JOIN piece ON piece.cut = asked.cut AND piece.form = 'to_month'
CROSS JOIN LATERAL (
    SELECT NULL::bytea AS events, c.before || c.sums AS sums FROM count_month c
    WHERE c.deployment_id = asked.id AND c.month BETWEEN piece.first AND piece.last
    ORDER BY c.month DESC LIMIT 1
) c

-- name: days
SELECT asked.place::int - 1 AS place, c.*
FROM asked JOIN piece ON piece.cut = asked.cut AND piece.form = 'days'
CROSS JOIN LATERAL (
    SELECT c.events, ''::bytea AS sums FROM count_day c
    WHERE c.deployment_id = asked.id AND c.day BETWEEN piece.first AND piece.last
    OFFSET 0 -- By the index: joined, the planner might read all rows that there are.
) c

-- name: months
SELECT asked.place::int - 1 AS place, c.*
FROM asked JOIN piece ON piece.cut = asked.cut AND piece.form = 'months'
CROSS JOIN LATERAL (
    SELECT NULL::bytea AS events, c.sums FROM count_month c
    WHERE c.deployment_id = asked.id AND c.month BETWEEN piece.first AND piece.last
    OFFSET 0
) c

-- name: years
SELECT asked.place::int - 1 AS place, c.*
FROM asked JOIN piece ON piece.cut = asked.cut AND piece.form = 'years'
CROSS JOIN LATERAL (
    SELECT NULL::bytea AS events, c.sums || c.after AS sums FROM count_month c
    WHERE c.deployment_id = asked.id AND c.month BETWEEN piece.first AND piece.last AND c.before = ''
    OFFSET 0
) c

-- name: taxa
SELECT id, scientific_name, observation_type::text FROM counted_taxon WHERE id = ANY (%(numbers)s);

-- name: from_stale
-- Where markers lie, from the records.
SELECT piece.place, e.scientific_name, e.observation_type::text, sum(e.observations)::bigint,
       sum(e.labelled)::bigint, count(*), sum(e.max_n)::bigint, max(e.max_n)::bigint
FROM unnest(%(stale_at)s::int[], %(stale_of)s::uuid[], %(stale_from)s::timestamptz[], %(stale_to)s::timestamptz[])
     AS piece (place, id, since, until)
CROSS JOIN LATERAL events(piece.id, piece.since, piece.until) e
GROUP BY piece.place, e.scientific_name, e.observation_type;

-- name: from_records
-- By another interval or rule, or above a confidence: deployment by deployment, many small sorts in memory
-- instead of a large one on disk.
SELECT d.place::int - 1, e.scientific_name, e.observation_type::text, sum(e.observations)::bigint,
       sum(e.labelled)::bigint, count(*), sum(e.max_n)::bigint, max(e.max_n)::bigint
FROM unnest(%(deployments)s::uuid[]) WITH ORDINALITY AS d (id, place)
CROSS JOIN LATERAL events_by(d.id, %(since)s, %(until)s, %(interval)s, %(rule)s, %(min_confidence)s::real) e
GROUP BY d.place, e.scientific_name, e.observation_type;

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
