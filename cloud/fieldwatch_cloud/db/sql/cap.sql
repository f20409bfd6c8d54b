-- name: of_incident
SELECT incident_id, number, sender, sent, expires, type, kind, state, revision, headline
FROM cap_message WHERE incident_id = %(incident_id)s
ORDER BY number;

-- name: body
SELECT body FROM cap_message WHERE incident_id = %(incident_id)s AND number = %(number)s;

-- name: keep
INSERT INTO cap_message (incident_id, number, sender, sent, expires, type, kind, state, revision, headline, body)
VALUES (%(incident_id)s, %(number)s, %(sender)s, %(sent)s, %(expires)s, %(type)s, %(kind)s, %(state)s,
        %(revision)s, %(headline)s, %(body)s);

-- name: of_reserve
SELECT m.incident_id, m.number, m.sender, m.sent, m.expires, m.type, m.kind, m.state, m.revision, m.headline
FROM cap_message m JOIN incident i ON i.id = m.incident_id
WHERE i.reserve_id = %(reserve_id)s AND m.sent >= %(since)s
ORDER BY m.sent DESC, m.incident_id, m.number DESC;

-- name: perhaps_due
-- Incidents about which something may have to be said that has not been said; `cap.due` decides.
SELECT i.id
FROM incident i
LEFT JOIN LATERAL (
    SELECT state, revision, expires FROM cap_message WHERE incident_id = i.id ORDER BY number DESC LIMIT 1
) said ON true
WHERE i.reserve_id = %(reserve_id)s
  AND CASE
      WHEN said.state IS NULL THEN
          i.held_back IS NULL AND i.merged_into IS NULL AND i.state NOT IN ('closed', 'false_alarm')
          AND i.last_seen_at >= %(since)s
      WHEN said.state IN ('closed', 'false_alarm', 'merged') THEN
          said.state <> CASE WHEN i.merged_into IS NOT NULL THEN 'merged' ELSE i.state END
      ELSE i.revision <> said.revision OR said.expires < %(renew)s
  END
ORDER BY i.id;

-- name: lock
-- Not the incident's row: reading a feed must not make the ingest of evidence wait.
SELECT held_back, pg_advisory_xact_lock(hashtextextended('fieldwatch.cap.' || reserve_id, 0))
FROM incident WHERE id = %(incident_id)s;

-- name: about
-- What the tables of incidents do not say by themselves.
SELECT r.name, r.name_zh, r.timezone, cam.name AS camera_name, cam.lon AS camera_lon, cam.lat AS camera_lat,
       cam.bearing_deg, cam.bearing_sd_deg, seen.cameras, seen.confidence,
       (SELECT count(*) FROM hotspot WHERE incident_id = i.id AND confidence <> 'low') AS hotspots,
       (SELECT count(*) FROM fire_report WHERE incident_id = i.id) AS people
FROM incident i
JOIN reserve r ON r.id = i.reserve_id
LEFT JOIN LATERAL (
    SELECT d.location_name AS name, ST_X(d.location) AS lon, ST_Y(d.location) AS lat, s.bearing_deg,
           s.bearing_sd_deg
    FROM suspicion s JOIN deployment d ON d.id = s.deployment_id
    WHERE s.incident_id = i.id ORDER BY s.observed_at DESC, s.id DESC LIMIT 1
) cam ON true
CROSS JOIN LATERAL (
    SELECT count(DISTINCT deployment_id) AS cameras, max(confidence) AS confidence
    FROM suspicion WHERE incident_id = i.id
) seen
WHERE i.id = %(incident_id)s;
