-- name: lock
-- Two workers that see the same fire at once must not open an incident each.
SELECT pg_advisory_xact_lock(hashtextextended('fieldwatch.incidents.' || %(reserve)s, 0));

-- name: candidates
-- By their evidence, piece by piece: an incident's span may have been stretched by a clock that was wrong.
SELECT i.id, i.kind, i.state, i.opened_at, i.held_back, ended.at, arranged.by_people
FROM reserve r
JOIN incident i ON i.reserve_id = r.id
CROSS JOIN LATERAL (
    SELECT max(coalesce(l.done_at, l.at)) FILTER (WHERE l.action IN ('close', 'false_alarm')) AS at
    FROM incident_log l WHERE l.incident_id = i.id
) ended
CROSS JOIN LATERAL (
    SELECT EXISTS (
        SELECT FROM incident_log l
        WHERE l.incident_id = i.id AND l.account_id IS NOT NULL
            AND (l.action IN ('split', 'merge', 'merged') OR l.details ? 'split_from')
    ) AS by_people
) arranged
WHERE r.slug = %(reserve)s
    AND i.merged_into IS NULL
    AND i.drill = %(drill)s
    AND i.id IN (
        SELECT s.incident_id
        FROM deployment d JOIN suspicion s ON s.deployment_id = d.id
        WHERE d.reserve_id = r.id AND s.observed_at BETWEEN %(seen_from)s AND %(seen_to)s
        UNION
        SELECT incident_id FROM hotspot
        WHERE reserve_id = r.id AND observed_at BETWEEN %(hotspots_from)s AND %(hotspots_to)s
        UNION
        SELECT incident_id FROM fire_report
        WHERE reserve_id = r.id AND observed_at BETWEEN %(reports_from)s AND %(reports_to)s
    )
ORDER BY i.opened_at, i.id;

-- name: evidence
-- Of each camera, person and of all satellites together what was observed nearest to a time; an incident that
-- a camera has seen for hours has hundreds.
SELECT * FROM (
    SELECT incident_id, what, id, source, lon, lat, observed_at, kind, bearing_deg, bearing_sd_deg,
           elevation_deg, elevation_sd_deg, height_m, east, north,
           row_number() OVER (
               PARTITION BY incident_id, what, CASE WHEN what <> 'hotspot' THEN source END
               ORDER BY abs(extract(epoch FROM observed_at - %(at)s::timestamptz)), id
           ) AS nearest
    FROM (
        SELECT s.incident_id, 'suspicion' AS what, s.id, s.deployment_id AS source,
               ST_X(d.location) AS lon, ST_Y(d.location) AS lat, s.observed_at, s.kind,
               s.bearing_deg, s.bearing_sd_deg, s.elevation_deg, s.elevation_sd_deg, d.height_m,
               NULL::real AS east, NULL::real AS north
        FROM suspicion s JOIN deployment d ON d.id = s.deployment_id
        WHERE s.incident_id = ANY (%(ids)s)
        UNION ALL
        SELECT incident_id, 'hotspot', id, id, ST_X(location), ST_Y(location), observed_at, 'fire',
               NULL, NULL, NULL, NULL, NULL, scan_km, track_km
        FROM hotspot WHERE incident_id = ANY (%(ids)s)
        UNION ALL
        SELECT incident_id, CASE WHEN location IS NULL THEN 'direction' ELSE 'report' END, id, account_id,
               ST_X(coalesce(location, standpoint)), ST_Y(coalesce(location, standpoint)), observed_at, kind,
               bearing_deg, bearing_sd_deg, NULL, NULL, NULL, location_sd_m, location_sd_m
        FROM fire_report WHERE incident_id = ANY (%(ids)s)
    ) every
) ranked
WHERE nearest <= CASE WHEN what = 'hotspot' THEN 40 ELSE 5 END
ORDER BY incident_id, observed_at, id;

-- name: open
INSERT INTO incident (id, reserve_id, kind, first_seen_at, last_seen_at, drill, fwi, held_back)
VALUES (
    %(id)s, (SELECT id FROM reserve WHERE slug = %(reserve)s), %(kind)s, %(first_seen_at)s, %(last_seen_at)s,
    %(drill)s, %(fwi)s, %(held_back)s
);

-- name: calling_of
SELECT count(*) FROM escalation e JOIN incident i ON i.id = e.incident_id
WHERE e.ended_at IS NULL AND e.began_at >= %(since)s AND NOT i.drill
    AND EXISTS (SELECT FROM suspicion s WHERE s.incident_id = i.id AND s.deployment_id = %(deployment_id)s);

