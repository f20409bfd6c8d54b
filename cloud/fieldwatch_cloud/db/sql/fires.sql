-- name: incident
-- The start of a statement: incidents as people read them, `i` with all that is told of each.
SELECT i.id, r.slug AS reserve, i.kind, i.state, i.first_seen_at, i.last_seen_at, i.opened_at,
       coalesce(opener.observed_at, i.first_seen_at) AS opener_observed_at,
       coalesce(opener.received_at, i.opened_at) AS opener_received_at,
       (SELECT count(*) FROM suspicion WHERE incident_id = i.id) AS suspicions,
       (SELECT count(*) FROM hotspot WHERE incident_id = i.id) AS hotspots,
       (SELECT count(*) FROM fire_report WHERE incident_id = i.id) AS reports,
       newest.deployment_id, ST_X(d.location) AS camera_lon, ST_Y(d.location) AS camera_lat,
       newest.bearing_deg, picture.media_id,
       ST_X(i.location) AS lon, ST_Y(i.location) AS lat, i.location_method, i.semi_major_m, i.semi_minor_m,
       i.orientation_deg, ST_AsGeoJSON(ST_CollectionExtract(i.region, 3), 6) AS region,
       z.id AS zone_id, z.name AS zone_name, z.name_zh AS zone_name_zh,
       i.fwi, i.held_back, i.drill, i.merged_into, i.revision,
       i.state = 'new' AND coalesce(e.outcome = 'nobody_answered', false) AS unanswered
FROM incident i
JOIN reserve r ON r.id = i.reserve_id
LEFT JOIN zone z ON z.id = i.zone_id
LEFT JOIN escalation e ON e.incident_id = i.id
-- What arrived first, of whichever kind; nothing is left of an incident that was merged into another.
LEFT JOIN LATERAL (
    (SELECT observed_at, received_at FROM suspicion
     WHERE incident_id = i.id ORDER BY received_at, observed_at LIMIT 1)
    UNION ALL
    (SELECT observed_at, received_at FROM hotspot
     WHERE incident_id = i.id ORDER BY received_at, observed_at LIMIT 1)
    UNION ALL
    (SELECT observed_at, received_at FROM fire_report
     WHERE incident_id = i.id ORDER BY received_at, observed_at LIMIT 1)
    ORDER BY received_at, observed_at LIMIT 1
) opener ON true
LEFT JOIN LATERAL (
    SELECT deployment_id, bearing_deg FROM suspicion
    WHERE incident_id = i.id ORDER BY observed_at DESC, id DESC LIMIT 1
) newest ON true
LEFT JOIN deployment d ON d.id = newest.deployment_id
-- A picture may arrive after its suspicion: point at the newest one that is here.
LEFT JOIN LATERAL (
    SELECT s.media_id FROM suspicion s JOIN media m ON m.id = s.media_id
    WHERE s.incident_id = i.id ORDER BY s.observed_at DESC, s.id DESC LIMIT 1
) picture ON true

-- name: chosen
-- The start of a statement. What is open comes first, and of that what calls people: no number of newer ones that
-- are over, or were held back (a broken camera has hundreds), may push it out.
WITH chosen AS MATERIALIZED (
    SELECT i.id FROM incident i
    WHERE i.reserve_id = %(reserve_id)s
      AND i.merged_into IS NULL
      AND (%(states)s::text[] IS NULL OR i.state = ANY (%(states)s))
      AND (%(since)s::timestamptz IS NULL OR i.last_seen_at >= %(since)s)
      AND (%(until)s::timestamptz IS NULL OR i.first_seen_at < %(until)s)
      AND (%(drill)s::boolean IS NULL OR i.drill = %(drill)s)
      AND (%(held_back)s::boolean IS NULL OR (i.held_back IS NOT NULL) = %(held_back)s)
    ORDER BY i.state IN ('closed', 'false_alarm'), i.held_back IS NOT NULL, i.last_seen_at DESC, i.id DESC
    LIMIT %(limit)s
)

-- name: of_chosen
-- Goes on after `chosen` and `incident`.
WHERE i.id IN (SELECT id FROM chosen)
ORDER BY i.last_seen_at DESC, i.id DESC;

