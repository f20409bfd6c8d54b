-- name: insert
-- The id is made where the report was written: what is sent again is stored once.
INSERT INTO fire_report (
    id, reserve_id, account_id, observed_at, kind, location, location_sd_m, standpoint, bearing_deg,
    bearing_sd_deg, note
) VALUES (
    %(id)s, (SELECT id FROM reserve WHERE slug = %(reserve)s), %(account_id)s, %(observed_at)s, %(kind)s,
    ST_SetSRID(ST_MakePoint(%(lon)s, %(lat)s), 4326), %(location_sd_m)s,
    ST_SetSRID(ST_MakePoint(%(standpoint_lon)s, %(standpoint_lat)s), 4326), %(bearing_deg)s, %(bearing_sd_deg)s,
    %(note)s
)
ON CONFLICT (id) DO NOTHING;

-- name: known
SELECT r.slug, f.account_id, f.incident_id
FROM fire_report f JOIN reserve r ON r.id = f.reserve_id
WHERE f.id = %(id)s;

-- name: distance
-- In metres from the reserve's boundary, or from its nearest camera.
SELECT ST_Distance(
    coalesce(r.boundary, (SELECT ST_Collect(d.location) FROM deployment d WHERE d.reserve_id = r.id))::geography,
    ST_SetSRID(ST_MakePoint(%(lon)s, %(lat)s), 4326)::geography
)
FROM reserve r WHERE r.slug = %(reserve)s;
