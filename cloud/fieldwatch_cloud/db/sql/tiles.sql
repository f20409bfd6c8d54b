-- name: timezone
SELECT timezone FROM reserve WHERE id = %(reserve_id)s;

-- name: cameras
SELECT d.id, d.node_id, ST_X(d.location) AS lon, ST_Y(d.location) AS lat, d.started_at, d.ended_at,
       coalesce(n.online, false) AS online
FROM standing d LEFT JOIN node n ON n.id = d.node_id
WHERE d.reserve_id = %(reserve_id)s
ORDER BY d.id;

-- name: heard
-- The newest heartbeat is the one heard last; see `deployments` in geography.sql.
SELECT n.id, beat.received_at
FROM node n
CROSS JOIN LATERAL (
    SELECT received_at FROM heartbeat
    WHERE node_id = n.id ORDER BY received_at DESC, observed_at DESC LIMIT 1
) beat
WHERE n.reserve_id = %(reserve_id)s;

-- name: bodies
SELECT asked.node, beat.received_at, beat.body
FROM unnest(%(nodes)s::text[]) AS asked (node)
CROSS JOIN LATERAL (
    SELECT received_at, body FROM heartbeat
    WHERE node_id = asked.node ORDER BY received_at DESC, observed_at DESC LIMIT 1
) beat;

-- name: stood
SELECT id, ST_X(location) AS lon, ST_Y(location) AS lat,
       started_at < %(until)s AND (ended_at IS NULL OR ended_at > %(since)s) AS in_span
FROM standing
WHERE reserve_id = %(reserve_id)s
ORDER BY id;

-- name: cameras_tile
-- Health is judged by fleet.health and comes with the ids.
SELECT ST_AsMVT(tile, 'cameras', 4096, 'geom')
FROM (
    SELECT ST_AsMVTGeom(ST_Transform(d.location, 3857),
                        ST_MakeEnvelope(%(west)s, %(south)s, %(east)s, %(north)s, 3857), 4096, 64, true) AS geom,
           d.id::text, d.location_name AS name, asked.status, d.heading_deg AS heading,
           d.field_of_view_deg AS fov, d.detection_distance_m AS distance, asked.status = 'ended' AS ended,
           d.dataset_id IS NOT NULL AS imported
    FROM unnest(%(ids)s::uuid[], %(statuses)s::text[]) AS asked (id, status)
    JOIN deployment d ON d.id = asked.id
    ORDER BY d.id
) tile
WHERE geom IS NOT NULL;

-- name: clusters_tile
SELECT ST_AsMVT(tile, 'cameras', 4096, 'geom')
FROM (
    SELECT ST_AsMVTGeom(ST_Point(x, y, 3857),
                        ST_MakeEnvelope(%(west)s, %(south)s, %(east)s, %(north)s, 3857), 4096, 64, true) AS geom,
           count, status, ok, attention, silent, never_seen, ended
    FROM unnest(%(x)s::float8[], %(y)s::float8[], %(counts)s::int[], %(statuses)s::text[], %(ok)s::int[],
                %(attention)s::int[], %(silent)s::int[], %(never_seen)s::int[], %(ended)s::int[])
         AS cluster (x, y, count, status, ok, attention, silent, never_seen, ended)
) tile
WHERE geom IS NOT NULL;

-- name: density_tile
-- Three figures are enough for a colour and a sentence, and make values that tiles share.
SELECT ST_AsMVT(tile, 'density', 4096, 'geom')
FROM (
    SELECT ST_AsMVTGeom(
               ST_SetSRID(CASE WHEN %(kind)s::text = 'hexagon' THEN ST_Hexagon(%(size)s, i, j) ELSE ST_Square(%(size)s, i, j) END, 3857),
               ST_MakeEnvelope(%(west)s, %(south)s, %(east)s, %(north)s, 3857), 4096, 64, true
           ) AS geom,
           i || ':' || j AS cell, status, deployments, camera_days, events, rate, low, high
    FROM unnest(%(columns)s::int[], %(rows)s::int[], %(statuss)s::text[], %(deploymentss)s::int[],
                %(camera_dayss)s::float8[], %(eventss)s::int[], %(rates)s::float8[], %(lows)s::float8[],
                %(highs)s::float8[])
         AS one (i, j, status, deployments, camera_days, events, rate, low, high)
) tile
WHERE geom IS NOT NULL;

-- name: hotspots_tile
-- As far as hotspots are kept around a reserve: those of the reserve, and near it those that belong to none.
SELECT ST_AsMVT(tile, 'hotspots', 4096, 'geom')
FROM (
    SELECT ST_AsMVTGeom(ST_Transform(h.location, 3857), edge.box, 4096, 64, true) AS geom,
           h.id::text, h.incident_id::text, h.source, h.satellite, h.confidence, h.frp_mw AS frp, h.scan_km,
           h.track_km, h.reserve_id IS NOT NULL AS inside,
           to_char(h.observed_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') AS observed_at
    FROM (SELECT ST_MakeEnvelope(%(west)s, %(south)s, %(east)s, %(north)s, 3857) AS box) edge
    CROSS JOIN LATERAL (SELECT ST_Transform(ST_Expand(edge.box, (%(east)s - %(west)s) / 64), 4326) AS box) wgs
    CROSS JOIN reserve r
    LEFT JOIN LATERAL (
        SELECT ST_Collect(d.location) AS points FROM deployment d
        WHERE d.reserve_id = r.id AND r.boundary IS NULL
    ) cameras ON true
    JOIN hotspot h ON h.location && wgs.box AND (
        h.reserve_id = r.id
        OR (h.reserve_id IS NULL
            AND ST_DWithin(h.location::geography, coalesce(r.boundary, cameras.points)::geography, %(within_m)s))
    )
    WHERE r.id = %(reserve_id)s
      AND (%(since)s::timestamptz IS NULL OR h.observed_at >= %(since)s)
      AND (%(until)s::timestamptz IS NULL OR h.observed_at < %(until)s)
    ORDER BY h.observed_at DESC, h.id
    LIMIT 5000
) tile
WHERE geom IS NOT NULL;

-- name: tracks_tile
SELECT ST_AsMVT(tile, 'tracks', 4096, 'geom')
FROM (
    SELECT ST_AsMVTGeom(
               ST_Simplify(ST_Transform(t.line, 3857), (%(east)s - %(west)s) / 4096), edge.box, 4096, 64, true
           ) AS geom,
           t.id::text, t.name, t.kind, t.length_m,
           to_char(t.started_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') AS started_at
    FROM (SELECT ST_MakeEnvelope(%(west)s, %(south)s, %(east)s, %(north)s, 3857) AS box) edge
    CROSS JOIN LATERAL (SELECT ST_Transform(ST_Expand(edge.box, (%(east)s - %(west)s) / 64), 4326) AS box) wgs
    JOIN patrol_track t ON t.line && wgs.box
    WHERE t.reserve_id = %(reserve_id)s
      AND (%(since)s::timestamptz IS NULL OR coalesce(t.ended_at, t.uploaded_at) >= %(since)s)
      AND (%(until)s::timestamptz IS NULL OR coalesce(t.started_at, t.uploaded_at) < %(until)s)
    ORDER BY coalesce(t.started_at, t.uploaded_at) DESC, t.id
    LIMIT 2000
) tile
WHERE geom IS NOT NULL;
