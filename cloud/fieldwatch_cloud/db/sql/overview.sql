-- name: place
SELECT r.timezone, r.boundary IS NOT NULL AS boundary,
       (SELECT count(*) FROM zone WHERE reserve_id = r.id) AS zones,
       (SELECT count(*) FROM shift WHERE reserve_id = r.id)
           + (SELECT count(*) FROM zone WHERE reserve_id = r.id AND duty_account_id IS NOT NULL) AS shifts,
       (SELECT max(started_at) FROM drill WHERE reserve_id = r.id) AS last_drill_at
FROM reserve r WHERE r.id = %(reserve_id)s;

-- name: species
-- Down the sums: a year's tell how many and in which year first and last, a month's in which month, and only that
-- month's events when.
WITH here AS MATERIALIZED (SELECT id FROM standing WHERE reserve_id = %(reserve_id)s),
yearly AS MATERIALIZED (
    SELECT c.scientific_name, c.deployment_id, c.start, c.observations, c.labelled, c.events
    FROM here JOIN count_sum c ON c.deployment_id = here.id AND c.tier = 'year'
    WHERE c.observation_type = 'animal' AND c.scientific_name IS NOT NULL
),
total AS MATERIALIZED (
    SELECT scientific_name, sum(observations) AS observations, sum(labelled) AS labelled, sum(events) AS events,
           count(DISTINCT deployment_id) AS deployments, min(start) AS first_year, max(start) AS last_year
    FROM yearly GROUP BY scientific_name
),
ends AS MATERIALIZED (
    SELECT y.scientific_name, 'first' AS which, y.deployment_id, y.start
    FROM yearly y JOIN total t ON t.scientific_name = y.scientific_name AND t.first_year = y.start
    UNION ALL
    SELECT y.scientific_name, 'last', y.deployment_id, y.start
    FROM yearly y JOIN total t ON t.scientific_name = y.scientific_name AND t.last_year = y.start
),
monthly AS MATERIALIZED (
    SELECT e.scientific_name, e.which, m.deployment_id, m.start,
           min(m.start) OVER (PARTITION BY e.scientific_name, e.which) AS first_month,
           max(m.start) OVER (PARTITION BY e.scientific_name, e.which) AS last_month
    FROM ends e
    JOIN count_sum m ON m.deployment_id = e.deployment_id AND m.tier = 'month' AND m.start >= e.start
                    AND m.start < e.start + interval '1 year' AND m.scientific_name = e.scientific_name
),
told AS (
    SELECT m.scientific_name, min(v.started_at) AS first_at, max(v.ended_at) AS last_at
    FROM monthly m
    JOIN event v ON v.deployment_id = m.deployment_id AND v.scientific_name = m.scientific_name
                AND v.started_at >= m.start::timestamp AT TIME ZONE 'UTC'
                AND v.started_at < (m.start + interval '1 month') AT TIME ZONE 'UTC'
    WHERE m.start = CASE m.which WHEN 'first' THEN m.first_month ELSE m.last_month END
    GROUP BY m.scientific_name
)
SELECT t.scientific_name, t.observations::bigint, t.labelled::bigint, t.events::bigint, t.deployments,
       told.first_at AS first_seen_at, told.last_at AS last_seen_at
FROM total t JOIN told USING (scientific_name)
ORDER BY t.events DESC, t.scientific_name;

-- name: watched_before
-- Whether a camera looked before, by its corrected clock, or at least something was recorded.
SELECT EXISTS (
    SELECT FROM standing d
    LEFT JOIN clock_correction c ON c.deployment_id = d.id AND c.undone_at IS NULL
    WHERE d.reserve_id = %(reserve_id)s
      AND (EXISTS (SELECT FROM effort_day e
                   WHERE e.deployment_id = d.id
                     AND e.day < ((%(since)s - make_interval(secs => coalesce(c.offset_s, 0))) AT TIME ZONE 'UTC')::date)
           OR EXISTS (SELECT FROM event e WHERE e.deployment_id = d.id AND e.started_at < %(since)s))
);

