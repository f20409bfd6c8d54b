-- name: insert
INSERT INTO media (
    id, deployment_id, observed_at, mime, sha256, bytes, width, height, clock_quality, clock_offset_s
) VALUES (
    %(id)s, %(deployment_id)s, %(observed_at)s, %(mime)s, %(sha256)s, %(bytes)s, %(width)s, %(height)s,
    %(clock_quality)s::clock_quality, %(clock_offset_s)s
) ON CONFLICT (id) DO NOTHING;
