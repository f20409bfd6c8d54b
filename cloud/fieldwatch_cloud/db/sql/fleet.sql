-- name: reserve_layer
SELECT settings FROM fleet_reserve WHERE reserve_id = %(id)s FOR UPDATE;

-- name: set_reserve_layer
INSERT INTO fleet_reserve (reserve_id, settings) VALUES (%(id)s, %(settings)s)
ON CONFLICT (reserve_id) DO UPDATE SET settings = excluded.settings;

-- name: node_layer
SELECT settings FROM fleet_node WHERE node_id = %(id)s FOR UPDATE;

-- name: set_node_layer
INSERT INTO fleet_node (node_id, settings) VALUES (%(id)s, %(settings)s)
ON CONFLICT (node_id) DO UPDATE SET settings = excluded.settings;

-- name: group_layer
SELECT settings FROM node_group WHERE id = %(id)s FOR UPDATE;

-- name: set_group_layer
UPDATE node_group SET settings = %(settings)s WHERE id = %(id)s;

-- name: nodes_of_reserve
SELECT id FROM node WHERE reserve_id = %(id)s ORDER BY id;

-- name: nodes_of_group
SELECT node_id FROM node_group_member WHERE group_id = %(id)s ORDER BY node_id;

-- name: node_reserve
SELECT n.reserve_id, r.slug FROM node n JOIN reserve r ON r.id = n.reserve_id WHERE n.id = %(id)s;

-- name: groups
SELECT g.id, g.name, g.rank, g.settings,
       coalesce(array_agg(m.node_id ORDER BY m.node_id) FILTER (WHERE m.node_id IS NOT NULL), '{}') AS nodes
FROM node_group g LEFT JOIN node_group_member m ON m.group_id = g.id
WHERE g.reserve_id = %(reserve_id)s
GROUP BY g.id ORDER BY g.rank, g.name;

-- name: group_reserve
SELECT reserve_id FROM node_group WHERE id = %(id)s;

-- name: set_group
INSERT INTO node_group (id, reserve_id, name, rank) VALUES (%(id)s, %(reserve_id)s, %(name)s, %(rank)s)
ON CONFLICT (id) DO UPDATE SET name = excluded.name, rank = excluded.rank;

-- name: clear_group
DELETE FROM node_group_member WHERE group_id = %(id)s;

-- name: fill_group
INSERT INTO node_group_member (group_id, node_id)
SELECT %(id)s, n.id FROM node n WHERE n.id = ANY(%(nodes)s) AND n.reserve_id = %(reserve_id)s;

-- name: drop_group
DELETE FROM node_group WHERE id = %(id)s;

-- name: nodes
SELECT n.id, n.name, n.online, n.created_at, s.body AS desired, s.version, s.reported AS reported_version,
       p.heard_at, p.software, p.settings, p.settings_sha256, p.models, p.rollouts, p.certificate_expires_at,
       p.hardware, p.power, p.link, coalesce(p.drift, '{}') AS known_drift, s.changed_at AS desired_at,
       coalesce((SELECT f.settings FROM fleet_node f WHERE f.node_id = n.id), '{}') AS own,
       coalesce((SELECT array_agg(g.id ORDER BY g.rank, g.name)
                 FROM node_group_member m JOIN node_group g ON g.id = m.group_id WHERE m.node_id = n.id), '{}')
           AS groups
FROM node n
LEFT JOIN desired_state s ON s.node_id = n.id
LEFT JOIN node_report p ON p.node_id = n.id
WHERE n.reserve_id = %(reserve_id)s AND (%(node)s::text IS NULL OR n.id = %(node)s)
ORDER BY n.id;

-- name: deployments
SELECT d.id, d.node_id, d.location_name AS name, ST_X(d.location) AS lon, ST_Y(d.location) AS lat, d.started_at
FROM standing d
WHERE d.reserve_id = %(reserve_id)s AND d.node_id IS NOT NULL AND (d.ended_at IS NULL OR d.ended_at > %(now)s)
ORDER BY d.node_id, d.location_name;

