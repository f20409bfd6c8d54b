-- name: rules
SELECT r.kind, r.keep_days, r.labelled_too, a.name AS set_by, r.set_at
FROM retention_rule r JOIN account a ON a.id = r.set_by
WHERE r.reserve_id = %(reserve_id)s ORDER BY r.kind;

-- name: all_rules
SELECT reserve_id, kind, keep_days, labelled_too FROM retention_rule ORDER BY reserve_id, kind;

-- name: drop_rules
DELETE FROM retention_rule WHERE reserve_id = %(reserve_id)s;

-- name: add_rule
INSERT INTO retention_rule (reserve_id, kind, keep_days, labelled_too, set_by)
VALUES (%(reserve_id)s, %(kind)s, %(keep_days)s, %(labelled_too)s, %(set_by)s);

-- name: kept
SELECT count(*), coalesce(sum(m.bytes), 0)::bigint, min(m.received_at)
FROM deployment d JOIN media m ON m.deployment_id = d.id
WHERE d.reserve_id = %(reserve_id)s AND d.dataset_id IS NULL
  AND NOT EXISTS (SELECT FROM media_removal gone WHERE gone.media_id = m.id);

-- name: preview
SELECT count(*) FILTER (WHERE goes), coalesce(sum(bytes) FILTER (WHERE goes), 0)::bigint,
       min(received_at) FILTER (WHERE goes), max(received_at) FILTER (WHERE goes),
       count(*) FILTER (WHERE evidence), count(*) FILTER (WHERE labelled AND NOT evidence AND NOT %(labelled_too)s)
FROM (
    SELECT one.*, NOT evidence AND (%(labelled_too)s OR NOT labelled) AS goes
    FROM (
        SELECT m.bytes, m.received_at, is_evidence(m.id) AS evidence,
               EXISTS (SELECT FROM label_revision r WHERE r.media_id = m.id) AS labelled
        FROM deployment d JOIN media m ON m.deployment_id = d.id
        WHERE d.reserve_id = %(reserve_id)s AND d.dataset_id IS NULL AND m.received_at < %(until)s
          AND NOT EXISTS (SELECT FROM media_removal gone WHERE gone.media_id = m.id)
          AND picture_kind(m.id) = %(kind)s
    ) one
) judged;

-- name: deployments
SELECT id FROM deployment WHERE reserve_id = %(reserve_id)s AND dataset_id IS NULL ORDER BY id;

-- name: pick
-- Held until the transaction ends: who labels one of them waits, or was first and is seen by `remove`.
SELECT m.id
FROM media m
WHERE m.deployment_id = %(deployment)s AND m.received_at < %(until)s
  AND NOT EXISTS (SELECT FROM media_removal gone WHERE gone.media_id = m.id)
  AND (%(labelled_too)s OR NOT EXISTS (SELECT FROM label_revision r WHERE r.media_id = m.id))
  AND picture_kind(m.id) = %(kind)s AND NOT is_evidence(m.id)
ORDER BY m.observed_at
LIMIT %(limit)s
FOR UPDATE SKIP LOCKED;

-- name: remove
-- Judged once more: a label may have come before the rows were held.
INSERT INTO media_removal (media_id, reserve_id, kind, keep_days, bytes, sha256)
SELECT m.id, %(reserve_id)s, %(kind)s, %(keep_days)s, m.bytes, m.sha256
FROM media m
WHERE m.id = ANY (%(ids)s)
  AND (%(labelled_too)s OR NOT EXISTS (SELECT FROM label_revision r WHERE r.media_id = m.id))
  AND picture_kind(m.id) = %(kind)s AND NOT is_evidence(m.id)
ON CONFLICT (media_id) DO NOTHING;

-- name: spare
-- Whose file is still here, and an incident has come to rest on it since.
DELETE FROM media_removal WHERE NOT file_gone AND is_evidence(media_id);

-- name: files
-- Of what was removed, and whether something else still shows the same file.
SELECT gone.media_id, gone.sha256,
       EXISTS (SELECT FROM media m
               WHERE m.sha256 = gone.sha256 AND NOT EXISTS (SELECT FROM media_removal r WHERE r.media_id = m.id))
       OR EXISTS (SELECT FROM incident_picture p WHERE p.sha256 = gone.sha256) AS shared
FROM media_removal gone
WHERE NOT gone.file_gone
ORDER BY gone.media_id
LIMIT %(limit)s;

-- name: files_gone
UPDATE media_removal SET file_gone = true WHERE media_id = ANY (%(ids)s);

-- name: came_again
UPDATE media_removal SET file_gone = false WHERE media_id = %(id)s AND file_gone;

-- name: removed
SELECT (removed_at AT TIME ZONE %(timezone)s)::date AS day, kind, keep_days, count(*) AS pictures,
       sum(bytes)::bigint AS bytes
FROM media_removal WHERE reserve_id = %(reserve_id)s
GROUP BY 1, 2, 3 ORDER BY 1 DESC, 2, 3 LIMIT %(limit)s;

-- name: removal
SELECT kind, keep_days, removed_at FROM media_removal WHERE media_id = %(id)s;
