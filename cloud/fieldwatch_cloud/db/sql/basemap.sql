-- name: extent
SELECT ST_XMin(wide), ST_YMin(wide), ST_XMax(wide), ST_YMax(wide)
FROM (
    SELECT ST_Envelope(ST_Buffer(ST_Envelope(bare)::geography, %(margin_m)s)::geometry) AS wide
    FROM (
        SELECT ST_Collect(
            (SELECT boundary FROM reserve WHERE id = %(reserve_id)s),
            (SELECT ST_Collect(location) FROM deployment WHERE reserve_id = %(reserve_id)s)
        ) AS bare
    ) place
    WHERE bare IS NOT NULL AND NOT ST_IsEmpty(bare)
) box;

-- name: layers
SELECT kind, name, source, features, loaded_at FROM basemap_layer
WHERE reserve_id = %(reserve_id)s ORDER BY kind;

-- name: forget
DELETE FROM basemap_layer WHERE reserve_id = %(reserve_id)s AND kind = %(kind)s;

-- name: add_layer
INSERT INTO basemap_layer (reserve_id, kind, name, source, features)
VALUES (%(reserve_id)s, %(kind)s, %(name)s, %(source)s, 0);

-- name: copy
COPY basemap_feature (reserve_id, kind, geom, name, name_zh, class, ele) FROM STDIN;

-- name: counted
UPDATE basemap_layer SET features = %(features)s WHERE reserve_id = %(reserve_id)s AND kind = %(kind)s;

-- name: changed
INSERT INTO basemap (reserve_id) VALUES (%(reserve_id)s)
ON CONFLICT (reserve_id) DO UPDATE SET wanted = basemap.wanted + 1;

-- name: built
SELECT wanted, built, failed, reason, version, bytes, bounds, max_zoom, built_at
FROM basemap WHERE reserve_id = %(reserve_id)s;

-- name: due
SELECT b.reserve_id, r.slug FROM basemap b JOIN reserve r ON r.id = b.reserve_id
WHERE b.wanted <> b.built AND b.failed IS DISTINCT FROM b.wanted
ORDER BY r.slug;

-- name: note_built
-- A later build may have ended before.
UPDATE basemap
SET built = %(change)s, failed = NULL, reason = NULL, version = %(version)s, bytes = %(bytes)s, bounds = %(bounds)s,
    max_zoom = %(max_zoom)s, built_at = clock_timestamp()
WHERE reserve_id = %(reserve_id)s AND built <= %(change)s;

-- name: note_failed
UPDATE basemap SET failed = %(change)s, reason = %(reason)s WHERE reserve_id = %(reserve_id)s;

