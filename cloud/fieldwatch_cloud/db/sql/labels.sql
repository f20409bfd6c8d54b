-- name: bounds
-- Of this transaction: weighing costs some 10 microseconds a picture, and must not take a connection for ever.
SELECT set_config('statement_timeout', %(time_limit)s, true), set_config('work_mem', '32MB', true);

-- name: within
-- The start of a statement: `here` are the deployments that are looked at, `of_taxon` the pictures of a taxon,
-- `of_rare` those of taxa that the reserve has few events of (by the sums that a job keeps: minutes old).
WITH RECURSIVE here AS (
    SELECT id FROM deployment
    WHERE reserve_id = %(reserve_id)s AND (%(deployment)s::uuid IS NULL OR id = %(deployment)s)
),
of_taxon AS (
    SELECT o.media_id
    FROM here JOIN observation o ON o.deployment_id = here.id
    WHERE o.scientific_name = %(taxon)s AND o.media_id IS NOT NULL
    UNION ALL
    SELECT l.media_id
    FROM here JOIN current_label l ON l.deployment_id = here.id
    WHERE l.scientific_name = %(taxon)s
),
rare AS MATERIALIZED (
    SELECT c.scientific_name AS name
    FROM deployment d JOIN count_sum c ON c.deployment_id = d.id AND c.tier = 'year'
    WHERE %(rarest)s::int IS NOT NULL AND d.reserve_id = %(reserve_id)s AND c.scientific_name IS NOT NULL
    GROUP BY c.scientific_name
    HAVING sum(c.events) <= %(rarest)s::int
),
of_rare AS (
    SELECT o.media_id
    FROM here CROSS JOIN rare
    JOIN observation o ON o.deployment_id = here.id AND o.scientific_name = rare.name
    WHERE o.media_id IS NOT NULL
    UNION ALL
    SELECT l.media_id
    FROM here JOIN current_label l ON l.deployment_id = here.id
    WHERE l.scientific_name IN (SELECT name FROM rare)
)

-- name: pictured
-- Goes on after `within`: `taxon` has what was pictured at each deployment, by name.
, taxon AS (
    -- From name to name down the index, instead of through every observation.
    SELECT here.id AS deployment_id, (
        SELECT min(scientific_name) FROM observation WHERE deployment_id = here.id AND media_id IS NOT NULL
    ) AS name
    FROM here
    UNION ALL
    SELECT deployment_id, (
        SELECT min(scientific_name) FROM observation
        WHERE deployment_id = taxon.deployment_id AND media_id IS NOT NULL AND scientific_name > taxon.name
    )
    FROM taxon WHERE name IS NOT NULL
)

-- name: newest
-- When the newest `most` pictures within the filter begin; a second row where there are older ones. Clips
-- count along, so that an index alone can tell.
SELECT observed_at
FROM here
CROSS JOIN LATERAL (
    SELECT m.observed_at
    FROM media m
    WHERE m.deployment_id = here.id
      AND (%(since)s::timestamptz IS NULL OR m.observed_at >= %(since)s)
      AND (%(until)s::timestamptz IS NULL OR m.observed_at < %(until)s)
      AND (%(taxon)s::text IS NULL OR m.id IN (SELECT media_id FROM of_taxon))
      AND (%(rarest)s::int IS NULL OR m.id IN (SELECT media_id FROM of_rare))
      AND (%(least)s::real IS NULL AND %(most_sure)s::real IS NULL OR EXISTS (
          SELECT FROM observation o
          WHERE o.media_id = m.id AND o.deployment_id = m.deployment_id
            AND o.confidence BETWEEN coalesce(%(least)s::real, 0) AND coalesce(%(most_sure)s::real, 1)))
      AND (NOT %(labelled)s OR EXISTS (SELECT FROM label_revision r WHERE r.media_id = m.id))
      AND NOT EXISTS (SELECT FROM media_removal gone WHERE gone.media_id = m.id)
    ORDER BY m.observed_at DESC
    LIMIT %(most)s + 1
) at_one
ORDER BY observed_at DESC
OFFSET %(most)s - 1 LIMIT 2;

