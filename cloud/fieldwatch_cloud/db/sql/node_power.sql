-- name: add
INSERT INTO node_power_hour AS h (
    node_id, hour, reports, measured, charge_sum, charge_n, charge_least, battery_v, solar_w_sum, solar_n,
    load_w_sum, load_n, used_wh, used_n, saved_wh, used_g, saved_g, factor_n, level, newest_at
) VALUES (
    %(node)s, date_trunc('hour', %(at)s::timestamptz), 1, %(measured)s,
    coalesce(%(charge)s::float8, 0), (%(charge)s::float8 IS NOT NULL)::int, %(charge)s, %(battery_v)s,
    coalesce(%(solar_w)s::float8, 0), (%(solar_w)s::float8 IS NOT NULL)::int,
    coalesce(%(load_w)s::float8, 0), (%(load_w)s::float8 IS NOT NULL)::int,
    %(used_wh)s, %(used_n)s, %(saved_wh)s, %(used_g)s, %(saved_g)s, %(factor_n)s, %(level)s, %(at)s
)
ON CONFLICT (node_id, hour) DO UPDATE SET
    reports = h.reports + 1,
    measured = h.measured + excluded.measured,
    charge_sum = h.charge_sum + excluded.charge_sum,
    charge_n = h.charge_n + excluded.charge_n,
    charge_least = least(h.charge_least, excluded.charge_least),
    solar_w_sum = h.solar_w_sum + excluded.solar_w_sum,
    solar_n = h.solar_n + excluded.solar_n,
    load_w_sum = h.load_w_sum + excluded.load_w_sum,
    load_n = h.load_n + excluded.load_n,
    used_wh = h.used_wh + excluded.used_wh,
    used_n = h.used_n + excluded.used_n,
    saved_wh = h.saved_wh + excluded.saved_wh,
    used_g = h.used_g + excluded.used_g,
    saved_g = h.saved_g + excluded.saved_g,
    factor_n = h.factor_n + excluded.factor_n,
    -- Heartbeats may come out of order: these are of the newest.
    battery_v = CASE WHEN excluded.newest_at >= h.newest_at THEN coalesce(excluded.battery_v, h.battery_v)
                     ELSE coalesce(h.battery_v, excluded.battery_v) END,
    level = CASE WHEN excluded.newest_at >= h.newest_at THEN coalesce(excluded.level, h.level)
                 ELSE coalesce(h.level, excluded.level) END,
    newest_at = greatest(h.newest_at, excluded.newest_at);

-- name: hours
SELECT hour AS at, charge_sum / nullif(charge_n, 0) AS charge, charge_least, battery_v,
       solar_w_sum / nullif(solar_n, 0) AS solar_w, load_w_sum / nullif(load_n, 0) AS load_w,
       CASE WHEN used_n > 0 THEN used_wh END AS used_wh, CASE WHEN used_n > 0 THEN saved_wh END AS saved_wh,
       level, measured > 0 AS measured
FROM node_power_hour
WHERE node_id = %(node)s AND hour >= date_trunc('hour', %(since)s::timestamptz)
ORDER BY hour;

-- name: days
SELECT (hour AT TIME ZONE %(timezone)s)::date::text AS day,
       CASE WHEN sum(used_n) > 0 THEN sum(used_wh) END AS used_wh,
       CASE WHEN sum(used_n) > 0 THEN sum(saved_wh) END AS saved_wh,
       min(charge_least) AS charge_least
FROM node_power_hour
WHERE node_id = %(node)s AND hour >= date_trunc('hour', %(since)s::timestamptz)
GROUP BY 1 ORDER BY 1;

-- name: total
SELECT CASE WHEN sum(used_n) > 0 THEN sum(used_wh) END AS used_wh,
       CASE WHEN sum(used_n) > 0 THEN sum(saved_wh) END AS saved_wh,
       CASE WHEN sum(factor_n) > 0 THEN sum(used_g) END AS used_g,
       CASE WHEN sum(factor_n) > 0 THEN sum(saved_g) END AS saved_g,
       min(hour) FILTER (WHERE used_n > 0) AS since
FROM node_power_hour
WHERE node_id = %(node)s AND (%(since)s::timestamptz IS NULL OR hour >= date_trunc('hour', %(since)s::timestamptz));
