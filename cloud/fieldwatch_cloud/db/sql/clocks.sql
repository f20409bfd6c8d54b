-- name: lock
-- Two people who correct one clock at once must not both find it uncorrected.
SELECT id FROM deployment WHERE id = %(deployment_id)s FOR NO KEY UPDATE;

-- name: corrections
SELECT c.id, c.offset_s, c.note, c.at, who.name AS account, c.undone_at, undoer.name AS undone_by
FROM clock_correction c
JOIN account who ON who.id = c.account_id
LEFT JOIN account undoer ON undoer.id = c.undone_by
WHERE c.deployment_id = %(deployment_id)s
ORDER BY c.at DESC, c.id DESC;

-- name: known
SELECT deployment_id, offset_s, note FROM clock_correction WHERE id = %(id)s;

-- name: taken_at
SELECT observed_at FROM media WHERE id = %(media_id)s AND deployment_id = %(deployment_id)s;

-- name: undo
UPDATE clock_correction SET undone_at = now(), undone_by = %(account_id)s
WHERE deployment_id = %(deployment_id)s AND undone_at IS NULL;

-- name: add
INSERT INTO clock_correction (id, deployment_id, offset_s, account_id, note)
VALUES (%(id)s, %(deployment_id)s, %(offset_s)s, %(account_id)s, %(note)s);

-- name: effect
-- What a correction moves: everything of the deployment, from its first instant to its last by its own clock.
SELECT (SELECT count(*) FROM observation o WHERE o.deployment_id = d.id
         AND (%(exact)s OR NOT is_sensitive(d.reserve_id, o.scientific_name))) AS observations,
       (SELECT min(o.observed_at) FROM observation o WHERE o.deployment_id = d.id
         AND (%(exact)s OR NOT is_sensitive(d.reserve_id, o.scientific_name))) AS first_at,
       (SELECT max(o.observed_at) FROM observation o WHERE o.deployment_id = d.id
         AND (%(exact)s OR NOT is_sensitive(d.reserve_id, o.scientific_name))) AS last_at
FROM deployment d WHERE d.id = %(deployment_id)s;
