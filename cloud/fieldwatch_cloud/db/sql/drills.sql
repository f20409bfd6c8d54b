-- name: deployment
SELECT heading_deg, ended_at IS NULL OR ended_at > %(now)s FROM deployment d JOIN reserve r ON r.id = d.reserve_id
WHERE d.id = %(deployment_id)s AND r.slug = %(reserve)s;

-- name: running
SELECT d.id FROM drill d JOIN reserve r ON r.id = d.reserve_id WHERE r.slug = %(reserve)s AND d.ended_at IS NULL;

-- name: add
INSERT INTO drill (id, reserve_id, incident_id, started_by, started_at, note)
VALUES (%(id)s, (SELECT id FROM reserve WHERE slug = %(reserve)s), %(incident_id)s, %(started_by)s, %(now)s,
        %(note)s);

-- name: drills
SELECT d.id, r.slug AS reserve, r.id AS reserve_id, d.incident_id, i.state, a.name AS started_by, d.started_at,
       d.ended_at, d.note, s.deployment_id
FROM drill d
JOIN reserve r ON r.id = d.reserve_id
JOIN account a ON a.id = d.started_by
JOIN incident i ON i.id = d.incident_id
LEFT JOIN LATERAL (
    SELECT deployment_id FROM suspicion WHERE incident_id = i.id ORDER BY observed_at, id LIMIT 1
) s ON true
WHERE (%(reserve_id)s::uuid IS NULL OR d.reserve_id = %(reserve_id)s)
    AND (%(id)s::uuid IS NULL OR d.id = %(id)s)
ORDER BY d.started_at DESC
LIMIT 200;

-- name: due
SELECT id, incident_id FROM drill WHERE ended_at IS NULL AND started_at <= %(before)s ORDER BY started_at;

-- name: end
UPDATE drill SET ended_at = %(now)s WHERE id = %(id)s AND ended_at IS NULL RETURNING incident_id;

-- name: close_incident
UPDATE incident SET state = 'closed' WHERE id = %(incident_id)s AND state NOT IN ('closed', 'false_alarm')
RETURNING id;

-- name: steps
SELECT n.step, min(n.created_at), jsonb_agg(DISTINCT u.who) FILTER (WHERE u.who IS NOT NULL)
FROM notification n
LEFT JOIN LATERAL (SELECT jsonb_array_elements(n.details -> 'unreached') AS who) u ON true
WHERE n.incident_id = %(incident_id)s AND n.step IS NOT NULL AND n.kind IN ('fire', 'escalation')
GROUP BY n.step ORDER BY n.step;