-- name: extend
UPDATE incident SET
    first_seen_at = least(first_seen_at, %(first_seen_at)s),
    last_seen_at = greatest(last_seen_at, %(last_seen_at)s),
    kind = CASE WHEN %(kind)s = 'fire' THEN 'fire' ELSE kind END
WHERE id = %(id)s;

-- name: get
SELECT i.id, r.slug AS reserve, i.kind, i.state, i.opened_at, i.held_back, i.drill, i.merged_into,
       ST_X(i.location) AS lon, ST_Y(i.location) AS lat, i.semi_major_m, i.location_method AS method
FROM incident i JOIN reserve r ON r.id = i.reserve_id
WHERE i.id = %(id)s;

-- name: set_place
-- Its zone is the one in which it lies, or that holds most of the region; of a camera that cannot say where it
-- looks, the camera's.
UPDATE incident i SET
    region = p.region, location = p.location, location_method = %(method)s, semi_major_m = %(semi_major_m)s,
    semi_minor_m = %(semi_minor_m)s, orientation_deg = %(orientation_deg)s, revision = revision + 1,
    zone_id = (
        SELECT z.id FROM zone z
        WHERE z.reserve_id = i.reserve_id AND ST_Intersects(z.area, coalesce(p.region, p.station))
        ORDER BY ST_Covers(z.area, p.location) DESC NULLS LAST,
                 ST_Area(ST_Intersection(z.area, p.region)) DESC NULLS LAST, z.id
        LIMIT 1
    )
FROM (
    SELECT ST_GeomFromWKB(%(region)s::bytea, 4326) AS region,
           ST_Point(%(lon)s::float8, %(lat)s::float8, 4326) AS location,
           ST_Point(%(station_lon)s::float8, %(station_lat)s::float8, 4326) AS station
) p
WHERE i.id = %(id)s
RETURNING i.zone_id;

-- name: release
UPDATE incident SET held_back = NULL WHERE id = %(id)s;

-- name: set_state
UPDATE incident SET state = %(state)s, revision = revision + 1 WHERE id = %(id)s;

-- name: bump
UPDATE incident SET revision = revision + 1 WHERE id = %(id)s;

-- name: log
INSERT INTO incident_log (incident_id, at, account_id, action, note, action_id, done_at, details)
VALUES (
    %(id)s, coalesce(%(at)s, now()), %(account_id)s, %(action)s, %(note)s, %(action_id)s, %(done_at)s, %(details)s
);

-- name: hotspot_incident
SELECT incident_id FROM hotspot WHERE id = %(id)s;

-- name: report_incident
SELECT incident_id FROM fire_report WHERE id = %(id)s;

-- name: give_suspicions
UPDATE suspicion SET incident_id = %(to)s WHERE id = ANY (%(ids)s);

-- name: give_hotspots
UPDATE hotspot SET incident_id = %(to)s WHERE id = ANY (%(ids)s);

-- name: give_reports
UPDATE fire_report SET incident_id = %(to)s WHERE id = ANY (%(ids)s);

-- name: of_station
-- All that the cameras of one mast gave to an incident: what they see stays together.
SELECT s.id FROM suspicion s JOIN deployment d ON d.id = s.deployment_id
WHERE s.incident_id = %(id)s
    AND ST_DWithin(d.location::geography, ST_Point(%(lon)s, %(lat)s, 4326)::geography, %(within_m)s);

-- name: all_evidence
SELECT 'suspicion' AS what, id FROM suspicion WHERE incident_id = %(id)s
UNION ALL SELECT 'hotspot', id FROM hotspot WHERE incident_id = %(id)s
UNION ALL SELECT 'report', id FROM fire_report WHERE incident_id = %(id)s;

-- name: measure
-- Anew from its evidence, after some of it has gone; a first frame of another clock counts as none.
UPDATE incident i SET
    kind = CASE WHEN e.fire THEN 'fire' ELSE 'smoke' END, first_seen_at = e.first_seen, last_seen_at = e.last_seen
FROM (
    SELECT bool_or(kind = 'fire') AS fire, min(first_seen) AS first_seen, max(last_seen) AS last_seen
    FROM (
        SELECT kind, observed_at AS last_seen,
               CASE WHEN observed_at - first_seen_at BETWEEN '0' AND %(longest)s THEN first_seen_at
                    ELSE observed_at END AS first_seen
        FROM suspicion WHERE incident_id = %(id)s
        UNION ALL SELECT 'fire', observed_at, observed_at FROM hotspot WHERE incident_id = %(id)s
        UNION ALL SELECT kind, observed_at, observed_at FROM fire_report WHERE incident_id = %(id)s
    ) one
) e
WHERE i.id = %(id)s AND e.last_seen IS NOT NULL;

-- name: merge
UPDATE incident SET merged_into = %(into)s, revision = revision + 1 WHERE id = %(id)s;
