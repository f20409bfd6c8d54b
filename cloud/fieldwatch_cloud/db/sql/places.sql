-- name: reserve
SELECT slug, name, name_zh, timezone, ST_AsGeoJSON(boundary, 7) AS boundary FROM reserve WHERE id = %(id)s FOR UPDATE;

-- name: set_reserve
UPDATE reserve SET name = %(name)s, name_zh = %(name_zh)s, timezone = %(timezone)s WHERE id = %(id)s;

-- name: set_boundary
UPDATE reserve SET boundary = ST_Multi(ST_GeomFromGeoJSON(%(boundary)s)) WHERE id = %(id)s;

-- name: size
SELECT ST_Area(ST_GeomFromGeoJSON(%(area)s)::geography) / 1e6;

-- name: zone
SELECT z.id, r.slug AS reserve, z.reserve_id, z.name, z.name_zh, ST_AsGeoJSON(z.area, 7) AS area
FROM zone z JOIN reserve r ON r.id = z.reserve_id
WHERE z.id = %(id)s FOR UPDATE OF z;

-- name: set_zone
UPDATE zone SET name = %(name)s, name_zh = %(name_zh)s, area = ST_Multi(ST_GeomFromGeoJSON(%(area)s))
WHERE id = %(id)s;

-- name: shifts_ahead
-- Those that are over call nobody any more.
SELECT a.name, s.starts_at, s.repeats
FROM shift s JOIN account a ON a.id = s.account_id
WHERE s.zone_id = %(id)s
  AND CASE WHEN s.repeats = 'never' THEN s.ends_at > now() ELSE s.until IS NULL OR s.until > now() END
ORDER BY s.starts_at;

-- name: delete_zone
DELETE FROM zone WHERE id = %(id)s;

-- name: overlaps
-- Neighbours share a border, and drawn borders never fit to the metre: only what is more than a hundredth of
-- the smaller zone counts.
SELECT a.id, b.id, b.name, b.name_zh, s.km2
FROM zone a JOIN zone b ON b.reserve_id = a.reserve_id AND b.id <> a.id AND ST_Intersects(a.area, b.area)
CROSS JOIN LATERAL (SELECT ST_Area(ST_Intersection(a.area, b.area)::geography) / 1e6 AS km2,
                           least(ST_Area(a.area::geography), ST_Area(b.area::geography)) / 1e6 AS least_km2) s
WHERE a.reserve_id = %(reserve_id)s AND (%(ids)s::uuid[] IS NULL OR a.id = ANY (%(ids)s)) AND s.km2 > s.least_km2 / 100
ORDER BY a.id, s.km2 DESC;

-- name: deployment
SELECT d.id, r.slug AS reserve, d.reserve_id, d.node_id, d.location_name, d.heading_deg, d.tilt_deg, d.field_of_view_deg, d.height_m,
       d.detection_distance_m
FROM deployment d JOIN reserve r ON r.id = d.reserve_id
WHERE d.id = %(id)s FOR UPDATE OF d;

-- name: set_deployment
UPDATE deployment SET location_name = %(location_name)s, heading_deg = %(heading_deg)s, tilt_deg = %(tilt_deg)s,
    field_of_view_deg = %(field_of_view_deg)s, height_m = %(height_m)s, detection_distance_m = %(detection_distance_m)s
WHERE id = %(id)s;

-- name: node_reserve
SELECT r.slug, n.reserve_id, n.name FROM node n JOIN reserve r ON r.id = n.reserve_id WHERE n.id = %(id)s;
