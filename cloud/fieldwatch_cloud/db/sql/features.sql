-- name: one_instant
-- The tables of one export must see the same records.
SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY;

-- name: not_for_ever
SELECT set_config('statement_timeout', %(seconds)s || 's', true);

-- name: chosen
-- The order in which deployments are walked through.
SELECT id FROM standing
WHERE reserve_id = %(reserve_id)s
  AND (%(ids)s::uuid[] IS NULL OR id = ANY (%(ids)s))
  AND (%(area)s::text IS NULL OR ST_Intersects(location, ST_GeomFromGeoJSON(%(area)s)))
ORDER BY id;

-- name: places
SELECT id, ST_X(location), ST_Y(location), coordinate_uncertainty_m FROM deployment WHERE reserve_id = %(reserve_id)s;

-- name: extent
SELECT ST_XMin(box), ST_YMin(box), ST_XMax(box), ST_YMax(box)
FROM (SELECT ST_Extent(g) AS box
      FROM (SELECT location AS g FROM deployment WHERE reserve_id = %(reserve_id)s
            UNION ALL SELECT boundary FROM reserve WHERE id = %(reserve_id)s
            UNION ALL SELECT area FROM zone WHERE reserve_id = %(reserve_id)s) every) one;

-- name: began
SELECT min(started_at) FROM deployment WHERE reserve_id = %(reserve_id)s;

-- name: page_begin
SELECT * FROM (

-- name: page_end
) f
WHERE (%(shape)s::text IS NULL OR ST_Intersects(f.geometry, ST_GeomFromGeoJSON(%(shape)s)))
  AND (%(after_at)s::timestamptz IS NULL OR f.ordinal > 1
       OR (f.at, f.id COLLATE "C") > (%(after_at)s::timestamptz, %(after_id)s::text COLLATE "C"))
  AND %(filter)s
ORDER BY f.ordinal, f.at, f.id COLLATE "C"
LIMIT %(limit)s;

-- name: count_begin
SELECT count(*) FROM (

-- name: count_end
) f
WHERE (%(shape)s::text IS NULL OR ST_Intersects(f.geometry, ST_GeomFromGeoJSON(%(shape)s))) AND %(filter)s;

-- name: deployments
SELECT d.id::text AS id, d.id AS deployment_id, d.location_name AS deployment, d.node_id, d.dataset_id,
       d.heading_deg, d.tilt_deg, d.field_of_view_deg, d.height_m, d.detection_distance_m,
       d.coordinate_uncertainty_m, d.started_at, d.ended_at,
       ST_AsBinary(d.location) AS wkb, d.location AS geometry, d.started_at AS at, 1 AS ordinal
FROM standing d
WHERE d.reserve_id = %(reserve_id)s AND (%(ids)s::uuid[] IS NULL OR d.id = ANY (%(ids)s))
  AND d.started_at < %(until)s AND coalesce(d.ended_at, 'infinity') >= %(since)s

-- name: incidents
-- Without those that were found to be one with another. Where no place is known, the region in which it lies.
SELECT i.id::text AS id, i.kind, i.state, i.first_seen_at, i.last_seen_at, i.opened_at, i.drill,
       i.location IS NOT NULL AS placed, i.location_method, i.semi_major_m, i.semi_minor_m, i.orientation_deg,
       i.fwi, z.name AS zone,
       ST_AsBinary(coalesce(i.location, i.region)) AS wkb, coalesce(i.location, i.region) AS geometry,
       i.first_seen_at AS at, 1 AS ordinal
FROM incident i
LEFT JOIN zone z ON z.id = i.zone_id
WHERE i.reserve_id = %(reserve_id)s AND i.merged_into IS NULL AND %(ids)s::uuid[] IS NULL
  AND i.first_seen_at < %(until)s AND i.last_seen_at >= %(since)s

-- name: zones
SELECT z.id::text AS id, z.name, z.name_zh, ST_Area(z.area::geography) / 1e6 AS area_km2,
       ST_AsBinary(z.area) AS wkb, z.area AS geometry, timestamptz 'epoch' AS at, 1 AS ordinal
FROM zone z WHERE z.reserve_id = %(reserve_id)s AND %(ids)s::uuid[] IS NULL

