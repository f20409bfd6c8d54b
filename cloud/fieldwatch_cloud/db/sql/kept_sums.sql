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
