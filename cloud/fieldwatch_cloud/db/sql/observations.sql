-- name: page
-- Newest first, from after the cursor. One short walk down each deployment's index instead of a sort of
-- everything that the reserve ever saw.
SELECT o.id, o.deployment_id, o.observed_at, o.ended_at, o.received_at, o.observation_type::text,
       o.scientific_name, o.count, o.confidence, o.frames, o.box, o.media_id, o.clock_quality::text,
       o.clock_offset_s, o.model
FROM (
    SELECT newest.id
    FROM deployment d
    CROSS JOIN LATERAL (
        SELECT id, observed_at
        FROM observation
        WHERE deployment_id = d.id
          AND (%(since)s::timestamptz IS NULL OR observed_at >= %(since)s)
          AND (%(until)s::timestamptz IS NULL OR observed_at < %(until)s)
          AND (%(before_at)s::timestamptz IS NULL
               OR (observed_at <= %(before_at)s AND (observed_at, id) < (%(before_at)s, %(before_id)s)))
          AND (%(taxon)s::text IS NULL OR scientific_name = %(taxon)s)
          AND confidence >= %(min_confidence)s::real
          AND (%(exact)s OR NOT is_sensitive(d.reserve_id, scientific_name))
        ORDER BY observed_at DESC, id DESC
        LIMIT %(limit)s
    ) newest
    WHERE d.reserve_id = %(reserve_id)s AND (%(deployment)s::uuid IS NULL OR d.id = %(deployment)s)
    ORDER BY newest.observed_at DESC, newest.id DESC
    LIMIT %(limit)s
) chosen
JOIN observation o USING (id)
ORDER BY o.observed_at DESC, o.id DESC;