-- name: effort
-- Per local day of the reserve: a span over midnight counts on both.
SELECT d.id || '.' || (extract(epoch FROM day.start) * 1000000)::bigint || '.effort' AS id,
       d.id AS deployment_id, d.location_name AS deployment, day.local AS day, day.start AS started_at,
       day.hours, ST_AsBinary(d.location) AS wkb, d.location AS geometry, day.start AS at, chosen.place AS ordinal
FROM unnest(%(deployments)s::uuid[]) WITH ORDINALITY AS chosen(id, place)
JOIN deployment d ON d.id = chosen.id
JOIN reserve r ON r.id = d.reserve_id
CROSS JOIN LATERAL (
    SELECT local::date AS local, local AT TIME ZONE r.timezone AS start,
           (sum(extract(epoch FROM upper(piece) - lower(piece))) / 3600)::float8 AS hours
    FROM looked(d.id, %(since)s, %(until)s) l
    CROSS JOIN LATERAL generate_series(date_trunc('day', lower(l.span) AT TIME ZONE r.timezone),
                                       upper(l.span) AT TIME ZONE r.timezone, '1 day') AS local
    CROSS JOIN LATERAL (
        SELECT l.span * tstzrange(local AT TIME ZONE r.timezone,
                                  (local + interval '1 day') AT TIME ZONE r.timezone) AS piece
    ) cut
    WHERE NOT isempty(piece)
    GROUP BY local, r.timezone
) day

-- name: observations
-- Where a place may not be told (`blur`), neither are the camera and the picture, whose background tells it, nor
-- the instant: what else was seen at that instant stands at its camera; nor the model, which may run at one only.
SELECT CASE WHEN blur.m IS NULL THEN d.id::text ELSE 'hidden' END || '.'
           || (extract(epoch FROM told.started_at) * 1000000)::bigint || '.'
           || left(md5(coalesce(s.observation_id::text, s.media_id || '/' || s.label_number) || d.reserve_id), 12)
           AS id,
       CASE WHEN blur.m IS NULL THEN s.observation_id END AS observation_id,
       CASE WHEN blur.m IS NULL THEN d.id END AS deployment_id,
       CASE WHEN blur.m IS NULL THEN d.location_name END AS deployment,
       s.observation_type::text AS observation_type, s.scientific_name, s.count, told.started_at AS observed_at,
       told.ended_at, s.confidence, s.labelled,
       CASE WHEN blur.m IS NULL
                 AND NOT (cardinality(%(blur_names)s::text[]) > 0 AND shows_sensitive(d.reserve_id, s.media_id))
            THEN s.media_id END AS media_id,
       CASE WHEN blur.m IS NULL THEN s.clock_quality::text END AS clock_quality,
       CASE WHEN blur.m IS NULL THEN o.model END AS model,
       coalesce(cell.uncertainty_m, d.coordinate_uncertainty_m) AS coordinate_uncertainty_m,
       ST_AsBinary(place.geometry) AS wkb, place.geometry, told.started_at AS at,
       CASE WHEN %(sensitive)s THEN 1 ELSE chosen.place END AS ordinal
FROM unnest(%(deployments)s::uuid[]) WITH ORDINALITY AS chosen(id, place)
JOIN deployment d ON d.id = chosen.id
CROSS JOIN LATERAL (
    SELECT *, observed_at AS started_at
    FROM seen(d.id, CASE WHEN %(sensitive)s OR chosen.place = 1 THEN %(first_since)s ELSE %(since)s END::timestamptz,
              %(until)s::timestamptz)
    WHERE confidence >= %(min_confidence)s::real
) s
LEFT JOIN observation o ON o.id = s.observation_id

-- name: events
-- Independent events by the default rule; exact at any time (see 0006).
SELECT CASE WHEN blur.m IS NULL THEN d.id::text ELSE 'hidden' END || '.'
           || (extract(epoch FROM told.started_at) * 1000000)::bigint || '.'
           || left(md5(concat_ws('/', d.id, s.scientific_name, s.observation_type, d.reserve_id,
                                 CASE WHEN blur.m IS NOT NULL THEN s.started_at END)), 12) AS id,
       CASE WHEN blur.m IS NULL THEN d.id END AS deployment_id,
       CASE WHEN blur.m IS NULL THEN d.location_name END AS deployment,
       s.observation_type::text AS observation_type, s.scientific_name, told.started_at, told.ended_at,
       s.observations, s.labelled, s.max_n, coalesce(cell.uncertainty_m, d.coordinate_uncertainty_m) AS coordinate_uncertainty_m,
       ST_AsBinary(place.geometry) AS wkb, place.geometry, told.started_at AS at,
       CASE WHEN %(sensitive)s THEN 1 ELSE chosen.place END AS ordinal
