-- name: node_days
SELECT d.node_id, d.day, d.heartbeats, d.unsynchronised, d.given_up, d.disk_free_min, d.charge_min, d.charge_max,
       d.solar_sum, d.solar_n, d.night_wh, d.night_drop, d.signal_sum, d.signal_n
FROM node_day d JOIN node n ON n.id = d.node_id
WHERE n.reserve_id = %(reserve_id)s AND d.day >= %(since)s
ORDER BY d.node_id, d.day;

-- name: camera_days
SELECT c.deployment_id, c.day, c.heartbeats, c.frames, c.dark, c.blurred, c.frozen, c.moved, c.problem
FROM camera_day c JOIN deployment d ON d.id = c.deployment_id
WHERE d.reserve_id = %(reserve_id)s AND (d.ended_at IS NULL OR d.ended_at > %(now)s) AND c.day >= %(since)s
ORDER BY c.deployment_id, c.day;

-- name: nodes
-- Heartbeats from before there were reports count as well.
SELECT n.id, n.name,
       coalesce(p.heard_at, (SELECT max(h.received_at) FROM heartbeat h WHERE h.node_id = n.id)) AS heard_at,
       p.software, p.certificate_expires_at,
       (SELECT max(v.done_at) FROM visit v WHERE v.node_id = n.id) AS visited_at
FROM node n LEFT JOIN node_report p ON p.node_id = n.id
WHERE n.reserve_id = %(reserve_id)s ORDER BY n.id;

-- name: cameras
SELECT d.id, d.location_name AS name, ST_X(d.location) AS lon, ST_Y(d.location) AS lat, d.started_at, d.node_id,
       (SELECT max(v.done_at) FROM visit v WHERE v.deployment_id = d.id) AS visited_at,
       c.every_days AS card_every_days, c.since AS card_since
FROM standing d LEFT JOIN card_camera c ON c.deployment_id = d.id
WHERE d.reserve_id = %(reserve_id)s AND (d.ended_at IS NULL OR d.ended_at > %(now)s)
  AND (d.node_id IS NOT NULL OR c.deployment_id IS NOT NULL)
ORDER BY d.location_name, d.id;

-- name: add_visit
INSERT INTO visit (id, reserve_id, node_id, deployment_id, done_at, account_id, note, reasons)
VALUES (%(id)s, %(reserve_id)s, %(node)s, %(deployment_id)s, %(done_at)s, %(by)s, %(note)s, %(reasons)s)
ON CONFLICT (id) DO NOTHING;

-- name: visits
SELECT v.id, v.node_id, v.deployment_id, d.location_name AS place, v.done_at, a.name AS by, v.note, v.reasons
FROM visit v
LEFT JOIN account a ON a.id = v.account_id
LEFT JOIN deployment d ON d.id = v.deployment_id
WHERE v.reserve_id = %(reserve_id)s ORDER BY v.done_at DESC LIMIT %(limit)s;

-- name: set_card
INSERT INTO card_camera (deployment_id, every_days) VALUES (%(id)s, %(every_days)s)
ON CONFLICT (deployment_id) DO UPDATE SET every_days = excluded.every_days;

-- name: drop_card
DELETE FROM card_camera WHERE deployment_id = %(id)s;

-- name: timezone
SELECT timezone FROM reserve WHERE id = %(reserve_id)s;
