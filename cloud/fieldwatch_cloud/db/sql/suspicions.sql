-- name: lock
-- Two workers that see the same fire at once must not open an incident each.
SELECT pg_advisory_xact_lock(hashtextextended('fieldwatch.incidents.' || %(reserve)s, 0));

-- name: exists
SELECT 1 FROM suspicion WHERE id = %(id)s;

-- name: candidates
-- By their suspicions, one by one: an incident's span may have been stretched by a clock that was wrong.
SELECT i.id, s.deployment_id, ST_X(d.location), ST_Y(d.location), s.observed_at, s.bearing_deg, s.bearing_sd_deg
FROM incident i
JOIN reserve r ON r.id = i.reserve_id
JOIN suspicion s ON s.incident_id = i.id
JOIN deployment d ON d.id = s.deployment_id
WHERE r.slug = %(reserve)s
    AND i.state NOT IN ('closed', 'false_alarm')
    AND i.id IN (
        SELECT near.incident_id
        FROM suspicion near JOIN deployment place ON place.id = near.deployment_id
        WHERE place.reserve_id = r.id AND near.observed_at BETWEEN %(from)s AND %(to)s
    )
ORDER BY i.id, s.observed_at;

-- name: place
SELECT ST_X(location), ST_Y(location) FROM deployment WHERE id = %(deployment_id)s;

-- name: open_incident
INSERT INTO incident (id, reserve_id, kind, first_seen_at, last_seen_at)
VALUES (
    %(id)s, (SELECT id FROM reserve WHERE slug = %(reserve)s), %(kind)s, %(first_seen_at)s, %(last_seen_at)s
);

-- name: log_opened
INSERT INTO incident_log (incident_id, action) VALUES (%(id)s, 'opened');

-- name: extend_incident
UPDATE incident SET
    first_seen_at = least(first_seen_at, %(first_seen_at)s),
    last_seen_at = greatest(last_seen_at, %(last_seen_at)s),
    kind = CASE WHEN %(kind)s = 'fire' THEN 'fire' ELSE kind END
WHERE id = %(id)s;

-- name: insert
INSERT INTO suspicion (
    id, deployment_id, incident_id, observed_at, first_seen_at, kind, confidence, box,
    bearing_deg, bearing_sd_deg, elevation_deg, media_id, clock_quality, clock_offset_s, model
) VALUES (
    %(id)s, %(deployment_id)s, %(incident_id)s, %(observed_at)s, %(first_seen_at)s, %(kind)s, %(confidence)s,
    %(box)s, %(bearing_deg)s, %(bearing_sd_deg)s, %(elevation_deg)s, %(media_id)s,
    %(clock_quality)s::clock_quality, %(clock_offset_s)s, %(model)s
);

-- name: incident
SELECT id, kind, state, first_seen_at, last_seen_at FROM incident WHERE id = %(id)s;
