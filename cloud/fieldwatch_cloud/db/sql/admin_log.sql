-- name: note
INSERT INTO admin_log (account_id, reserve_id, action, subject, name, before, after)
VALUES (%(account_id)s, %(reserve_id)s, %(action)s, %(subject)s, %(name)s, %(before)s, %(after)s);

-- name: entries
SELECT l.id, l.at, a.name AS by, l.action, l.subject, l.name, l.before, l.after
FROM admin_log l LEFT JOIN account a ON a.id = l.account_id
WHERE l.reserve_id IS NOT DISTINCT FROM %(reserve_id)s
  AND (%(before_id)s::bigint IS NULL OR l.id < %(before_id)s)
  AND (%(subject)s::text IS NULL OR l.subject = %(subject)s)
ORDER BY l.id DESC
LIMIT %(limit)s;

-- name: aimed_lately
SELECT count(*) FROM admin_log
WHERE reserve_id = %(reserve_id)s AND action = 'deployment.aimed' AND after->>'node_id' = %(node)s
  AND at > now() - interval '1 day';
