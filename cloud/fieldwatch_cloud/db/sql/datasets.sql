-- name: known
SELECT digest, imported_at FROM dataset WHERE id = %(id)s;

-- name: lock
-- One import of the same package at a time.
SELECT pg_advisory_xact_lock(hashtextextended('dataset ' || %(id)s::text, 0));

-- name: add
INSERT INTO dataset (id, reserve_id, name, descriptor, tables, digest, licence, citation, effort_from_dates,
                     account_id)
VALUES (%(id)s, %(reserve_id)s, %(name)s, %(descriptor)s::json, %(tables)s::json, %(digest)s, %(licence)s,
        %(citation)s, %(effort_from_dates)s, %(account_id)s);

-- name: add_file
INSERT INTO dataset_file (dataset_id, path, content) VALUES (%(dataset_id)s, %(path)s, %(content)s);

-- name: add_deployment
INSERT INTO deployment (
    id, reserve_id, dataset_id, location_name, location, coordinate_uncertainty_m, heading_deg, tilt_deg, height_m,
    detection_distance_m, started_at, ended_at)
VALUES (
    %(id)s, %(reserve_id)s, %(dataset_id)s, %(location_name)s, ST_Point(%(lon)s, %(lat)s, 4326),
    %(uncertainty_m)s, %(heading_deg)s, %(tilt_deg)s, %(height_m)s, %(detection_distance_m)s, %(started_at)s,
    %(ended_at)s);

-- name: add_effort
INSERT INTO effort (id, deployment_id, started_at, ended_at, frames)
VALUES (%(id)s, %(deployment_id)s, %(started_at)s, %(ended_at)s, 0);

-- name: copy_rows
COPY dataset_row (dataset_id, resource, number, record_id, cells) FROM STDIN (FORMAT binary);

-- name: copy_media
COPY dataset_media (id, dataset_id, deployment_id, observed_at, mime, path, public) FROM STDIN (FORMAT binary);

-- name: copy_pictures
COPY media (id, deployment_id, observed_at, mime, sha256, bytes, width, height, clock_quality) FROM STDIN;

-- name: copy_observations
COPY observation (
    id, deployment_id, observed_at, ended_at, media_id, confidence, count, frames, observation_type,
    clock_quality, scientific_name, model, box
) FROM STDIN;

-- name: of_reserve
SELECT s.id, s.name, s.licence, s.citation, s.effort_from_dates, s.imported_at, a.name AS account,
       (SELECT count(*) FROM deployment WHERE dataset_id = s.id) AS deployments,
       (SELECT count(*) FROM dataset_row WHERE dataset_id = s.id AND resource = 'media') AS media,
       (SELECT count(*) FROM dataset_row WHERE dataset_id = s.id AND resource = 'observations') AS observations
FROM dataset s LEFT JOIN account a ON a.id = s.account_id
WHERE s.reserve_id = %(reserve_id)s
ORDER BY s.imported_at, s.id;

-- name: one
SELECT s.id, r.slug, s.reserve_id, s.name, s.descriptor::text, s.tables
FROM dataset s JOIN reserve r ON r.id = s.reserve_id
WHERE s.id = %(id)s;

-- name: rows
SELECT cells FROM dataset_row
WHERE dataset_id = %(id)s AND resource = %(resource)s AND number > %(after)s
ORDER BY number LIMIT %(limit)s;

-- name: files
SELECT path, content FROM dataset_file WHERE dataset_id = %(id)s ORDER BY path;

-- name: pictures
-- Those that came along.
SELECT d.path, m.sha256 FROM dataset_media d JOIN media m USING (id) WHERE d.dataset_id = %(id)s ORDER BY d.path;

-- name: elsewhere
SELECT d.path, d.public, r.slug, s.name
FROM dataset_media d JOIN dataset s ON s.id = d.dataset_id JOIN reserve r ON r.id = s.reserve_id
WHERE d.id = %(id)s;

-- name: shows_sensitive
-- By all of its rows, as they go out, not only by those that count.
SELECT EXISTS (
    SELECT FROM (
        SELECT DISTINCT s.reserve_id, r.cells[named.place] AS name
        FROM dataset s
        CROSS JOIN LATERAL json_array_elements_text(s.tables -> 'observations') WITH ORDINALITY AS named(name, place)
        JOIN dataset_row r ON r.dataset_id = s.id AND r.resource = 'observations'
        WHERE s.id = %(id)s AND named.name = 'scientificName'
          AND EXISTS (SELECT FROM sensitive_species WHERE reserve_id = s.reserve_id)
    ) told
    WHERE is_sensitive(told.reserve_id, told.name)
);

-- name: worked_on
-- What people did with it since: a data set that was worked on stays.
SELECT EXISTS (SELECT FROM label_revision r JOIN dataset_media d ON d.id = r.media_id WHERE d.dataset_id = %(id)s)
    OR EXISTS (SELECT FROM clock_correction c JOIN deployment d ON d.id = c.deployment_id WHERE d.dataset_id = %(id)s);

-- name: remove_observations
DELETE FROM observation WHERE deployment_id IN (SELECT id FROM deployment WHERE dataset_id = %(id)s);

-- name: remove_pictures
DELETE FROM media WHERE deployment_id IN (SELECT id FROM deployment WHERE dataset_id = %(id)s);

-- name: remove_effort
DELETE FROM effort WHERE deployment_id IN (SELECT id FROM deployment WHERE dataset_id = %(id)s);

-- name: remove_effort_days
DELETE FROM effort_day WHERE deployment_id IN (SELECT id FROM deployment WHERE dataset_id = %(id)s);

-- name: remove_deployments
DELETE FROM deployment WHERE dataset_id = %(id)s;

-- name: remove
DELETE FROM dataset WHERE id = %(id)s;