-- name: one
-- Goes on after `incident`.
WHERE i.id = %(id)s;

-- name: suspicions
SELECT s.id, s.deployment_id, d.location_name AS deployment, ST_X(d.location) AS lon, ST_Y(d.location) AS lat,
       s.observed_at, s.first_seen_at, s.received_at, s.kind, s.confidence, s.box, s.bearing_deg,
       s.bearing_sd_deg, s.elevation_deg, s.elevation_sd_deg, s.pose, m.id AS media_id,
       before.id AS before_media_id, clip.id AS clip_media_id, s.clock_quality::text, s.clock_offset_s, s.model
FROM suspicion s
JOIN deployment d ON d.id = s.deployment_id
LEFT JOIN media m ON m.id = s.media_id
LEFT JOIN media before ON before.id = s.before_media_id
LEFT JOIN media clip ON clip.id = s.clip_media_id
WHERE s.incident_id = %(id)s
ORDER BY s.observed_at, s.id;

-- name: hotspots
SELECT id, source, satellite, instrument, observed_at, received_at, ST_X(location) AS lon, ST_Y(location) AS lat,
       scan_km, track_km, confidence, confidence_percent, brightness_k, frp_mw, daynight
FROM hotspot WHERE incident_id = %(id)s
ORDER BY observed_at, id;

-- name: reports
SELECT f.id, a.name AS account, f.observed_at, f.received_at, f.kind, ST_X(f.location) AS lon,
       ST_Y(f.location) AS lat, f.location_sd_m, ST_X(f.standpoint) AS standpoint_lon,
       ST_Y(f.standpoint) AS standpoint_lat, f.bearing_deg, f.bearing_sd_deg, f.note
FROM fire_report f JOIN account a ON a.id = f.account_id
WHERE f.incident_id = %(id)s
ORDER BY f.observed_at, f.id;

-- name: merged
-- The start of a statement: `one` is an incident with those that were merged into it. What was said, sent and
-- photographed for those cannot be rewritten to belong to it, so it is read along.
WITH RECURSIVE one AS (
    SELECT %(id)s::uuid AS id
    UNION ALL
    SELECT i.id FROM one JOIN incident i ON i.merged_into = one.id
)

-- name: pictures
-- Goes on after `merged`.
SELECT p.id, a.name AS account, p.taken_at, p.received_at, ST_X(p.location) AS lon, ST_Y(p.location) AS lat,
       p.note, p.mime, p.bytes, p.sha256
FROM one JOIN incident_picture p ON p.incident_id = one.id JOIN account a ON a.id = p.account_id
ORDER BY p.taken_at, p.id;

-- name: log
-- Goes on after `merged`.
SELECT l.at, a.name AS account, l.action, l.note, l.done_at, l.details
FROM one JOIN incident_log l ON l.incident_id = one.id LEFT JOIN account a ON a.id = l.account_id
ORDER BY l.id;

-- name: deliveries
-- Goes on after `merged`.
SELECT y.id, a.name AS account, v.name AS device, v.channel, n.kind, n.step, y.state,
       coalesce(at.queued, n.created_at) AS queued_at, at.sent AS sent_at, at.delivered AS delivered_at,
       at.opened AS opened_at, at.answered AS answered_at, y.failure
FROM one
JOIN notification n ON n.incident_id = one.id
JOIN delivery y ON y.notification_id = n.id
JOIN device v ON v.id = y.device_id
LEFT JOIN account a ON a.id = v.account_id
CROSS JOIN LATERAL (
    SELECT min(l.at) FILTER (WHERE event = 'queued') AS queued, min(l.at) FILTER (WHERE event = 'sent') AS sent,
           min(l.at) FILTER (WHERE event = 'delivered') AS delivered,
           min(l.at) FILTER (WHERE event = 'opened') AS opened,
           min(l.at) FILTER (WHERE event = 'answered') AS answered
    FROM delivery_log l WHERE l.delivery_id = y.id
) at
ORDER BY n.created_at, n.id, a.name, v.name, y.id;
