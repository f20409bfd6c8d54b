-- name: prepare
CREATE TEMP TABLE IF NOT EXISTS staged_observation (
    id               uuid,
    deployment_id    uuid,
    observed_at      timestamptz,
    ended_at         timestamptz,
    media_id         uuid,
    clock_offset_s   real,
    confidence       real,
    count            integer,
    frames           integer,
    observation_type text,
    clock_quality    text,
    scientific_name  text,
    model            text,
    box              real[]
) ON COMMIT DELETE ROWS;

-- name: stage
COPY staged_observation (
    id, deployment_id, observed_at, ended_at, media_id, clock_offset_s, confidence, count, frames,
    observation_type, clock_quality, scientific_name, model, box
) FROM STDIN (FORMAT binary);

-- name: insert
-- Sorted: workers that insert the same ids (a message delivered twice) would otherwise lock them in
-- different orders and deadlock.
INSERT INTO observation (
    id, deployment_id, observed_at, ended_at, media_id, clock_offset_s, confidence, count, frames,
    observation_type, clock_quality, scientific_name, model, box
)
SELECT
    id, deployment_id, observed_at, ended_at, media_id, clock_offset_s, confidence, count, frames,
    observation_type::observation_type, clock_quality::clock_quality, scientific_name, model, box
FROM staged_observation
ORDER BY id
ON CONFLICT (id) DO NOTHING;

-- name: insert_returning
INSERT INTO observation (
    id, deployment_id, observed_at, ended_at, media_id, clock_offset_s, confidence, count, frames,
    observation_type, clock_quality, scientific_name, model, box
)
SELECT
    id, deployment_id, observed_at, ended_at, media_id, clock_offset_s, confidence, count, frames,
    observation_type::observation_type, clock_quality::clock_quality, scientific_name, model, box
FROM staged_observation
ORDER BY id
ON CONFLICT (id) DO NOTHING
RETURNING id;

-- name: contradictions
-- Staged rows whose id is taken by a row that says something else. The first one stays.
SELECT s.id
FROM staged_observation s
JOIN observation o USING (id)
WHERE (s.deployment_id, s.observed_at, s.ended_at, s.count, s.observation_type, s.scientific_name)
    IS DISTINCT FROM
    (o.deployment_id, o.observed_at, o.ended_at, o.count, o.observation_type::text, o.scientific_name)
LIMIT 20;
