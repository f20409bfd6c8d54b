-- name: add_notification
INSERT INTO notification (id, reserve_id, incident_id, alert_id, report_id, kind, step, drill, details, created_at)
VALUES (%(id)s, %(reserve_id)s, %(incident_id)s, %(alert_id)s, %(report_id)s, %(kind)s, %(step)s, %(drill)s,
        %(details)s, %(now)s);

-- name: add_deliveries
-- Due at once: by this clock, should the caller's run ahead.
INSERT INTO delivery (id, notification_id, device_id, secret, next_attempt_at, expires_at)
SELECT id, %(notification_id)s, device_id, secret, least(%(now)s, clock_timestamp()), %(expires_at)s
FROM unnest(%(ids)s::uuid[], %(devices)s::uuid[], %(secrets)s::text[]) AS new (id, device_id, secret);

-- name: log_queued
INSERT INTO delivery_log (delivery_id, at, event)
SELECT id, %(now)s, 'queued' FROM unnest(%(ids)s::uuid[]) AS new (id);

-- name: notify
SELECT pg_notify('fieldwatch_delivery', string_agg(DISTINCT channel, ','))
FROM device WHERE id = ANY (%(devices)s);

-- name: waiting_channels
SELECT DISTINCT v.channel
FROM delivery d JOIN device v ON v.id = d.device_id
WHERE d.state = 'queued' AND d.next_attempt_at <= clock_timestamp()
    AND (d.leased_until IS NULL OR d.leased_until < clock_timestamp());

-- name: claim
-- Fires before updates, updates before animals; of equals the one that has waited longest. What is leased to
-- a worker that lives is left to it; the lease of one that died runs out. A report waits for days where the mail
-- server is away: whoever is no member any more by then gets none.
WITH chosen AS (
    SELECT d.id
    FROM delivery d
    JOIN device v ON v.id = d.device_id
    JOIN notification n ON n.id = d.notification_id
    WHERE d.state = 'queued' AND v.channel = %(channel)s AND d.next_attempt_at <= clock_timestamp()
        AND (d.leased_until IS NULL OR d.leased_until < clock_timestamp())
        AND d.expires_at > clock_timestamp() AND d.id <> ALL (%(without)s::uuid[])
    ORDER BY n.kind NOT IN ('fire', 'escalation', 'undelivered', 'test'), n.drill, d.next_attempt_at
    LIMIT 1
    FOR NO KEY UPDATE OF d SKIP LOCKED
)
UPDATE delivery d
SET leased_until = clock_timestamp() + make_interval(secs => %(lease_s)s), attempts = attempts + 1
FROM chosen, device v
WHERE d.id = chosen.id AND v.id = d.device_id
RETURNING d.id, d.attempts, d.secret, d.notification_id, d.expires_at, v.id, v.channel, v.name, v.address, v.language,
    v.disabled_at IS NOT NULL OR EXISTS (
        SELECT FROM notification n
        WHERE n.id = d.notification_id AND n.report_id IS NOT NULL AND NOT EXISTS (
            SELECT FROM membership m JOIN account a ON a.id = m.account_id
            WHERE m.account_id = v.account_id AND a.disabled_at IS NULL
              AND (m.reserve_id = n.reserve_id OR m.reserve_id IS NULL)));

-- name: log
INSERT INTO delivery_log (delivery_id, event, detail) VALUES (%(id)s, %(event)s, %(detail)s);

-- name: sent
-- What has been confirmed or answered meanwhile stays so; what was cancelled has been sent nevertheless.
UPDATE delivery SET state = 'sent', leased_until = NULL, failure = NULL
WHERE id = %(id)s AND state IN ('queued', 'cancelled', 'failed');

-- name: postponed
-- Only by the worker whose attempt it was: another may have it since.
UPDATE delivery SET leased_until = NULL, next_attempt_at = clock_timestamp() + make_interval(secs => %(after_s)s),
    failure = %(why)s
WHERE id = %(id)s AND state = 'queued' AND attempts = %(attempts)s
RETURNING id;

-- name: failed
UPDATE delivery SET state = 'failed', leased_until = NULL, failure = %(why)s
WHERE id = %(id)s AND state = 'queued' AND attempts = %(attempts)s
RETURNING id;

-- name: disable_device
UPDATE device SET disabled_at = clock_timestamp(), disabled_reason = %(why)s
WHERE id = %(device_id)s AND disabled_at IS NULL;

-- name: fail_device
WITH lost AS (
    UPDATE delivery SET state = 'failed', leased_until = NULL, failure = %(why)s
    WHERE device_id = %(device_id)s AND state = 'queued'
    RETURNING id
)
INSERT INTO delivery_log (delivery_id, event, detail) SELECT id, 'failed', %(why)s FROM lost;

-- name: expire
WITH lost AS (
    UPDATE delivery SET state = 'failed', leased_until = NULL,
        failure = 'not sent in time' || coalesce(': ' || failure, '')
    WHERE state = 'queued' AND expires_at <= clock_timestamp()
        AND (leased_until IS NULL OR leased_until < clock_timestamp())
    RETURNING id, failure
)
INSERT INTO delivery_log (delivery_id, event, detail) SELECT id, 'failed', failure FROM lost;

-- name: cancel
WITH ended AS (
    UPDATE delivery d SET state = 'cancelled', leased_until = NULL
    FROM notification n
    WHERE n.id = d.notification_id AND n.incident_id = %(incident_id)s AND d.state = 'queued'
    RETURNING d.id
)
INSERT INTO delivery_log (delivery_id, at, event) SELECT id, %(now)s, 'cancelled' FROM ended;