-- name: report
SELECT heard_at, observed_at, power, drift FROM node_report WHERE node_id = %(node)s FOR UPDATE;

-- name: set_report
INSERT INTO node_report AS p (node_id, heard_at, observed_at, software, settings, settings_sha256, models, rollouts,
                              certificate_expires_at, hardware, power, link)
VALUES (%(node)s, %(now)s, %(observed_at)s, %(software)s, %(settings)s, %(sha256)s, %(models)s, %(rollouts)s,
        %(certificate)s, %(hardware)s, %(power)s, %(link)s)
ON CONFLICT (node_id) DO UPDATE SET
    heard_at = excluded.heard_at, observed_at = excluded.observed_at, software = excluded.software,
    -- Said only where they changed; a node that says nothing of its fleet any more is not known.
    settings = CASE WHEN %(fleet)s THEN coalesce(excluded.settings, p.settings) END,
    settings_sha256 = excluded.settings_sha256, models = excluded.models,
    -- Said only while they are news.
    rollouts = CASE WHEN %(fleet)s AND jsonb_array_length(excluded.rollouts) = 0 THEN p.rollouts
                    ELSE excluded.rollouts END,
    certificate_expires_at = excluded.certificate_expires_at,
    hardware = coalesce(excluded.hardware, p.hardware), power = excluded.power, link = excluded.link
RETURNING settings;

-- name: set_drift
UPDATE node_report SET drift = %(drift)s WHERE node_id = %(node)s;

-- name: given_up_before
SELECT coalesce((body->>'given_up')::bigint, 0) FROM heartbeat
WHERE node_id = %(node)s AND observed_at < %(observed_at)s
ORDER BY observed_at DESC LIMIT 1;

-- name: note_day
INSERT INTO node_day AS d (node_id, day, heartbeats, unsynchronised, given_up, disk_free_min, charge_min, charge_max,
                           solar_sum, solar_n, night_wh, night_drop, signal_sum, signal_n)
SELECT n.id, (%(at)s AT TIME ZONE r.timezone)::date, 1, %(unsynchronised)s, %(given_up)s, %(disk_free)s, %(charge)s,
       %(charge)s, %(solar)s, %(solar_n)s, %(night_wh)s, %(night_drop)s, %(signal)s, %(signal_n)s
FROM node n JOIN reserve r ON r.id = n.reserve_id WHERE n.id = %(node)s
ON CONFLICT (node_id, day) DO UPDATE SET
    heartbeats = d.heartbeats + 1, unsynchronised = d.unsynchronised + excluded.unsynchronised,
    given_up = d.given_up + excluded.given_up, disk_free_min = least(d.disk_free_min, excluded.disk_free_min),
    charge_min = least(d.charge_min, excluded.charge_min), charge_max = greatest(d.charge_max, excluded.charge_max),
    solar_sum = d.solar_sum + excluded.solar_sum, solar_n = d.solar_n + excluded.solar_n,
    night_wh = d.night_wh + excluded.night_wh, night_drop = d.night_drop + excluded.night_drop,
    signal_sum = d.signal_sum + excluded.signal_sum, signal_n = d.signal_n + excluded.signal_n;

-- name: note_camera_day
INSERT INTO camera_day AS d (deployment_id, day, heartbeats, frames, dark, blurred, frozen, moved, problem)
SELECT o.id, (%(at)s AT TIME ZONE r.timezone)::date, 1, %(frames)s, %(dark)s, %(blurred)s, %(frozen)s, %(moved)s,
       %(problem)s
FROM deployment o JOIN reserve r ON r.id = o.reserve_id WHERE o.id = %(deployment)s AND o.node_id = %(node)s
ON CONFLICT (deployment_id, day) DO UPDATE SET
    heartbeats = d.heartbeats + 1, frames = d.frames + excluded.frames, dark = d.dark + excluded.dark,
    blurred = d.blurred + excluded.blurred, frozen = d.frozen + excluded.frozen, moved = d.moved + excluded.moved,
    problem = d.problem + excluded.problem;
