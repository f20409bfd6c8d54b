-- name: snapshot
-- The tables of one export must see the same records.
SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY;

-- name: deployments
-- A reserve's own, by place and dates: data sets of others go out as themselves (db.datasets).
SELECT d.id, d.location_name, ST_X(d.location) AS lon, ST_Y(d.location) AS lat, d.heading_deg, d.tilt_deg, d.height_m,
       d.detection_distance_m, d.node_id, d.started_at, d.ended_at, coalesce(c.offset_s, 0) AS offset_s
FROM standing d
LEFT JOIN clock_correction c ON c.deployment_id = d.id AND c.undone_at IS NULL
WHERE d.reserve_id = %(reserve_id)s AND d.dataset_id IS NULL
  AND (%(area)s::text IS NULL OR ST_Intersects(d.location, ST_GeomFromGeoJSON(%(area)s)))
  AND (%(zone)s::uuid IS NULL OR ST_Intersects(
      d.location, (SELECT z.area FROM zone z WHERE z.id = %(zone)s AND z.reserve_id = d.reserve_id)))
  AND (%(deployments)s::uuid[] IS NULL OR d.id = ANY (%(deployments)s))
  AND d.started_at < %(until)s AND (d.ended_at IS NULL OR d.ended_at > %(since)s)
ORDER BY d.location_name, d.started_at, d.id;

-- name: records
-- What the models saw, and what people said instead, each once; see seen(). A picture that never came is none.
WITH record AS (
    SELECT * FROM seen(%(deployment)s, %(since)s, %(until)s)
    WHERE confidence >= %(min_confidence)s::real
)
SELECT r.observation_id AS id, r.observed_at, r.ended_at, r.observation_type::text, r.scientific_name, r.count, o.box,
       m.id AS media_id, r.confidence, o.model AS by, NULL::timestamptz AS at, false AS person,
       is_sensitive(%(reserve_id)s, r.scientific_name) AS sensitive
FROM record r
JOIN observation o ON o.id = r.observation_id
LEFT JOIN media m ON m.id = r.media_id AND m.deployment_id = r.deployment_id
WHERE NOT r.labelled AND (%(taxa)s::text[] IS NULL OR r.scientific_name = ANY (%(taxa)s))
UNION ALL
SELECT NULL, p.observed_at, p.ended_at, l.observation_type::text, l.scientific_name, l.count, l.box, m.id, 1, a.name,
       v.at, true, is_sensitive(%(reserve_id)s, l.scientific_name)
FROM (SELECT media_id, min(observed_at) AS observed_at, max(ended_at) AS ended_at
      FROM record WHERE labelled GROUP BY media_id) p
JOIN current_label l ON l.media_id = p.media_id AND l.deployment_id = %(deployment)s
JOIN label_revision v ON v.media_id = l.media_id AND v.revision = l.revision
JOIN account a ON a.id = v.account_id
LEFT JOIN media m ON m.id = l.media_id
WHERE l.observation_type IS NOT NULL AND (%(taxa)s::text[] IS NULL OR l.scientific_name = ANY (%(taxa)s))
ORDER BY observed_at, id NULLS LAST, media_id, scientific_name, box;

-- name: media
SELECT m.id, m.observed_at + make_interval(secs => %(offset_s)s) AS taken_at, m.mime
FROM media m
WHERE m.deployment_id = %(deployment)s
  AND (m.id = ANY (%(ids)s) OR (%(all)s AND m.observed_at >= %(since)s - make_interval(secs => %(offset_s)s)
                                        AND m.observed_at < %(until)s - make_interval(secs => %(offset_s)s)))
  AND (%(exact)s OR NOT shows_sensitive(%(reserve_id)s, m.id))
ORDER BY taken_at, m.id;

-- name: effort
SELECT lower(span), upper(span) FROM looked(%(deployment)s, %(since)s, %(until)s) ORDER BY 1;

-- name: extent
-- Where nothing is exported, of the reserve itself.
SELECT ST_XMin(e), ST_YMin(e), ST_XMax(e), ST_YMax(e) FROM (SELECT boundary::box3d AS e FROM reserve WHERE id = %(reserve_id)s) r
WHERE e IS NOT NULL;
