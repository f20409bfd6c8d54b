-- name: ask
-- Asked for again while it waits or is being made, it is the same; made once, it is made anew. What the schedule
-- wants (`due_at`) is made for it once: what has a due_at already is left alone.
INSERT INTO report (id, reserve_id, kind, first_day, last_day, since, until, language, made_by, due_at, mail)
VALUES (%(id)s, %(reserve_id)s, %(kind)s, %(first_day)s, %(last_day)s, %(since)s, %(until)s, %(language)s,
        %(made_by)s, %(due_at)s, %(mail)s)
ON CONFLICT (reserve_id, kind, first_day, last_day, language) DO UPDATE SET
    asked_at = CASE WHEN report.state IN ('waiting', 'making') THEN report.asked_at ELSE clock_timestamp() END,
    made_by = excluded.made_by,
    due_at = coalesce(report.due_at, excluded.due_at),
    mail = report.mail OR excluded.mail,
    mailed_at = CASE WHEN excluded.due_at IS NULL AND excluded.mail AND report.state IN ('made', 'failed')
                THEN NULL ELSE report.mailed_at END,
    state = CASE WHEN report.state = 'making' THEN 'making' ELSE 'waiting' END,
    progress = CASE WHEN report.state = 'making' THEN report.progress ELSE 0 END,
    attempts = CASE WHEN report.state = 'making' THEN report.attempts ELSE 0 END,
    leased_until = CASE WHEN report.state = 'making' THEN report.leased_until END,
    failure = NULL
WHERE excluded.due_at IS NULL OR report.due_at IS NULL
RETURNING id;

-- name: waiting_of
SELECT count(*) FROM report WHERE reserve_id = %(reserve_id)s AND state IN ('waiting', 'making');

-- name: take
-- The one that has waited longest; one whose maker died waits again.
UPDATE report SET state = 'making', progress = 0, attempts = attempts + 1, failure = NULL,
    leased_until = clock_timestamp() + make_interval(secs => %(lease_s)s)
WHERE id = (
    SELECT id FROM report
    WHERE (%(id)s::uuid IS NULL OR id = %(id)s)
      AND (state = 'waiting' AND (leased_until IS NULL OR leased_until < clock_timestamp())
           OR state = 'making' AND leased_until < clock_timestamp())
    ORDER BY asked_at, id LIMIT 1
    FOR UPDATE SKIP LOCKED
)
RETURNING id, attempts;

-- name: progress
UPDATE report SET progress = %(progress)s WHERE id = %(id)s AND state = 'making';

-- name: made
-- What was put in place of, to be deleted, comes back.
WITH old AS (SELECT html_sha256, pdf_sha256 FROM report WHERE id = %(id)s)
UPDATE report SET state = 'made', progress = 1, leased_until = NULL, failure = NULL, made_at = %(made_at)s,
    html_sha256 = %(html_sha256)s, pdf_sha256 = %(pdf_sha256)s, html_bytes = %(html_bytes)s,
    pdf_bytes = %(pdf_bytes)s, pages = %(pages)s, headlines = %(headlines)s, software = %(software)s
FROM old
WHERE id = %(id)s
RETURNING old.html_sha256, old.pdf_sha256;

-- name: unused
SELECT sha256 FROM unnest(%(names)s::text[]) AS n (sha256)
WHERE NOT EXISTS (SELECT FROM report WHERE html_sha256 = n.sha256 OR pdf_sha256 = n.sha256);

-- name: failed
-- Tried again after a while, unless that was the last time.
UPDATE report SET state = CASE WHEN attempts >= %(most)s THEN 'failed' ELSE 'waiting' END, failure = %(why)s,
    leased_until = clock_timestamp() + make_interval(secs => %(after_s)s)
WHERE id = %(id)s
RETURNING state;

-- name: mailed
UPDATE report SET mailed_at = %(now)s WHERE id = %(id)s AND mail AND mailed_at IS NULL AND state = 'made' RETURNING id;

-- name: languages
-- In which the report of these days goes out by mail.
SELECT p.language FROM report s
JOIN report p ON (p.reserve_id, p.kind, p.first_day, p.last_day) = (s.reserve_id, s.kind, s.first_day, s.last_day)
WHERE s.id = %(id)s AND p.mail
ORDER BY p.language;

-- name: to_mail
SELECT id FROM report WHERE state = 'made' AND mail AND mailed_at IS NULL ORDER BY made_at, id;

-- name: report
SELECT p.id, r.slug AS reserve, p.reserve_id, r.timezone, p.kind, p.first_day, p.last_day, p.since, p.until, p.language,
       p.asked_at, p.made_by, a.name AS made_by_name, p.due_at, p.mail, p.mailed_at, p.state, p.progress, p.failure,
       p.made_at, p.html_sha256, p.pdf_sha256, p.html_bytes, p.pdf_bytes, p.pages, p.headlines, p.software,
       coalesce(m.queued, 0)::int AS mails_waiting, coalesce(m.sent, 0)::int AS mails_sent,
       coalesce(m.failed, 0)::int AS mails_failed