-- name: draw
-- What is seen at a zoom, in web mercator and without detail that no pixel shows. Small areas and short lines
-- first come into view where they have some pixels.
CREATE TEMP TABLE drawn ON COMMIT DROP AS
SELECT layer, class, name, name_zh, ele, least, geom
FROM (
    SELECT f.kind, f.class, f.name, f.name_zh, f.ele,
           CASE WHEN f.kind IN ('river', 'lake') AND ST_Dimension(f.geom) = 2 THEN 'water'
                WHEN f.kind = 'river' THEN 'waterway'
                WHEN f.kind IN ('road', 'track') THEN 'road'
                WHEN f.kind = 'forest' THEN 'landcover'
                ELSE f.kind END AS layer,
           CASE WHEN f.kind = 'contour' THEN CASE WHEN f.class = 'index' THEN 10 ELSE 12 END
                WHEN f.kind = 'building' THEN 13
                WHEN f.kind = 'track' OR f.class IN ('path', 'track', 'footway', 'steps') THEN 10
                WHEN f.kind = 'road' THEN CASE WHEN f.class IN ('motorway', 'trunk', 'primary') THEN 5 ELSE 8 END
                WHEN f.kind = 'river' AND ST_Dimension(f.geom) = 1
                THEN CASE WHEN f.class IN ('stream', 'ditch', 'drain', 'canal') THEN 11 ELSE 7 END
                WHEN f.kind = 'place'
                THEN CASE WHEN f.class IN ('city', 'town') THEN 5 WHEN f.class IN ('village', 'station') THEN 9
                          ELSE 10 END
                ELSE 5 END AS least,
           CASE WHEN f.kind = 'place' THEN ST_Transform(f.geom, 3857)
                WHEN ST_Dimension(f.geom) = 2
                THEN ST_MakeValid(ST_SimplifyPreserveTopology(ST_Transform(f.geom, 3857), %(pixel)s / 2))
                ELSE ST_Simplify(ST_Transform(f.geom, 3857), %(pixel)s / 2) END AS geom
    FROM (
        SELECT kind, class, name, name_zh, ele, geom FROM basemap_feature WHERE reserve_id = %(reserve_id)s
        UNION ALL
        -- A water's name is a place: on the area, each tile that it meets would write it once more.
        SELECT 'place', 'water', name, name_zh, NULL, ST_PointOnSurface(geom)
        FROM basemap_feature
        WHERE reserve_id = %(reserve_id)s AND kind IN ('lake', 'river') AND ST_Dimension(geom) = 2
          AND coalesce(name, name_zh) IS NOT NULL
    ) f
) f
WHERE least <= %(zoom)s AND geom IS NOT NULL AND NOT ST_IsEmpty(geom)
  AND CASE ST_Dimension(geom) WHEN 2 THEN ST_Area(geom) > 4 * %(pixel)s * %(pixel)s
                              WHEN 1 THEN ST_Length(geom) > 4 * %(pixel)s ELSE true END;

-- name: index
CREATE INDEX ON drawn USING gist (geom);

-- name: look
ANALYZE drawn;

-- name: erase
DROP TABLE drawn;

-- name: tile
-- The layers of a tile are one after the other in its bytes.
WITH edge AS MATERIALIZED (SELECT ST_MakeEnvelope(%(west)s, %(south)s, %(east)s, %(north)s, 3857) AS box),
here AS MATERIALIZED (
    SELECT layer, class, name, name_zh, ele, least, ST_AsMVTGeom(geom, box, 4096, 64, true) AS geom
    FROM edge JOIN drawn ON geom && ST_Expand(box, (%(east)s - %(west)s) / 64)
)
SELECT (SELECT coalesce(ST_AsMVT(t, 'landcover', 4096, 'geom'), '') FROM (
            SELECT coalesce(class, 'forest') AS class, name, name_zh, geom FROM here WHERE layer = 'landcover' AND geom IS NOT NULL) t)
    || (SELECT coalesce(ST_AsMVT(t, 'water', 4096, 'geom'), '') FROM (
            SELECT class, geom FROM here WHERE layer = 'water' AND geom IS NOT NULL) t)
    || (SELECT coalesce(ST_AsMVT(t, 'contour', 4096, 'geom'), '') FROM (
            SELECT ele, coalesce(class = 'index', false) AS index, geom FROM here WHERE layer = 'contour' AND geom IS NOT NULL) t)
    || (SELECT coalesce(ST_AsMVT(t, 'waterway', 4096, 'geom'), '') FROM (
            SELECT coalesce(class, 'river') AS class, name, name_zh, geom FROM here WHERE layer = 'waterway' AND geom IS NOT NULL) t)
    || (SELECT coalesce(ST_AsMVT(t, 'road', 4096, 'geom'), '') FROM (
            SELECT coalesce(class, CASE WHEN least = 10 THEN 'track' ELSE 'road' END) AS class, name, name_zh, geom
            FROM here WHERE layer = 'road' AND geom IS NOT NULL) t)
    || (SELECT coalesce(ST_AsMVT(t, 'building', 4096, 'geom'), '') FROM (
            SELECT class, name, name_zh, geom FROM here WHERE layer = 'building' AND geom IS NOT NULL) t)
    || (SELECT coalesce(ST_AsMVT(t, 'place', 4096, 'geom'), '') FROM (
            SELECT class, name, name_zh, ele, least AS rank, geom FROM here WHERE layer = 'place' AND geom IS NOT NULL) t);