-- name: known_before
-- Most names are known from a year before; only for the others their events of this year are looked through. What came
-- late is in no sum yet: where a marker lies so far back, it is derived (`events_anew`).
WITH yearly AS MATERIALIZED (
    SELECT c.scientific_name, c.deployment_id, c.start
    FROM standing d JOIN count_sum c ON c.deployment_id = d.id AND c.tier = 'year'
    WHERE d.reserve_id = %(reserve_id)s AND c.scientific_name = ANY (%(names)s)
      AND c.start::timestamp AT TIME ZONE 'UTC' < %(since)s
),
old AS (
    SELECT DISTINCT scientific_name FROM yearly
    WHERE (start + interval '1 year') AT TIME ZONE 'UTC' <= %(since)s
),
monthly AS MATERIALIZED (
    SELECT m.scientific_name, m.deployment_id, m.start
    FROM yearly y
    JOIN count_sum m ON m.deployment_id = y.deployment_id AND m.tier = 'month' AND m.start >= y.start
                    AND m.start < y.start + interval '1 year' AND m.scientific_name = y.scientific_name
                    AND m.start::timestamp AT TIME ZONE 'UTC' < %(since)s
    WHERE y.scientific_name NOT IN (SELECT scientific_name FROM old)
),
late AS MATERIALIZED (
    SELECT DISTINCT s.deployment_id
    FROM standing d JOIN stale_span s ON s.deployment_id = d.id
    WHERE d.reserve_id = %(reserve_id)s AND lower(s.span) < %(since)s
),
known AS (
    SELECT scientific_name FROM old
    UNION
    SELECT scientific_name FROM monthly WHERE (start + interval '1 month') AT TIME ZONE 'UTC' <= %(since)s
)
SELECT scientific_name FROM known
UNION
SELECT e.scientific_name
FROM late CROSS JOIN LATERAL events_anew(late.deployment_id) e
WHERE e.scientific_name = ANY (%(names)s) AND e.started_at < %(since)s
UNION
SELECT m.scientific_name
FROM monthly m
WHERE m.scientific_name NOT IN (SELECT scientific_name FROM known)
  AND EXISTS (SELECT FROM event e
              WHERE e.deployment_id = m.deployment_id AND e.scientific_name = m.scientific_name
                AND e.started_at >= m.start::timestamp AT TIME ZONE 'UTC' AND e.started_at < %(since)s);

-- name: first_pictures
-- Of each name its first event; and of its records, as people corrected them, the first with a picture that is here.
WITH first AS MATERIALIZED (
    SELECT DISTINCT ON (e.scientific_name) e.scientific_name, e.started_at, e.ended_at, e.deployment_id
    FROM standing d
    CROSS JOIN LATERAL events(d.id, %(since)s, 'infinity') e
    WHERE d.reserve_id = %(reserve_id)s AND e.scientific_name = ANY (%(names)s) AND e.observation_type = 'animal'
    ORDER BY e.scientific_name, e.started_at, e.deployment_id
)
SELECT first.scientific_name, first.started_at, first.deployment_id, picture.media_id
FROM first
LEFT JOIN LATERAL (
    SELECT s.media_id
    FROM seen(first.deployment_id, first.started_at, first.ended_at + interval '1 microsecond') s
    JOIN media m ON m.id = s.media_id AND m.mime IN ('image/jpeg', 'image/png')
    WHERE s.scientific_name = first.scientific_name AND s.observation_type = 'animal'
      AND NOT EXISTS (SELECT FROM media_removal gone WHERE gone.media_id = m.id)
    ORDER BY s.observed_at, s.media_id LIMIT 1
) picture ON true;

-- name: pictures_of_species
-- What a model called so, unless a person has spoken; and what people call so. Of many cameras fewer each; whether
-- the pictures are here is asked of the best alone (`stills`).
WITH found AS (
    SELECT o.media_id, d.id AS deployment_id, o.observed_at, o.confidence, false AS labelled
    FROM standing d
    CROSS JOIN LATERAL (
        SELECT media_id, observed_at, confidence FROM observation
        WHERE deployment_id = d.id AND scientific_name = %(taxon)s AND media_id IS NOT NULL
        ORDER BY observed_at DESC
        LIMIT (SELECT greatest(2, least(12, %(weighed)s / count(*))) FROM standing WHERE reserve_id = %(reserve_id)s)
    ) o
    WHERE d.reserve_id = %(reserve_id)s
      AND NOT EXISTS (SELECT FROM label_revision r WHERE r.media_id = o.media_id)
    UNION ALL
    SELECT l.media_id, d.id, l.observed_at,
           (SELECT max(o.confidence) FROM observation o
            WHERE o.media_id = l.media_id AND o.scientific_name = l.scientific_name), true
    FROM standing d JOIN current_label l ON l.deployment_id = d.id
    WHERE d.reserve_id = %(reserve_id)s AND l.scientific_name = %(taxon)s
)
SELECT f.media_id, f.deployment_id, f.observed_at + make_interval(secs => coalesce(c.offset_s, 0)) AS observed_at,
       %(taxon)s AS scientific_name, f.confidence, f.labelled
