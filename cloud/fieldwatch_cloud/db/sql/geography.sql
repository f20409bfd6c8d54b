-- name: reserve_id
SELECT id FROM reserve WHERE slug = %(slug)s;

-- name: reserves
SELECT slug, name, name_zh, timezone, ST_AsGeoJSON(boundary, 7) AS boundary
FROM reserve
WHERE %(slugs)s::text[] IS NULL OR slug = ANY (%(slugs)s)
ORDER BY slug;

-- name: add_reserve
INSERT INTO reserve (id, slug, name, name_zh, timezone, boundary)
VALUES (%(id)s, %(slug)s, %(name)s, %(name_zh)s, %(timezone)s, ST_Multi(ST_GeomFromGeoJSON(%(boundary)s)));

-- name: zones
SELECT id, name, name_zh, ST_AsGeoJSON(area, 7) AS area
FROM zone WHERE reserve_id = %(reserve_id)s ORDER BY name, id;

-- name: add_zone
INSERT INTO zone (id, reserve_id, name, name_zh, area)
VALUES (%(id)s, %(reserve_id)s, %(name)s, %(name_zh)s, ST_Multi(ST_GeomFromGeoJSON(%(area)s)));

-- name: deployments
-- The newest heartbeat is the one heard last: by its own time, a node whose clock once ran ahead would
-- never have a newer one.
SELECT d.id, d.node_id, d.location_name, ST_X(d.location) AS lon, ST_Y(d.location) AS lat,
       d.heading_deg, d.tilt_deg, d.field_of_view_deg, d.height_m, d.detection_distance_m,
       d.started_at, d.ended_at, d.dataset_id, coalesce(n.online, false) AS online, beat.body AS heartbeat, beat.received_at AS heard_at,
       CASE WHEN %(exact)s OR NOT EXISTS (SELECT FROM sensitive_species s WHERE s.reserve_id = d.reserve_id) THEN
           (SELECT max(observed_at) FROM observation WHERE deployment_id = d.id)
       ELSE
           (SELECT observed_at FROM observation
            WHERE deployment_id = d.id AND NOT is_sensitive(d.reserve_id, scientific_name)
            ORDER BY observed_at DESC LIMIT 1)
       END AS last_observation_at
FROM standing d
LEFT JOIN node n ON n.id = d.node_id  -- None of a deployment that a data set brought.
LEFT JOIN LATERAL (
    SELECT body, received_at FROM heartbeat
    WHERE node_id = d.node_id
    ORDER BY received_at DESC, observed_at DESC
    LIMIT 1
) beat ON true
WHERE d.reserve_id = %(reserve_id)s
ORDER BY d.location_name, d.id;

-- name: zone_area
SELECT ST_AsGeoJSON(area, 15) FROM zone WHERE id = %(zone)s AND reserve_id = %(reserve_id)s;

-- name: licence
SELECT licence, rights_holder FROM reserve WHERE id = %(reserve_id)s;

-- name: set_licence
UPDATE reserve SET licence = %(licence)s, rights_holder = %(rights_holder)s WHERE slug = %(slug)s RETURNING id;

-- name: place
SELECT d.id, r.slug AS reserve, r.timezone, d.node_id
FROM deployment d JOIN reserve r ON r.id = d.reserve_id
WHERE d.id = %(id)s;

-- name: node_in_reserve
SELECT 1 FROM node WHERE id = %(node_id)s AND reserve_id = %(reserve_id)s;

-- name: add_deployment
INSERT INTO deployment (
    id, reserve_id, node_id, location_name, location, heading_deg, tilt_deg, field_of_view_deg, height_m,
    detection_distance_m, started_at, ended_at, moves)
VALUES (
    %(id)s, %(reserve_id)s, %(node_id)s, %(location_name)s, ST_Point(%(lon)s, %(lat)s, 4326), %(heading_deg)s,
    %(tilt_deg)s, %(field_of_view_deg)s, %(height_m)s, %(detection_distance_m)s,
    coalesce(%(started_at)s, now()), %(ended_at)s, %(moves)s);

-- name: end_deployment
UPDATE deployment SET ended_at = coalesce(%(at)s, now())
WHERE id = %(id)s AND node_id IS NOT NULL AND (%(reserve_id)s::uuid IS NULL OR reserve_id = %(reserve_id)s)
RETURNING ended_at;

-- name: succeed
-- A clock that was set right meanwhile may put the end before the beginning: then it was never looked at.
UPDATE deployment SET ended_at = greatest(started_at, %(at)s)
WHERE id = %(id)s AND node_id = %(node_id)s AND (ended_at IS NULL OR ended_at > greatest(started_at, %(at)s))
RETURNING id;
