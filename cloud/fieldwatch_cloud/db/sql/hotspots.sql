-- name: belonging
-- The nearest reserve within %(within_m)s of each point; one that holds it is at no distance. A reserve whose
-- boundary nobody has drawn is what its cameras stand around; where one is drawn, it goes before such a guess.
WITH outline AS MATERIALIZED (
    SELECT r.slug, r.boundary IS NULL AS guessed, coalesce(r.boundary::geography, ST_Buffer(cameras.hull::geography, %(around_cameras_m)s)) AS area
    FROM reserve r
    LEFT JOIN LATERAL (
        SELECT ST_ConvexHull(ST_Collect(d.location)) AS hull
        FROM deployment d WHERE d.reserve_id = r.id AND d.ended_at IS NULL
    ) cameras ON true
)
SELECT p.n, nearest.slug, nearest.metres,
       %(only)s::text IS NULL OR EXISTS (
           SELECT 1 FROM outline o
           WHERE o.slug = %(only)s
             AND ST_DWithin(o.area, ST_SetSRID(ST_MakePoint(p.lon, p.lat), 4326)::geography, %(within_m)s)
       )
FROM unnest(%(lons)s::float8[], %(lats)s::float8[]) WITH ORDINALITY AS p (lon, lat, n)
CROSS JOIN LATERAL (
    SELECT o.slug, ST_Distance(o.area, ST_SetSRID(ST_MakePoint(p.lon, p.lat), 4326)::geography) AS metres
    FROM outline o
    WHERE ST_DWithin(o.area, ST_SetSRID(ST_MakePoint(p.lon, p.lat), 4326)::geography, %(within_m)s)
    ORDER BY metres, o.guessed, o.slug LIMIT 1
) nearest;

-- name: boxes
-- Around each reserve, for those who can give us hotspots by box: west, south, east, north.
SELECT r.slug, ST_XMin(box.around), ST_YMin(box.around), ST_XMax(box.around), ST_YMax(box.around)
FROM reserve r
LEFT JOIN LATERAL (
    SELECT ST_Collect(d.location) AS points FROM deployment d WHERE d.reserve_id = r.id AND d.ended_at IS NULL
) cameras ON true
CROSS JOIN LATERAL (
    SELECT ST_Envelope(coalesce(r.boundary, cameras.points)) AS bare
) area
-- Degrees of longitude shrink towards the poles.
CROSS JOIN LATERAL (
    SELECT ST_Expand(
        area.bare,
        %(around_m)s / 111320.0 / greatest(cos(radians(least(abs(ST_YMin(area.bare)), abs(ST_YMax(area.bare))) + 1)), 0.05),
        %(around_m)s / 110574.0
    ) AS around
) box
WHERE area.bare IS NOT NULL
ORDER BY r.slug;

-- name: insert
-- Unless it is here: under its id, or a few metres beside as another processing of the same overpass has it.
INSERT INTO hotspot (
    id, reserve_id, source, satellite, instrument, observed_at, location, scan_km, track_km, confidence,
    confidence_percent, brightness_k, frp_mw, daynight, raw
)
SELECT
    %(id)s, (SELECT id FROM reserve WHERE slug = %(reserve)s), %(source)s, %(satellite)s, %(instrument)s,
    %(observed_at)s, place.point, %(scan_km)s, %(track_km)s, %(confidence)s,
    %(confidence_percent)s, %(brightness_k)s, %(frp_mw)s, %(daynight)s, %(raw)s
FROM (SELECT ST_SetSRID(ST_MakePoint(%(lon)s, %(lat)s), 4326) AS point) place
WHERE NOT EXISTS (
    SELECT 1 FROM hotspot h
    WHERE h.location && ST_Expand(place.point, 0.02)
      AND h.satellite = %(satellite)s
      AND h.observed_at BETWEEN %(observed_at)s - interval '1 minute' AND %(observed_at)s + interval '1 minute'
      AND ST_DWithin(h.location::geography, place.point::geography, %(twin_m)s)
)
ON CONFLICT (id) DO NOTHING;

-- name: adopt
-- It lay outside of all reserves until a boundary was drawn around it.
UPDATE hotspot SET reserve_id = (SELECT id FROM reserve WHERE slug = %(reserve)s)
WHERE id = %(id)s AND reserve_id IS NULL;

-- name: list
SELECT h.id, h.incident_id, h.reserve_id IS NOT DISTINCT FROM r.id AS inside, h.source, h.satellite, h.instrument,
       h.observed_at, h.received_at, ST_X(h.location) AS lon, ST_Y(h.location) AS lat, h.scan_km, h.track_km,
       h.confidence, h.confidence_percent, h.brightness_k, h.frp_mw, h.daynight
FROM reserve r
LEFT JOIN LATERAL (
    SELECT ST_Collect(d.location) AS points FROM deployment d WHERE d.reserve_id = r.id
) cameras ON true
JOIN hotspot h ON (
    h.reserve_id = r.id
    OR (h.reserve_id IS NULL
        AND ST_DWithin(h.location::geography, coalesce(r.boundary, cameras.points)::geography, %(within_m)s))
)
WHERE r.id = %(reserve_id)s
  AND (%(since)s::timestamptz IS NULL OR h.observed_at >= %(since)s)
  AND (%(until)s::timestamptz IS NULL OR h.observed_at < %(until)s)
ORDER BY h.observed_at DESC, h.id
LIMIT %(limit)s;
