-- name: incident
SELECT i.id, i.reserve_id, r.slug AS reserve, r.timezone, i.zone_id, i.state, i.drill, i.held_back,
       i.merged_into IS NOT NULL AS merged
FROM incident i JOIN reserve r ON r.id = i.reserve_id
WHERE i.id = %(id)s
-- Whoever calls for an incident or stops that holds it first, so that they never wait for each other crosswise.
FOR NO KEY UPDATE OF i;

-- name: zones_of_incident
-- Where it is not known in which zone it burns: those in which the cameras and people stand that saw it.
SELECT z.id, z.duty_account_id
FROM zone z
WHERE z.reserve_id = %(reserve_id)s AND CASE WHEN %(zone_id)s::uuid IS NOT NULL THEN z.id = %(zone_id)s ELSE
    EXISTS (SELECT 1 FROM suspicion s JOIN deployment d ON d.id = s.deployment_id
            WHERE s.incident_id = %(incident_id)s AND ST_Covers(z.area, d.location))
    OR EXISTS (SELECT 1 FROM fire_report p
               WHERE p.incident_id = %(incident_id)s AND ST_Covers(z.area, coalesce(p.location, p.standpoint)))
    END
ORDER BY z.name, z.id;

-- name: zones_at
SELECT id, duty_account_id FROM zone
WHERE reserve_id = %(reserve_id)s AND ST_Covers(area, ST_Point(%(lon)s, %(lat)s, 4326))
ORDER BY name, id;

-- name: zones
SELECT id, name, name_zh, duty_account_id FROM zone WHERE reserve_id = %(reserve_id)s ORDER BY name, id;

-- name: shifts
SELECT s.id, s.account_id, a.name AS account, s.zone_id, s.place, s.starts_at, s.ends_at, s.repeats, s.until
FROM shift s JOIN account a ON a.id = s.account_id
WHERE s.reserve_id = %(reserve_id)s
ORDER BY s.zone_id NULLS FIRST, s.place, s.starts_at, s.id;

-- name: add_shift
INSERT INTO shift (id, reserve_id, zone_id, account_id, place, starts_at, ends_at, repeats, until)
VALUES (%(id)s, %(reserve_id)s, %(zone_id)s, %(account_id)s, %(place)s, %(starts_at)s, %(ends_at)s, %(repeats)s,
        %(until)s)
ON CONFLICT (id) DO NOTHING;

-- name: zone_in_reserve
SELECT 1 FROM zone WHERE id = %(zone_id)s AND reserve_id = %(reserve_id)s;

-- name: member_of_reserve
SELECT 1 FROM membership m JOIN account a ON a.id = m.account_id
WHERE m.account_id = %(account_id)s AND (m.reserve_id = %(reserve_id)s OR m.reserve_id IS NULL)
    AND a.disabled_at IS NULL;

-- name: shift_reserve
SELECT r.slug FROM shift s JOIN reserve r ON r.id = s.reserve_id WHERE s.id = %(id)s;

-- name: delete_shift
DELETE FROM shift WHERE id = %(id)s;

-- name: plan
SELECT after_s, whom FROM call_step WHERE reserve_id = %(reserve_id)s ORDER BY step;

-- name: clear_plan
DELETE FROM call_step WHERE reserve_id = %(reserve_id)s;

-- name: add_step
INSERT INTO call_step (reserve_id, step, after_s, whom)
VALUES (%(reserve_id)s, %(step)s, %(after_s)s, %(whom)s);

-- name: people
-- Members, and whoever the roster names, who may be no member any more: then nobody can call them.
SELECT a.id, a.name, a.language, coalesce(m.roles, '{}') AS roles,
       ARRAY(SELECT d.id FROM device d
             WHERE d.account_id = a.id AND d.disabled_at IS NULL AND a.disabled_at IS NULL
                 AND m.roles IS NOT NULL
             ORDER BY d.created_at, d.id) AS devices
