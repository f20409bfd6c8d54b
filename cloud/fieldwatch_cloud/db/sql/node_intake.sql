-- name: of_day
SELECT node_id, share, messages, bytes, refused FROM node_intake
WHERE node_id = ANY(%(nodes)s) AND day = %(day)s;

-- name: add
-- Sorted: two workers lock the same nodes' rows in one order.
INSERT INTO node_intake AS i (node_id, day, share, messages, bytes, refused, refused_since)
SELECT b.node_id, %(day)s, b.share, b.messages, b.bytes, b.refused, CASE WHEN b.refused > 0 THEN %(now)s::timestamptz END
FROM unnest(%(nodes)s::text[], %(shares)s::text[], %(messages)s::bigint[], %(bytes)s::bigint[], %(refused)s::bigint[])
    AS b (node_id, share, messages, bytes, refused)
ORDER BY b.node_id, b.share
ON CONFLICT (node_id, day, share) DO UPDATE
SET messages = i.messages + excluded.messages, bytes = i.bytes + excluded.bytes, refused = i.refused + excluded.refused,
    refused_since = coalesce(i.refused_since, excluded.refused_since);

-- name: over
SELECT n.id AS node, n.name, array_agg(DISTINCT i.share ORDER BY i.share) AS shares, min(i.refused_since) AS since
FROM node_intake i JOIN node n ON n.id = i.node_id
WHERE n.reserve_id = %(reserve_id)s AND i.refused > 0 AND i.day >= %(since)s
GROUP BY n.id, n.name
ORDER BY since, n.id;

-- name: forget
DELETE FROM node_intake WHERE day < %(before)s;
