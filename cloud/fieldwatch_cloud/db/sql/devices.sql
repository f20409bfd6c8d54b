-- name: of_account
SELECT id, channel, name, address, language, created_at, disabled_at, disabled_reason
FROM device
WHERE account_id = %(account_id)s AND disabled_reason IS DISTINCT FROM 'removed'
ORDER BY created_at, id;

-- name: one
SELECT d.id, d.channel, d.name, d.address, d.language, d.created_at, d.disabled_at, d.disabled_reason,
       d.account_id, r.slug
FROM device d LEFT JOIN reserve r ON r.id = d.reserve_id
WHERE d.id = %(id)s;

-- name: same_address
SELECT id FROM device
WHERE channel = %(channel)s AND md5(address::text) = md5(%(address)s::jsonb::text)
    AND coalesce(account_id, reserve_id) = %(owner)s
ORDER BY disabled_at IS NOT NULL, created_at DESC
LIMIT 1
FOR UPDATE;

-- name: renew
UPDATE device SET name = %(name)s, language = %(language)s, disabled_at = NULL, disabled_reason = NULL
WHERE id = %(id)s;

-- name: move_endpoint
-- One browser, one owner: whoever logs in on a shared phone later is called on it, and nobody else.
UPDATE device SET disabled_at = now(), disabled_reason = 'registered anew'
WHERE channel = 'web_push' AND address ->> 'endpoint' = %(endpoint)s AND id <> %(id)s AND disabled_at IS NULL;

-- name: replace_webhook
-- The same address with a new secret: it is told once, by the newest.
UPDATE device SET disabled_at = now(), disabled_reason = 'removed'
WHERE channel = 'webhook' AND address ->> 'url' = %(url)s AND coalesce(account_id, reserve_id) = %(owner)s
    AND id <> %(id)s AND disabled_at IS NULL;

-- name: count
SELECT count(*) FROM device WHERE coalesce(account_id, reserve_id) = %(owner)s AND disabled_at IS NULL;

-- name: add
INSERT INTO device (id, account_id, reserve_id, channel, name, address, language)
VALUES (%(id)s, %(account_id)s, %(reserve_id)s, %(channel)s, %(name)s, %(address)s, %(language)s);

-- name: remove
UPDATE device SET disabled_at = coalesce(disabled_at, now()), disabled_reason = 'removed' WHERE id = %(id)s;

-- name: of_reserve
SELECT v.id, v.account_id, v.channel, v.name, v.disabled_reason
FROM device v
WHERE v.disabled_reason IS DISTINCT FROM 'removed' AND v.account_id IN (
    SELECT account_id FROM membership WHERE reserve_id = %(reserve_id)s OR reserve_id IS NULL
)
ORDER BY v.created_at, v.id;

-- name: webhooks
SELECT id, name, address, language, disabled_reason FROM device
WHERE reserve_id = %(reserve_id)s AND disabled_reason IS DISTINCT FROM 'removed'
ORDER BY created_at, id;

-- name: a_reserve
-- Of a message that is about no reserve: one of the owner's own.
SELECT coalesce(
    v.reserve_id,
    (SELECT m.reserve_id FROM membership m WHERE m.account_id = v.account_id AND m.reserve_id IS NOT NULL
     ORDER BY m.reserve_id LIMIT 1),
    (SELECT r.id FROM reserve r JOIN membership m ON m.account_id = v.account_id AND m.reserve_id IS NULL
     ORDER BY r.slug LIMIT 1)
)
FROM device v WHERE v.id = %(id)s;

-- name: tests_since
-- Of its owner, in that channel: who enters one number after the other must not have them all called.
SELECT count(*)
FROM device one
JOIN device v ON v.channel = one.channel AND coalesce(v.account_id, v.reserve_id) = coalesce(one.account_id, one.reserve_id)
JOIN delivery d ON d.device_id = v.id
JOIN notification n ON n.id = d.notification_id
WHERE one.id = %(id)s AND n.kind = 'test' AND n.created_at > %(since)s;

-- name: state
SELECT state, failure FROM delivery WHERE id = %(id)s;
