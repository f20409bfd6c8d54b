-- name: picture
SELECT m.id, r.slug AS reserve, m.mime, m.sha256
FROM media m
JOIN deployment d ON d.id = m.deployment_id
JOIN reserve r ON r.id = d.reserve_id
WHERE m.id = %(id)s;