FROM unnest(%(deployments)s::uuid[]) WITH ORDINALITY AS chosen(id, place)
JOIN deployment d ON d.id = chosen.id
CROSS JOIN LATERAL events(
    d.id, CASE WHEN %(sensitive)s OR chosen.place = 1 THEN %(first_since)s ELSE %(since)s END::timestamptz,
    %(until)s::timestamptz
) s

-- name: as_told
-- How a place is told, of observations and events alike: where it may not be (`blur`), as its cell, and the
-- instant as its day.
CROSS JOIN LATERAL (
    SELECT max(b.m) AS m FROM unnest(%(blur_names)s::text[], %(blur_ms)s::int[]) AS b(name, m)
    WHERE lower(s.scientific_name) = b.name OR starts_with(lower(s.scientific_name), b.name || ' ')
) blur
LEFT JOIN unnest(%(cell_ids)s::uuid[], %(cell_ms)s::int[], %(cell_lons)s::float8[], %(cell_lats)s::float8[],
                 %(cell_uncertainties)s::int[]) AS cell(id, m, lon, lat, uncertainty_m)
       ON cell.id = d.id AND cell.m = blur.m
CROSS JOIN LATERAL (
    SELECT CASE WHEN blur.m IS NULL THEN d.location ELSE ST_Point(cell.lon, cell.lat, 4326) END AS geometry
) place
CROSS JOIN LATERAL (
    SELECT CASE WHEN blur.m IS NULL THEN s.started_at ELSE date_trunc('day', s.started_at, 'UTC') END AS started_at,
           CASE WHEN blur.m IS NULL THEN s.ended_at
                ELSE date_trunc('day', s.started_at, 'UTC') + interval '1 day' - interval '1 s' END AS ended_at
) told
WHERE (blur.m IS NOT NULL) = %(sensitive)s
  AND (%(taxa)s::text[] IS NULL OR s.scientific_name = ANY (%(taxa)s))

-- name: pictures
-- Of one deployment, by the corrected clock, with what is seen in them. A picture that shows a sensitive species
-- is left out for who may not know the place: its background tells it.
SELECT m.id, m.observed_at + clock.ahead AS observed_at, m.mime, m.width, m.height,
       EXISTS (SELECT FROM label_revision r WHERE r.media_id = m.id) AS labelled,
       coalesce(said.boxes, '[]') AS boxes
FROM (SELECT make_interval(secs => coalesce(sum(c.offset_s), 0)) AS ahead
      FROM clock_correction c WHERE c.deployment_id = %(deployment)s AND c.undone_at IS NULL) clock
JOIN media m ON m.deployment_id = %(deployment)s
            AND m.observed_at >= %(since)s::timestamptz - clock.ahead
            AND m.observed_at < %(until)s::timestamptz - clock.ahead
CROSS JOIN LATERAL (
    SELECT jsonb_agg(jsonb_build_object(
               'type', b.observation_type, 'name', b.scientific_name, 'count', b.count, 'box', b.box,
               'confidence', b.confidence, 'labelled', b.labelled)) AS boxes
    FROM (
        SELECT o.observation_type, o.scientific_name, o.count, o.box, o.confidence, false AS labelled
        FROM observation o
        WHERE o.media_id = m.id AND o.confidence >= %(min_confidence)s::real
          AND NOT EXISTS (SELECT FROM label_revision r WHERE r.media_id = m.id)
        UNION ALL
        SELECT l.observation_type, l.scientific_name, l.count, l.box, NULL, true
        FROM current_label l WHERE l.media_id = m.id AND l.observation_type IS NOT NULL
    ) b
    WHERE %(taxa)s::text[] IS NULL OR b.scientific_name = ANY (%(taxa)s)
) said
WHERE (%(taxa)s::text[] IS NULL OR said.boxes IS NOT NULL)
  AND (%(exact)s OR NOT shows_sensitive(%(reserve_id)s, m.id))
  AND (%(after_at)s::timestamptz IS NULL OR (m.observed_at + clock.ahead, m.id) > (%(after_at)s, %(after_id)s::uuid))
ORDER BY m.observed_at, m.id
LIMIT %(limit)s;