-- name: answered
WITH theirs AS (
    UPDATE delivery d SET state = 'answered', leased_until = NULL
    FROM notification n, device v
    WHERE n.id = d.notification_id AND v.id = d.device_id AND n.incident_id = %(incident_id)s
        AND v.account_id = %(account_id)s AND d.state NOT IN ('answered', 'cancelled', 'failed')
    RETURNING d.id
)
INSERT INTO delivery_log (delivery_id, at, event) SELECT id, %(now)s, 'answered' FROM theirs;

-- name: secret
SELECT secret, state FROM delivery WHERE id = %(id)s FOR NO KEY UPDATE;

-- name: logged
SELECT DISTINCT event FROM delivery_log WHERE delivery_id = %(id)s AND event IN ('delivered', 'opened');

-- name: confirm
UPDATE delivery SET state = %(state)s, leased_until = NULL WHERE id = %(id)s;

-- name: ledger
SELECT d.id, n.kind, n.step, n.drill, v.account_id, a.name AS account, v.name AS device, v.channel, d.state,
       d.attempts, d.failure, n.created_at AS queued_at,
       min(l.at) FILTER (WHERE l.event = 'attempted') AS attempted_at,
       min(l.at) FILTER (WHERE l.event = 'sent') AS sent_at,
       min(l.at) FILTER (WHERE l.event = 'delivered') AS delivered_at,
       min(l.at) FILTER (WHERE l.event = 'opened') AS opened_at,
       min(l.at) FILTER (WHERE l.event = 'answered') AS answered_at
FROM notification n
JOIN delivery d ON d.notification_id = n.id
JOIN device v ON v.id = d.device_id
LEFT JOIN account a ON a.id = v.account_id
LEFT JOIN delivery_log l ON l.delivery_id = d.id
WHERE n.incident_id = %(incident_id)s
GROUP BY d.id, n.id, v.id, a.id
ORDER BY n.created_at, a.name NULLS FIRST, v.name, d.id;

-- name: facts
SELECT n.kind, n.drill, n.step, n.details, n.created_at, n.incident_id, n.alert_id, n.report_id,
       r.slug AS reserve, r.name AS reserve_name, r.name_zh AS reserve_name_zh, r.timezone,
       es.began_at AS called_at,
       i.kind AS fire_kind, CASE WHEN i.merged_into IS NOT NULL THEN 'merged' ELSE i.state END AS state,
       coalesce(al.observed_at, i.last_seen_at) AS observed_at,
       coalesce(cam.name, person.name, ad.location_name) AS camera_name,
       coalesce(cam.lon, person.lon, ST_X(ad.location)) AS camera_lon,
       coalesce(cam.lat, person.lat, ST_Y(ad.location)) AS camera_lat,
       CASE WHEN cam.name IS NULL THEN person.bearing_deg ELSE cam.bearing_deg END AS bearing_deg,
       CASE WHEN cam.name IS NULL THEN person.bearing_sd_deg ELSE cam.bearing_sd_deg END AS bearing_sd_deg,
       CASE WHEN cam.name IS NOT NULL THEN 'camera'
            WHEN person.name IS NOT NULL THEN 'person'
            WHEN EXISTS (SELECT 1 FROM hotspot WHERE incident_id = i.id) THEN 'satellite' END AS source,
       coalesce(ST_X(i.location), ST_X(ad.location)) AS lon, coalesce(ST_Y(i.location), ST_Y(ad.location)) AS lat,
       i.location_method AS place_method, i.semi_major_m, i.semi_minor_m, i.orientation_deg, i.fwi,
       z.name AS zone_name, z.name_zh AS zone_name_zh,
       coalesce(picture.id, ap.id) AS media_id,
       ru.name AS rule_name, ru.name_zh AS rule_name_zh, o.scientific_name, o.count, o.confidence,
       al.observation_id
FROM notification n
JOIN reserve r ON r.id = n.reserve_id
LEFT JOIN incident i ON i.id = n.incident_id
LEFT JOIN escalation es ON es.incident_id = i.id
LEFT JOIN zone z ON z.id = i.zone_id
LEFT JOIN LATERAL (
    SELECT d.location_name AS name, ST_X(d.location) AS lon, ST_Y(d.location) AS lat, s.bearing_deg,
           s.bearing_sd_deg
    FROM suspicion s JOIN deployment d ON d.id = s.deployment_id
    WHERE s.incident_id = i.id ORDER BY s.observed_at DESC, s.id DESC LIMIT 1
) cam ON true
-- Who reported it, and from where: what a camera is to what it saw.
LEFT JOIN LATERAL (
    SELECT a.name, ST_X(f.standpoint) AS lon, ST_Y(f.standpoint) AS lat, f.bearing_deg, f.bearing_sd_deg
    FROM fire_report f JOIN account a ON a.id = f.account_id
    WHERE f.incident_id = i.id ORDER BY f.observed_at DESC, f.id DESC LIMIT 1
) person ON true
-- A picture travels in mails, where nobody asks who may see it: only what that camera itself has sent.
LEFT JOIN LATERAL (
    SELECT m.id FROM suspicion s JOIN media m ON m.id = s.media_id AND m.deployment_id = s.deployment_id
    WHERE s.incident_id = i.id ORDER BY s.observed_at DESC, s.id DESC LIMIT 1
) picture ON true
LEFT JOIN alert al ON al.id = n.alert_id
LEFT JOIN alert_rule ru ON ru.id = al.rule_id
LEFT JOIN observation o ON o.id = al.observation_id
LEFT JOIN media ap ON ap.id = o.media_id AND ap.deployment_id = o.deployment_id
LEFT JOIN deployment ad ON ad.id = al.deployment_id
WHERE n.id = %(notification_id)s;
