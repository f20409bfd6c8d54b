-- name: people
-- With the roles that the asker may see: those of the reserves that were asked for, and those of all reserves.
SELECT a.id, a.email, a.name, a.language, a.created_at, a.disabled_at,
       a.password_hash <> %(nobody)s AS has_password,
       link.expires_at AS link_expires_at,
       (SELECT max(s.created_at) FROM session s WHERE s.account_id = a.id) AS signed_in_at,
       (SELECT count(*) FROM api_token t WHERE t.account_id = a.id AND t.revoked_at IS NULL
                                         AND (t.expires_at IS NULL OR t.expires_at > now())) AS tokens,
       (SELECT coalesce(json_agg(json_build_array(r.slug, m.role) ORDER BY r.slug NULLS FIRST, m.role), '[]')
        FROM membership m LEFT JOIN reserve r ON r.id = m.reserve_id
        WHERE m.account_id = a.id) AS roles
FROM account a
LEFT JOIN password_link link ON link.account_id = a.id AND link.expires_at > now()
WHERE (%(reserve_id)s::uuid IS NULL
       OR EXISTS (SELECT FROM membership m WHERE m.account_id = a.id
                                             AND (m.reserve_id = %(reserve_id)s OR m.reserve_id IS NULL)))
  AND (%(id)s::uuid IS NULL OR a.id = %(id)s)
ORDER BY a.disabled_at IS NOT NULL, lower(a.name), a.id;

-- name: add
INSERT INTO account (id, email, name, password_hash, language)
VALUES (%(id)s, %(email)s, %(name)s, %(nobody)s, %(language)s)
ON CONFLICT (lower(email)) DO NOTHING;

-- name: by_email
SELECT id, disabled_at IS NOT NULL FROM account WHERE lower(email) = lower(%(email)s);

-- name: change
UPDATE account SET name = %(name)s, language = %(language)s,
    disabled_at = CASE WHEN %(disabled)s::boolean IS NULL THEN disabled_at WHEN %(disabled)s THEN coalesce(disabled_at, now()) END
WHERE id = %(id)s;

-- name: end_sessions
DELETE FROM session WHERE account_id = %(id)s AND secret_hash <> %(but)s;

-- name: revoke_tokens
UPDATE api_token SET revoked_at = now() WHERE account_id = %(id)s AND revoked_at IS NULL;

-- name: lock
-- Two admins who take each other's role at once must not both find that one is left.
SELECT pg_advisory_xact_lock(hashtextextended('fieldwatch.admins', 0));

-- name: other_admins
SELECT count(*) FROM membership m JOIN account a ON a.id = m.account_id
WHERE m.role = 'admin' AND m.reserve_id IS NULL AND a.disabled_at IS NULL AND a.id <> %(id)s;

-- name: take_roles
DELETE FROM membership WHERE account_id = %(id)s AND reserve_id IS NOT DISTINCT FROM %(reserve_id)s;

-- name: give_role
INSERT INTO membership (account_id, reserve_id, role) VALUES (%(id)s, %(reserve_id)s, %(role)s);

-- name: add_link
-- The newest is the only one that is good.
INSERT INTO password_link (account_id, secret_hash, expires_at)
VALUES (%(id)s, %(secret_hash)s, now() + %(lasts)s)
ON CONFLICT (account_id) DO UPDATE SET secret_hash = excluded.secret_hash, created_at = now(), expires_at = excluded.expires_at
RETURNING expires_at;

-- name: forget_password
UPDATE account SET password_hash = %(nobody)s WHERE id = %(id)s;

-- name: link
SELECT a.id, a.email, a.name, a.language, l.expires_at
FROM password_link l JOIN account a ON a.id = l.account_id
WHERE l.secret_hash = %(secret_hash)s AND l.expires_at > now() AND a.disabled_at IS NULL;

-- name: use_link
DELETE FROM password_link WHERE secret_hash = %(secret_hash)s AND expires_at > now()
    AND account_id IN (SELECT id FROM account WHERE disabled_at IS NULL)
RETURNING account_id;

-- name: drop_link
DELETE FROM password_link WHERE account_id = %(id)s;

-- name: set_password
UPDATE account SET password_hash = %(password_hash)s WHERE id = %(id)s;
