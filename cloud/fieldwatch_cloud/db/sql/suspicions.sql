-- name: exists
SELECT 1 FROM suspicion WHERE id = %(id)s;

-- name: station
SELECT ST_X(location), ST_Y(location), height_m FROM deployment WHERE id = %(deployment_id)s;

-- name: insert
INSERT INTO suspicion (
    id, deployment_id, incident_id, observed_at, first_seen_at, kind, confidence, box, bearing_deg, bearing_sd_deg,
    elevation_deg, elevation_sd_deg, pose, media_id, before_media_id, clip_media_id, clock_quality, clock_offset_s,
    model
) VALUES (
    %(id)s, %(deployment_id)s, %(incident_id)s, %(observed_at)s, %(first_seen_at)s, %(kind)s, %(confidence)s,
    %(box)s, %(bearing_deg)s, %(bearing_sd_deg)s, %(elevation_deg)s, %(elevation_sd_deg)s, %(pose)s, %(media_id)s,
    %(before_media_id)s, %(clip_media_id)s, %(clock_quality)s::clock_quality, %(clock_offset_s)s, %(model)s
);
