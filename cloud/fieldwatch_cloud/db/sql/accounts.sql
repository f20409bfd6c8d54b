-- name: add_account
INSERT INTO account (id, email, name, password_hash, language)
VALUES (%(id)s, %(email)s, %(name)s, %(password_hash)s, %(language)s);

-- name: by_email
SELECT id, email, name, language, password_hash
FROM account WHERE lower(email) = lower(%(email)s) AND disabled_at IS NULL;

-- name: set_password
UPDATE account SET password_hash = %(password_hash)s WHERE id = %(id)s;

-- name: grant
INSERT INTO membership (account_id, reserve_id, role)
SELECT %(account_id)s, reserve.id, %(role)s FROM reserve WHERE slug = %(reserve)s
ON CONFLICT DO NOTHING;

-- name: grant_everywhere
INSERT INTO membership (account_id, reserve_id, role) VALUES (%(account_id)s, NULL, %(role)s)
ON CONFLICT DO NOTHING;

-- name: reserve_exists
SELECT 1 FROM reserve WHERE slug = %(reserve)s;

-- name: memberships
SELECT reserve.slug, membership.role
FROM membership LEFT JOIN reserve ON reserve.id = membership.reserve_id
WHERE account_id = %(account_id)s
ORDER BY reserve.slug NULLS FIRST, membership.role;

-- name: add_session
INSERT INTO session (secret_hash, account_id, expires_at)
VALUES (%(secret_hash)s, %(account_id)s, %(expires_at)s);

-- name: delete_session
DELETE FROM session WHERE secret_hash = %(secret_hash)s;

-- name: by_session
SELECT account.id, email, account.name, language
FROM session JOIN account ON account.id = session.account_id
WHERE secret_hash = %(secret_hash)s AND expires_at > now() AND disabled_at IS NULL;

-- name: by_token
SELECT account.id, email, account.name, language
FROM api_token JOIN account ON account.id = api_token.account_id
WHERE secret_hash = %(secret_hash)s AND revoked_at IS NULL
  AND (expires_at IS NULL OR expires_at > now()) AND disabled_at IS NULL;

-- name: touch_token
-- Once a minute is exact enough, and a busy script does not write a row per request.
UPDATE api_token SET last_used_at = now()
WHERE secret_hash = %(secret_hash)s
  AND (last_used_at IS NULL OR last_used_at < now() - interval '1 minute');

-- name: add_token
INSERT INTO api_token (id, account_id, name, secret_hash, expires_at)
VALUES (%(id)s, %(account_id)s, %(name)s, %(secret_hash)s, %(expires_at)s)
RETURNING id, name, created_at, expires_at, last_used_at;

-- name: tokens
SELECT id, name, created_at, expires_at, last_used_at
FROM api_token WHERE account_id = %(account_id)s AND revoked_at IS NULL
ORDER BY created_at;

-- name: revoke_token
UPDATE api_token SET revoked_at = now()
WHERE id = %(id)s AND account_id = %(account_id)s AND revoked_at IS NULL;