FROM found f
LEFT JOIN clock_correction c ON c.deployment_id = f.deployment_id AND c.undone_at IS NULL;

-- name: pictures_of_span
-- By deployment and time, its corrected clock's: said so that no index of pictured records alone is taken for it, which
-- would be read whole for each camera.
WITH here AS MATERIALIZED (
    SELECT d.id, make_interval(secs => coalesce(c.offset_s, 0)) AS ahead
    FROM standing d LEFT JOIN clock_correction c ON c.deployment_id = d.id AND c.undone_at IS NULL
    WHERE d.reserve_id = %(reserve_id)s
)
SELECT o.media_id, here.id AS deployment_id, o.observed_at + here.ahead AS observed_at, o.scientific_name, o.confidence,
       false AS labelled
FROM here
CROSS JOIN LATERAL (
    SELECT media_id, observed_at, confidence, scientific_name FROM observation
    WHERE deployment_id = here.id
      AND observed_at >= %(since)s - here.ahead AND observed_at < %(until)s - here.ahead
      AND (media_id IS NULL) IS FALSE AND observation_type = 'animal' AND scientific_name IS NOT NULL
    ORDER BY observed_at DESC
    LIMIT (SELECT greatest(2, least(12, %(weighed)s / count(*))) FROM here)
) o
WHERE NOT EXISTS (SELECT FROM label_revision r WHERE r.media_id = o.media_id)
UNION ALL
SELECT l.media_id, here.id, l.observed_at + here.ahead, l.scientific_name,
       (SELECT max(o.confidence) FROM observation o
        WHERE o.media_id = l.media_id AND o.scientific_name = l.scientific_name), true
FROM here JOIN current_label l ON l.deployment_id = here.id
WHERE l.observed_at >= %(since)s - here.ahead AND l.observed_at < %(until)s - here.ahead
  AND l.observation_type = 'animal' AND l.scientific_name IS NOT NULL;

-- name: stills
-- Those that have come, were not removed, and are no clips.
SELECT id FROM media WHERE id = ANY (%(ids)s) AND mime IN ('image/jpeg', 'image/png')
  AND NOT EXISTS (SELECT FROM media_removal gone WHERE gone.media_id = media.id);

-- name: latest_picture
-- Who may not see sensitive species: of the newest 50 the first that shows none, rather than all of a camera's.
SELECT m.id AS media_id, m.observed_at + make_interval(secs => coalesce(c.offset_s, 0)) AS observed_at,
       m.received_at, m.width, m.height
FROM (
    SELECT * FROM media
    WHERE deployment_id = %(deployment_id)s AND mime IN ('image/jpeg', 'image/png')
    ORDER BY observed_at DESC, id DESC LIMIT 50
) m
JOIN standing d ON d.id = m.deployment_id
LEFT JOIN clock_correction c ON c.deployment_id = m.deployment_id AND c.undone_at IS NULL
WHERE (%(exact)s OR NOT shows_sensitive(d.reserve_id, m.id))
  AND NOT EXISTS (SELECT FROM media_removal gone WHERE gone.media_id = m.id)
ORDER BY m.observed_at DESC, m.id DESC LIMIT 1;

-- name: corrected_clocks
SELECT c.deployment_id
FROM standing d JOIN clock_correction c ON c.deployment_id = d.id AND c.undone_at IS NULL
WHERE d.reserve_id = %(reserve_id)s;

-- name: unreached
SELECT a.id AS account_id, a.name, min(n.created_at) AS since
FROM incident i
JOIN notification n ON n.incident_id = i.id
JOIN delivery v ON v.notification_id = n.id
JOIN device d ON d.id = v.device_id
JOIN account a ON a.id = d.account_id
WHERE i.reserve_id = %(reserve_id)s AND i.last_seen_at >= %(since)s AND NOT i.drill
  AND n.kind IN ('fire', 'escalation') AND v.state <> 'cancelled'
GROUP BY a.id
HAVING bool_and(v.state = 'failed')
ORDER BY a.name, a.id;