-- name: candidates
-- Goes on after `pictured`: `candidate` has each picture within the filter once, with why it is worth a look.
-- Priorities add up; their steps are far enough apart that a more telling reason always comes first. What was
-- proposed elsewhere does not count: a node may name any picture's id.
, seen AS MATERIALIZED (
    SELECT m.id AS media_id, m.deployment_id, m.observed_at
    FROM here JOIN media m ON m.deployment_id = here.id
    WHERE m.mime LIKE 'image/%%' AND m.mime <> 'image/webp' -- a clip of stills that are here anyway
      AND (%(since)s::timestamptz IS NULL OR m.observed_at >= %(since)s)
      AND (%(until)s::timestamptz IS NULL OR m.observed_at < %(until)s)
      AND (%(taxon)s::text IS NULL OR m.id IN (SELECT media_id FROM of_taxon))
      AND (%(rarest)s::int IS NULL OR m.id IN (SELECT media_id FROM of_rare))
      AND (%(least)s::real IS NULL AND %(most_sure)s::real IS NULL OR EXISTS (
          SELECT FROM observation o
          WHERE o.media_id = m.id AND o.deployment_id = m.deployment_id
            AND o.confidence BETWEEN coalesce(%(least)s::real, 0) AND coalesce(%(most_sure)s::real, 1)))
      AND (NOT %(labelled)s OR EXISTS (SELECT FROM label_revision r WHERE r.media_id = m.id))
      AND NOT EXISTS (SELECT FROM media_removal gone WHERE gone.media_id = m.id)
),
proposed AS MATERIALIZED (
    SELECT o.id, media_id, o.confidence, o.box, coalesce(o.scientific_name, o.observation_type::text) AS what
    FROM seen JOIN observation o USING (media_id)
    WHERE o.deployment_id IN (SELECT id FROM here)
    UNION ALL
    SELECT s.id, media_id, s.confidence, s.box, 'fire'
    FROM seen JOIN suspicion s USING (media_id)
    WHERE s.deployment_id IN (SELECT id FROM here)
),
reason AS (
    SELECT s.media_id, 'false_alarm' AS reason, 4000 AS priority
    FROM here
    JOIN suspicion s ON s.deployment_id = here.id
    JOIN incident i ON i.id = s.incident_id
    WHERE i.state = 'false_alarm' AND s.media_id IS NOT NULL
    UNION
    SELECT one.media_id, 'disagreement', 2000
    FROM proposed one
    JOIN proposed other ON other.media_id = one.media_id AND other.what < one.what
    WHERE box_iou(one.box, other.box) >= 0.5
    UNION
    SELECT first.media_id, 'first_of_species', 1000
    FROM taxon
    CROSS JOIN LATERAL (
        SELECT media_id FROM observation
        WHERE deployment_id = taxon.deployment_id AND scientific_name = taxon.name AND media_id IS NOT NULL
        ORDER BY observed_at, id LIMIT 1
    ) first
    UNION
    -- The nearer to the threshold, the less sure: 101 to 500.
    SELECT media_id, 'low_confidence',
           101 + round(399 * (1 - min(abs(confidence - %(threshold)s)) / %(band)s))::int
    FROM proposed
    WHERE abs(confidence - %(threshold)s) < %(band)s
    GROUP BY media_id
    UNION
    -- By the picture's id alone: whether it is in the sample depends on nothing that it shows, nor on when or
    -- how often somebody asks. MD5, because it gives the same on every PostgreSQL.
    SELECT media_id, 'random', 1
    FROM seen
    WHERE ('x' || substr(md5(%(seed)s || ' ' || media_id), 1, 8))::bit(32)::bigint < %(share)s * 4294967296
),
candidate AS MATERIALIZED (
    SELECT seen.*, coalesce(why.reasons, '{}') AS reasons, coalesce(why.priority, 0) AS priority,
           -- Who asks for what is unsure, or rare, wants all of it.
           why.reasons IS NOT NULL OR num_nonnulls(%(least)s::real, %(most_sure)s::real, %(rarest)s::int) > 0
               AS asked,
           EXISTS (SELECT FROM label_revision r WHERE r.media_id = seen.media_id) AS reviewed
    FROM seen
    LEFT JOIN (
        SELECT media_id, array_agg(reason ORDER BY priority DESC) AS reasons, sum(priority)::int AS priority
        FROM reason GROUP BY media_id
    ) why USING (media_id)
)

-- name: page
SELECT media_id, observed_at, reasons, priority
FROM candidate
WHERE (asked OR reviewed)
  AND (%(reasons)s::text[] IS NULL OR reasons && %(reasons)s)
  AND (%(reviewed)s::boolean IS NULL OR reviewed = %(reviewed)s)
  AND (%(before_priority)s::int IS NULL
       OR (priority, observed_at, media_id) < (%(before_priority)s, %(before_at)s, %(before_id)s))
