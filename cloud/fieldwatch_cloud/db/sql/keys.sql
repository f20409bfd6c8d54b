-- name: private
SELECT private FROM service_key WHERE name = %(name)s;

-- name: keep
INSERT INTO service_key (name, private) VALUES (%(name)s, %(private)s) ON CONFLICT (name) DO NOTHING;
