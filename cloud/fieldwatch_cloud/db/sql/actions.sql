-- name: reserve_of
SELECT r.slug FROM incident i JOIN reserve r ON r.id = i.reserve_id WHERE i.id = %(id)s;

-- name: lock
WITH RECURSIVE way AS (
    SELECT id, merged_into FROM incident WHERE id = %(id)s
    UNION ALL
    SELECT next.id, next.merged_into FROM way JOIN incident next ON next.id = way.merged_into
)
SELECT i.id, r.slug AS reserve, i.state, i.held_back, i.drill
FROM incident i JOIN reserve r ON r.id = i.reserve_id
WHERE i.id = (SELECT id FROM way WHERE merged_into IS NULL)
FOR UPDATE OF i;

-- name: known
SELECT incident_id, account_id, action FROM incident_log WHERE action_id = %(action_id)s;

-- name: record
WITH RECURSIVE one AS (
    SELECT %(id)s::uuid AS id
    UNION ALL
    SELECT i.id FROM one JOIN incident i ON i.merged_into = one.id
)
SELECT l.action, coalesce(l.done_at, l.at), l.account_id
FROM one JOIN incident_log l ON l.incident_id = one.id
WHERE l.action = ANY (%(actions)s) AND l.account_id IS NOT NULL
ORDER BY l.id;

-- name: confirming
SELECT DISTINCT ON (m.id) m.id AS media_id, s.kind, s.box, coalesce(said.revision, 0) AS revision,
       CASE WHEN said.revision IS NOT NULL THEN NOT EXISTS (
           SELECT FROM label l WHERE l.media_id = m.id AND l.revision = said.revision
       ) END AS blank
FROM suspicion s
JOIN media m ON m.id = s.media_id AND m.deployment_id = s.deployment_id
LEFT JOIN LATERAL (
    SELECT revision, origin FROM label_revision WHERE media_id = m.id ORDER BY revision DESC LIMIT 1
) said ON true
WHERE s.incident_id = %(id)s
  AND m.mime LIKE 'image/%%'
  AND coalesce(said.origin, 'incident') = 'incident'
  AND NOT EXISTS (SELECT FROM observation o WHERE o.media_id = m.id)
-- One picture may have raised two fires: what is false of the one says nothing about the other.
  AND NOT EXISTS (SELECT FROM suspicion other WHERE other.media_id = m.id AND other.incident_id <> s.incident_id)
ORDER BY m.id, s.observed_at, s.id;

-- name: reason
SELECT details ->> 'reason' FROM incident_log
WHERE incident_id = %(id)s AND action = 'false_alarm'
ORDER BY coalesce(done_at, at) DESC, id DESC LIMIT 1;

-- name: false_alarms
-- Of fixed views only: where a camera turns, a part of its picture is no place.
SELECT s.deployment_id, s.box, s.incident_id = %(id)s AS own
FROM suspicion s
JOIN incident i ON i.id = s.incident_id
CROSS JOIN LATERAL (
    SELECT details ->> 'reason' AS reason FROM incident_log
    WHERE incident_id = i.id AND action = 'false_alarm'
    ORDER BY coalesce(done_at, at) DESC, id DESC LIMIT 1
) said
WHERE s.deployment_id IN (SELECT deployment_id FROM suspicion WHERE incident_id = %(id)s)
  AND i.state = 'false_alarm' AND NOT i.drill AND s.pose IS NULL AND said.reason = %(reason)s
ORDER BY s.observed_at DESC, s.id
LIMIT 500;

-- name: add_picture
INSERT INTO incident_picture (
    id, incident_id, account_id, taken_at, location, note, mime, sha256, bytes
) VALUES (
    %(id)s, %(incident_id)s, %(account_id)s, %(taken_at)s,
    ST_Point(%(lon)s::float8, %(lat)s::float8, 4326), %(note)s, %(mime)s, %(sha256)s, %(bytes)s
);

-- name: picture
SELECT incident_id, account_id, sha256 FROM incident_picture WHERE id = %(id)s;