FROM account a
LEFT JOIN LATERAL (
    SELECT array_agg(role ORDER BY role) AS roles FROM membership
    WHERE account_id = a.id AND (reserve_id = %(reserve_id)s OR reserve_id IS NULL)
) m ON true
WHERE (m.roles IS NOT NULL AND a.disabled_at IS NULL)
    OR a.id IN (SELECT account_id FROM shift WHERE reserve_id = %(reserve_id)s)
    OR a.id IN (SELECT duty_account_id FROM zone WHERE reserve_id = %(reserve_id)s)
ORDER BY a.name, a.id;

-- name: webhooks
SELECT id FROM device WHERE reserve_id = %(reserve_id)s AND disabled_at IS NULL ORDER BY created_at, id;

-- name: start
INSERT INTO escalation (incident_id, began_at, step, due_at)
VALUES (%(incident_id)s, %(now)s, 0, %(now)s)
ON CONFLICT (incident_id) DO UPDATE SET began_at = %(now)s, step = 0, due_at = %(now)s, ended_at = NULL,
    outcome = NULL
    WHERE escalation.ended_at IS NOT NULL
RETURNING incident_id;

-- name: escalation
SELECT began_at, step, due_at, ended_at, outcome FROM escalation WHERE incident_id = %(incident_id)s;

-- name: advance
UPDATE escalation SET step = %(step)s, due_at = %(due_at)s, outcome = %(outcome)s
WHERE incident_id = %(incident_id)s AND ended_at IS NULL;

-- name: end
UPDATE escalation SET ended_at = %(now)s, outcome = %(outcome)s
WHERE incident_id = %(incident_id)s AND (ended_at IS NULL OR outcome <> %(outcome)s)
RETURNING incident_id;

-- name: put_off
UPDATE escalation SET due_at = %(due_at)s WHERE incident_id = %(incident_id)s;

-- name: due
-- Those whose time has come, and those of which nobody of the newest step can be reached any more. An incident
-- that somebody else holds at this moment is looked at the next time.
SELECT i.id
FROM incident i JOIN escalation e ON e.incident_id = i.id
WHERE e.ended_at IS NULL AND i.id <> ALL (%(without)s) AND (
    e.due_at <= %(now)s
    OR (e.outcome IS NULL AND EXISTS (
        SELECT 1 FROM (
            SELECT bool_and(d.state IN ('failed', 'cancelled')) AS lost
            FROM notification n
            JOIN delivery d ON d.notification_id = n.id
            JOIN device v ON v.id = d.device_id
            WHERE n.incident_id = i.id AND n.step = e.step AND n.kind IN ('fire', 'escalation')
                AND n.created_at >= e.began_at AND v.account_id IS NOT NULL
        ) newest WHERE newest.lost
    ))
)
ORDER BY e.due_at
LIMIT 1
FOR NO KEY UPDATE OF i SKIP LOCKED;

-- name: called
-- Everybody who was called since it began. A manager who was told that others could not be reached may be
-- called all the same.
SELECT v.account_id, a.name, bool_and(d.state = 'failed') AS failed, max(n.step) AS step
FROM notification n
JOIN delivery d ON d.notification_id = n.id
JOIN device v ON v.id = d.device_id
JOIN account a ON a.id = v.account_id
WHERE n.incident_id = %(incident_id)s AND n.kind IN ('fire', 'escalation') AND n.created_at >= %(since)s
GROUP BY v.account_id, a.name
ORDER BY a.name, v.account_id;

-- name: to_tell
-- Devices that may know of the incident: those to which a call went out, or was on its way.
SELECT DISTINCT v.id
FROM notification n
JOIN delivery d ON d.notification_id = n.id
JOIN device v ON v.id = d.device_id
WHERE n.incident_id = %(incident_id)s AND n.kind IN ('fire', 'escalation', 'undelivered')
    AND v.disabled_at IS NULL AND d.attempts > 0 AND d.state <> 'failed'
    -- Who has left since learns no more of the reserve.
    AND (v.account_id IS NULL OR EXISTS (
        SELECT 1 FROM membership m JOIN account a ON a.id = m.account_id
        WHERE m.account_id = v.account_id AND (m.reserve_id = n.reserve_id OR m.reserve_id IS NULL)
            AND a.disabled_at IS NULL
    ))
    AND v.account_id IS DISTINCT FROM %(by)s;

-- name: account_name
SELECT name FROM account WHERE id = %(id)s;
