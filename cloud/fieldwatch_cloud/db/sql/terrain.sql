-- name: around
-- As far as cameras see: 20 km around each that still stands, and the reserve itself.
SELECT ST_XMin(b), ST_YMin(b), ST_XMax(b), ST_YMax(b)
FROM (
    SELECT ST_Envelope(ST_Collect(
        (SELECT ST_Collect(ST_Envelope(ST_Buffer(d.location::geography, 20000)::geometry)) FROM deployment d
         WHERE d.reserve_id = %(reserve_id)s AND (d.ended_at IS NULL OR d.ended_at > now())),
        (SELECT boundary FROM reserve WHERE id = %(reserve_id)s)
    )) AS b
) box
WHERE b IS NOT NULL AND NOT ST_IsEmpty(b);

-- name: save
INSERT INTO terrain (reserve_id, file, content) VALUES (%(reserve_id)s, %(file)s, %(content)s)
ON CONFLICT (reserve_id) DO UPDATE
SET file = excluded.file, content = excluded.content, loaded_at = clock_timestamp();

-- name: loaded
SELECT t.file, t.loaded_at, octet_length(t.content)
FROM terrain t JOIN reserve r ON r.id = t.reserve_id WHERE r.slug = %(reserve)s;

-- name: content
SELECT t.content FROM terrain t JOIN reserve r ON r.id = t.reserve_id WHERE r.slug = %(reserve)s;

-- name: content_of
SELECT content FROM terrain WHERE reserve_id = %(reserve_id)s;

-- name: forget
DELETE FROM terrain WHERE reserve_id = %(reserve_id)s;
