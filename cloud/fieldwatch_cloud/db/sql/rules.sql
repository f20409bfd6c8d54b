-- name: rules
SELECT a.id, r.slug AS reserve, a.name, a.name_zh, a.scientific_names, ST_AsGeoJSON(a.area, 7) AS area,
       a.least_confidence, a.least_count, a.cooldown_s, a.quiet_from, a.quiet_to, a.whom, a.enabled
FROM alert_rule a JOIN reserve r ON r.id = a.reserve_id
WHERE (%(reserve_id)s::uuid IS NULL OR a.reserve_id = %(reserve_id)s)
    AND (%(id)s::uuid IS NULL OR a.id = %(id)s)
ORDER BY a.name, a.id;

-- name: add
INSERT INTO alert_rule (id, reserve_id, name, name_zh, scientific_names, area, least_confidence, least_count,
                        cooldown_s, quiet_from, quiet_to, whom, enabled, created_by)
VALUES (%(id)s, %(reserve_id)s, %(name)s, %(name_zh)s, %(scientific_names)s,
        ST_Multi(ST_GeomFromGeoJSON(%(area)s)), %(least_confidence)s, %(least_count)s, %(cooldown_s)s,
        %(quiet_from)s, %(quiet_to)s, %(whom)s, %(enabled)s, %(created_by)s);

-- name: replace
UPDATE alert_rule SET name = %(name)s, name_zh = %(name_zh)s, scientific_names = %(scientific_names)s,
    area = ST_Multi(ST_GeomFromGeoJSON(%(area)s)), least_confidence = %(least_confidence)s,
    least_count = %(least_count)s, cooldown_s = %(cooldown_s)s, quiet_from = %(quiet_from)s,
    quiet_to = %(quiet_to)s, whom = %(whom)s, enabled = %(enabled)s
WHERE id = %(id)s;

-- name: delete
DELETE FROM alert_rule WHERE id = %(id)s;

-- name: alerts
SELECT a.id, a.rule_id, a.observation_id, a.deployment_id, a.observed_at, a.raised_at, a.held_back,
       o.scientific_name, o.count, m.id AS media_id
FROM alert a
LEFT JOIN observation o ON o.id = a.observation_id
LEFT JOIN media m ON m.id = o.media_id
WHERE a.reserve_id = %(reserve_id)s
ORDER BY a.raised_at DESC, a.id DESC
LIMIT %(limit)s;

-- name: judging
-- Rules of these deployments' reserves: nothing where there are none, and no row of observations is looked at.
SELECT a.id, a.reserve_id, r.timezone, a.scientific_names, a.least_confidence, a.least_count, a.cooldown_s,
       a.quiet_from, a.quiet_to, a.whom, array_agg(d.id) AS deployments
FROM alert_rule a
JOIN reserve r ON r.id = a.reserve_id
JOIN standing d ON d.reserve_id = a.reserve_id AND d.id = ANY (%(deployments)s)
    AND (a.area IS NULL OR ST_Covers(a.area, d.location))
WHERE a.enabled
GROUP BY a.id, r.id
ORDER BY a.id;

-- name: hold
-- Two workers that judge by one rule at once would both find its cooldown over.
SELECT id FROM alert_rule WHERE id = ANY (%(rules)s) ORDER BY id FOR NO KEY UPDATE;

-- name: called
SELECT rule_id, deployment_id, observed_at FROM alert
WHERE rule_id = ANY (%(rules)s) AND deployment_id = ANY (%(deployments)s) AND held_back IS NULL
    AND observed_at BETWEEN %(from)s AND %(to)s;

-- name: known
SELECT rule_id, observation_id FROM alert WHERE rule_id = ANY (%(rules)s) AND observation_id = ANY (%(observations)s);

-- name: insert
INSERT INTO alert (id, rule_id, reserve_id, observation_id, deployment_id, observed_at, raised_at, held_back)
SELECT id, rule_id, reserve_id, observation_id, deployment_id, observed_at, %(now)s, held_back
FROM unnest(%(ids)s::uuid[], %(rules)s::uuid[], %(reserves)s::uuid[], %(observations)s::uuid[],
            %(deployments)s::uuid[], %(observed)s::timestamptz[], %(held)s::text[])
    AS new (id, rule_id, reserve_id, observation_id, deployment_id, observed_at, held_back)
ON CONFLICT (rule_id, observation_id) DO NOTHING;

-- name: place
SELECT ST_X(location), ST_Y(location) FROM deployment WHERE id = %(deployment_id)s;
