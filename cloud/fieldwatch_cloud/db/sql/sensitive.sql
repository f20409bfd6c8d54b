-- name: species
SELECT scientific_name, blur_m FROM sensitive_species WHERE reserve_id = %(reserve_id)s ORDER BY scientific_name;

-- name: clear
DELETE FROM sensitive_species WHERE reserve_id = %(reserve_id)s;

-- name: add
INSERT INTO sensitive_species (reserve_id, scientific_name, blur_m)
VALUES (%(reserve_id)s, %(scientific_name)s, %(blur_m)s);

-- name: places
-- Of all its cameras, whenever they stood there.
SELECT DISTINCT ST_X(location), ST_Y(location) FROM deployment WHERE reserve_id = %(reserve_id)s;

-- name: shows
SELECT picture.id FROM unnest(%(ids)s::uuid[]) AS picture(id) WHERE shows_sensitive(%(reserve_id)s, picture.id);
