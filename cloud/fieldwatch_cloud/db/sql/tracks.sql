-- name: add
INSERT INTO patrol_track (id, reserve_id, account_id, file, name, kind, line, length_m, started_at, ended_at, times,
                          content_sha256)
SELECT %(id)s, %(reserve_id)s, %(account_id)s, %(file)s, %(name)s, %(kind)s, walked.line,
       ST_Length(walked.line::geography), %(started_at)s, %(ended_at)s, %(times)s::timestamptz[], %(sha256)s
FROM (SELECT ST_GeomFromGeoJSON(%(line)s) AS line) walked
ON CONFLICT (reserve_id, content_sha256) DO NOTHING;

-- name: list
SELECT t.id, t.name, t.kind, t.file, t.account_id, a.name AS account_name, t.uploaded_at, t.started_at, t.ended_at,
       t.length_m, ST_NPoints(t.line) AS points,
       ARRAY[ST_XMin(t.line), ST_YMin(t.line), ST_XMax(t.line), ST_YMax(t.line)] AS bounds
FROM patrol_track t LEFT JOIN account a ON a.id = t.account_id
WHERE t.reserve_id = %(reserve_id)s
  AND (%(since)s::timestamptz IS NULL OR coalesce(t.ended_at, t.uploaded_at) >= %(since)s)
  AND (%(until)s::timestamptz IS NULL OR coalesce(t.started_at, t.uploaded_at) < %(until)s)
  AND (%(ids)s::uuid[] IS NULL OR t.id = ANY (%(ids)s))
ORDER BY coalesce(t.started_at, t.uploaded_at) DESC, t.id
LIMIT %(limit)s;

-- name: owner
SELECT r.slug AS reserve, t.account_id FROM patrol_track t JOIN reserve r ON r.id = t.reserve_id
WHERE t.id = %(id)s;

-- name: delete
DELETE FROM patrol_track WHERE id = %(id)s;