FROM report p
JOIN reserve r ON r.id = p.reserve_id
LEFT JOIN account a ON a.id = p.made_by
LEFT JOIN LATERAL (
    SELECT count(*) FILTER (WHERE d.state = 'queued') AS queued,
           count(*) FILTER (WHERE d.state IN ('sent', 'delivered', 'opened', 'answered')) AS sent,
           count(*) FILTER (WHERE d.state IN ('failed', 'cancelled')) AS failed
    FROM notification n JOIN delivery d ON d.notification_id = n.id WHERE n.report_id = p.id
) m ON true

-- name: one
-- Goes on after `report`.
WHERE p.id = %(id)s;

-- name: sibling
-- Goes on after `report`: the same of another language.
JOIN report s ON (s.reserve_id, s.kind, s.first_day, s.last_day) = (p.reserve_id, p.kind, p.first_day, p.last_day)
WHERE s.id = %(id)s AND p.language = %(language)s;

-- name: of_reserve
-- Goes on after `report`: newest first.
WHERE p.reserve_id = %(reserve_id)s
ORDER BY p.last_day DESC, p.first_day DESC, p.kind, p.language
LIMIT %(limit)s;

-- name: schedule
SELECT r.timezone, s.weekly, s.weekly_weekday, s.weekly_hour, s.weekly_since, s.monthly, s.monthly_day, s.monthly_hour,
       s.monthly_since, s.languages
FROM report_schedule s JOIN reserve r ON r.id = s.reserve_id WHERE s.reserve_id = %(reserve_id)s;

-- name: schedules
SELECT s.reserve_id, r.timezone, s.weekly, s.weekly_weekday, s.weekly_hour, s.weekly_since, s.monthly, s.monthly_day,
       s.monthly_hour, s.monthly_since, s.languages
FROM report_schedule s JOIN reserve r ON r.id = s.reserve_id WHERE s.weekly OR s.monthly;

-- name: set_schedule
-- In force since now, where it was off or meant another time before; otherwise as before, so that what is due at this
-- moment is not forgotten because somebody added a recipient.
INSERT INTO report_schedule AS s (reserve_id, weekly, weekly_weekday, weekly_hour, weekly_since, monthly, monthly_day,
    monthly_hour, monthly_since, languages, changed_at, changed_by)
VALUES (%(reserve_id)s, %(weekly)s, %(weekly_weekday)s, %(weekly_hour)s, %(now)s, %(monthly)s, %(monthly_day)s,
    %(monthly_hour)s, %(now)s, %(languages)s, %(now)s, %(changed_by)s)
ON CONFLICT (reserve_id) DO UPDATE SET
    weekly_since = CASE WHEN (s.weekly, s.weekly_weekday, s.weekly_hour)
        = (excluded.weekly, excluded.weekly_weekday, excluded.weekly_hour) THEN s.weekly_since ELSE excluded.weekly_since END,
    monthly_since = CASE WHEN (s.monthly, s.monthly_day, s.monthly_hour)
        = (excluded.monthly, excluded.monthly_day, excluded.monthly_hour) THEN s.monthly_since ELSE excluded.monthly_since END,
    weekly = excluded.weekly, weekly_weekday = excluded.weekly_weekday, weekly_hour = excluded.weekly_hour,
    monthly = excluded.monthly, monthly_day = excluded.monthly_day, monthly_hour = excluded.monthly_hour,
    languages = excluded.languages, changed_at = excluded.changed_at, changed_by = excluded.changed_by;

-- name: clear_recipients
DELETE FROM report_recipient WHERE reserve_id = %(reserve_id)s;

-- name: add_recipients
INSERT INTO report_recipient (reserve_id, account_id)
SELECT DISTINCT %(reserve_id)s::uuid, m.account_id FROM membership m JOIN account a ON a.id = m.account_id
WHERE (m.reserve_id = %(reserve_id)s OR m.reserve_id IS NULL) AND m.account_id = ANY (%(accounts)s)
  AND a.disabled_at IS NULL
RETURNING account_id;

-- name: people
-- Who may be a recipient: the reserve's members, with the device by which a mail reaches them.
SELECT a.id AS account_id, a.name, a.language,
       (array_agg(m.role ORDER BY array_position(ARRAY['admin', 'manager', 'ranger', 'technician', 'researcher'], m.role)))[1] AS role,
       v.id AS device_id,
       EXISTS (SELECT FROM report_recipient c WHERE c.reserve_id = %(reserve_id)s AND c.account_id = a.id) AS recipient
FROM membership m
JOIN account a ON a.id = m.account_id
LEFT JOIN LATERAL (
    SELECT id FROM device WHERE account_id = a.id AND channel = 'email' AND disabled_at IS NULL
    ORDER BY created_at, id LIMIT 1
) v ON true
WHERE (m.reserve_id = %(reserve_id)s OR m.reserve_id IS NULL) AND a.disabled_at IS NULL
GROUP BY a.id, v.id
ORDER BY a.name, a.id;