ORDER BY priority DESC, observed_at DESC, media_id DESC
LIMIT %(limit)s;

-- name: progress
SELECT NULL AS reason, count(*) FILTER (WHERE asked AND NOT reviewed) AS waiting,
       count(*) FILTER (WHERE reviewed) AS reviewed, count(*) AS media
FROM candidate
UNION ALL
SELECT reason, count(*) FILTER (WHERE NOT reviewed), count(*) FILTER (WHERE reviewed), count(*)
FROM candidate CROSS JOIN unnest(reasons) AS reason
GROUP BY reason;

-- name: media
SELECT m.id, r.slug AS reserve, m.deployment_id, d.location_name AS deployment, m.observed_at, m.mime, m.sha256,
       m.width, m.height, coalesce(c.offset_s, 0) AS clock_offset_s
FROM media m
JOIN deployment d ON d.id = m.deployment_id
JOIN reserve r ON r.id = d.reserve_id
LEFT JOIN clock_correction c ON c.deployment_id = d.id AND c.undone_at IS NULL
WHERE m.id = ANY (%(ids)s);

-- name: proposals
-- Of the picture's own deployment: a node may name any picture's id.
SELECT o.id, m.id AS media_id, observation_type::text AS kind, scientific_name, box, confidence, model, count
FROM media m JOIN observation o ON o.media_id = m.id AND o.deployment_id = m.deployment_id
WHERE m.id = ANY (%(ids)s) AND observation_type <> 'blank'
UNION ALL
SELECT s.id, m.id, kind, NULL, box, confidence, model, 1
FROM media m JOIN suspicion s ON s.media_id = m.id AND s.deployment_id = m.deployment_id
WHERE m.id = ANY (%(ids)s)
ORDER BY confidence DESC, id;

-- name: revisions
SELECT r.media_id, r.revision, a.name AS account, r.account_id, r.at, r.origin
FROM label_revision r JOIN account a ON a.id = r.account_id
WHERE r.media_id = ANY (%(ids)s)
ORDER BY r.media_id, r.revision DESC;

-- name: labels
SELECT media_id, revision, coalesce(observation_type::text, fire_kind) AS kind, scientific_name, box, count
FROM label WHERE media_id = ANY (%(ids)s)
ORDER BY media_id, revision, number;

-- name: lock
-- Two people who label one picture at once must not both become its next revision. In one order for all, so
-- that two files with the same pictures cannot wait for each other.
SELECT deployment_id, observed_at FROM media WHERE id = ANY (%(ids)s) ORDER BY id FOR NO KEY UPDATE;

-- name: revision
SELECT coalesce(max(revision), 0) FROM label_revision WHERE media_id = %(media_id)s;

-- name: add_revision
INSERT INTO label_revision (media_id, revision, account_id, origin)
VALUES (%(media_id)s, %(revision)s, %(account_id)s, %(origin)s);

-- name: add_label
INSERT INTO label (
    media_id, revision, number, deployment_id, observed_at, observation_type, fire_kind, scientific_name, count,
    box, account_id
) VALUES (
    %(media_id)s, %(revision)s, %(number)s, %(deployment_id)s, %(observed_at)s,
    %(observation_type)s::observation_type, %(fire_kind)s, %(scientific_name)s, %(count)s, %(box)s::real[],
    %(account_id)s
);

-- name: taxa
-- Goes on after `pictured`.
, observed AS (SELECT DISTINCT name FROM taxon WHERE name IS NOT NULL),
labelled AS (
    SELECT coalesce(l.observation_type::text, l.fire_kind) AS kind, l.scientific_name, count(*) AS labels
    FROM here JOIN current_label l ON l.deployment_id = here.id
    GROUP BY 1, 2
)
SELECT coalesce(l.kind, CASE WHEN o.name = 'Homo sapiens' THEN 'human' ELSE 'animal' END) AS kind,
       coalesce(l.scientific_name, o.name) AS scientific_name, coalesce(l.labels, 0) AS labels,
       o.name IS NOT NULL AS observed
FROM labelled l
FULL JOIN observed o ON o.name = l.scientific_name
ORDER BY labels DESC, scientific_name, kind;
