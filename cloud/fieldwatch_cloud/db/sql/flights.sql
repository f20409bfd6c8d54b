-- name: place
-- Of records that are here: what was refused has no place either.
INSERT INTO place (id, kind, deployment_id, location, sd_m, altitude_m, height_m, heading_deg, tilt_deg,
                   field_of_view_deg, aspect)
SELECT %(id)s, %(kind)s, %(deployment_id)s, ST_Point(%(lon)s, %(lat)s, 4326), %(sd_m)s, %(altitude_m)s, %(height_m)s,
       %(heading_deg)s, %(tilt_deg)s, %(field_of_view_deg)s, %(aspect)s
WHERE CASE WHEN %(kind)s = 'media'
           THEN EXISTS (SELECT FROM media WHERE id = %(id)s AND deployment_id = %(deployment_id)s)
           ELSE EXISTS (SELECT FROM observation WHERE id = %(id)s AND deployment_id = %(deployment_id)s) END
ON CONFLICT (id) DO NOTHING;

-- name: flights
-- Newest first; one of which nothing has come yet has neither times nor bounds.
SELECT d.id, d.location_name AS name, d.node_id, d.started_at AS since,
       min(p.at) AS started_at, max(p.at) AS ended_at, count(p.id) AS pictures,
       CASE WHEN count(p.id) > 0 THEN
           ARRAY[ST_XMin(ST_Extent(p.location)), ST_YMin(ST_Extent(p.location)),
                 ST_XMax(ST_Extent(p.location)), ST_YMax(ST_Extent(p.location))] END AS bounds,
       coalesce(ST_AsGeoJSON(ST_MakeLine(p.location ORDER BY p.at, p.id), 7), '') AS track
FROM deployment d
LEFT JOIN LATERAL (
    SELECT p.id, p.location, coalesce(m.observed_at, o.observed_at) + clock.ahead AS at
    FROM place p
    CROSS JOIN (SELECT make_interval(secs => coalesce(sum(offset_s), 0)) AS ahead FROM clock_correction
                WHERE deployment_id = d.id AND undone_at IS NULL) clock
    LEFT JOIN media m ON p.kind = 'media' AND m.id = p.id
    LEFT JOIN observation o ON p.kind = 'blank' AND o.id = p.id
    WHERE p.deployment_id = d.id AND p.kind IN ('media', 'blank')
) p ON true
WHERE d.moves AND (%(reserve_id)s::uuid IS NULL OR d.reserve_id = %(reserve_id)s)
  AND (%(id)s::uuid IS NULL OR d.id = %(id)s)
GROUP BY d.id
ORDER BY coalesce(min(p.at), d.started_at) DESC, d.id
LIMIT %(limit)s;

-- name: pictures
SELECT p.id, p.kind = 'media' AS kept, coalesce(m.observed_at, o.observed_at) AS at, ST_X(p.location) AS lon,
       ST_Y(p.location) AS lat, p.sd_m, p.height_m, p.heading_deg, p.tilt_deg, p.field_of_view_deg, p.aspect
FROM place p
LEFT JOIN media m ON p.kind = 'media' AND m.id = p.id
LEFT JOIN observation o ON p.kind = 'blank' AND o.id = p.id
WHERE p.deployment_id = %(deployment_id)s AND p.kind IN ('media', 'blank')
ORDER BY 3, 1;

-- name: animals
-- What the models saw, and what people said instead; see seen().
SELECT s.media_id, s.scientific_name, sum(s.count)::int
FROM deployment d CROSS JOIN LATERAL seen(d.id, '-infinity', 'infinity') s
WHERE d.id = %(deployment_id)s AND s.observation_type = 'animal' AND s.media_id IS NOT NULL
  AND (%(exact)s OR NOT is_sensitive(d.reserve_id, s.scientific_name))
GROUP BY 1, 2;

-- name: points
-- A picture that people reviewed says what they said: a label has a box, but no place of its own.
SELECT o.id, p.deployment_id, ST_X(p.location) AS lon, ST_Y(p.location) AS lat, p.sd_m, o.observed_at,
       o.scientific_name, o.confidence, (SELECT m.id FROM media m WHERE m.id = o.media_id) AS media_id
FROM deployment d
JOIN place p ON p.deployment_id = d.id AND p.kind = 'observation'
JOIN observation o ON o.id = p.id
WHERE d.moves AND d.reserve_id = %(reserve_id)s AND o.observation_type = 'animal'
  AND (%(since)s::timestamptz IS NULL OR o.observed_at >= %(since)s)
  AND (%(until)s::timestamptz IS NULL OR o.observed_at < %(until)s)
  AND NOT EXISTS (SELECT FROM label_revision r WHERE r.media_id = o.media_id)
  AND (%(exact)s OR NOT (is_sensitive(d.reserve_id, o.scientific_name)
                         OR coalesce(shows_sensitive(d.reserve_id, o.media_id), false)))
ORDER BY o.observed_at DESC, o.id
LIMIT %(limit)s;
