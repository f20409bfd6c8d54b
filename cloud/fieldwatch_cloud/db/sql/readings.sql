-- name: insert
-- New ones alone move the newest values and have weather worked out anew: a replay changes nothing.
WITH came AS (
    INSERT INTO reading (
        id, node_id, sensor, quantity, observed_at, value, over_s, clock_quality, clock_offset_s
    )
    SELECT id, %(node)s, sensor, quantity, observed_at, value, over_s, clock, clock_offset_s
    FROM unnest(
        %(ids)s::uuid[], %(sensors)s::text[], %(quantities)s::text[], %(times)s::timestamptz[],
        %(values)s::float8[], %(overs)s::real[], %(clocks)s::text[], %(offsets)s::float8[]
    ) AS r (id, sensor, quantity, observed_at, value, over_s, clock, clock_offset_s)
    ORDER BY id
    ON CONFLICT (id) DO NOTHING
    RETURNING sensor, quantity, observed_at, value, over_s
), latest AS (
    INSERT INTO reading_newest (node_id, sensor, quantity, observed_at, value, over_s)
    SELECT DISTINCT ON (sensor, quantity) %(node)s, sensor, quantity, observed_at, value, over_s
    FROM came ORDER BY sensor, quantity, observed_at DESC
    ON CONFLICT (node_id, sensor, quantity) DO UPDATE SET
        observed_at = excluded.observed_at, value = excluded.value, over_s = excluded.over_s
    WHERE excluded.observed_at > reading_newest.observed_at
), due AS (
    INSERT INTO node_weather_due (node_id, since)
    SELECT %(node)s, min(observed_at) FROM came
    WHERE quantity IN ('temperature_c', 'humidity_percent', 'wind_speed_ms', 'rain_mm')
    HAVING count(*) > 0
    ON CONFLICT (node_id) DO UPDATE SET since = least(node_weather_due.since, excluded.since)
)
SELECT count(*) FROM came;

-- name: newest
SELECT w.node_id AS node, w.sensor, w.quantity, w.observed_at, w.value, w.over_s
FROM reading_newest w JOIN node n ON n.id = w.node_id
WHERE n.reserve_id = %(reserve_id)s
ORDER BY w.node_id, w.sensor, w.quantity;

-- name: places
SELECT n.id, n.name, ST_X(d.location), ST_Y(d.location)
FROM node n
LEFT JOIN LATERAL (
    SELECT location FROM standing WHERE node_id = n.id
    ORDER BY (ended_at IS NULL) DESC, started_at DESC LIMIT 1
) d ON true
WHERE n.id = ANY(%(nodes)s) ORDER BY n.id;

-- name: spans
-- Directions are means around the circle: of 350 and 10 degrees, 0 and not 180. Of rain, the sum.
SELECT sensor,
       date_bin(%(width)s, observed_at, %(since)s) AS at,
       CASE %(quantity)s
           WHEN 'wind_direction_deg' THEN
               mod((degrees(atan2(avg(sin(radians(value))), avg(cos(radians(value))))) + 360)::numeric, 360)::float8
           WHEN 'rain_mm' THEN sum(value)
           ELSE avg(value)
       END AS mean,
       min(value) AS least, max(value) AS most, count(*)::int AS readings
FROM reading
WHERE node_id = %(node)s AND quantity = %(quantity)s AND observed_at >= %(since)s AND observed_at < %(until)s
GROUP BY sensor, at
ORDER BY sensor, at;

-- name: raw
SELECT observed_at, sensor, quantity, value, over_s, clock_quality, received_at
FROM reading
WHERE node_id = %(node)s AND observed_at >= %(since)s AND observed_at < %(until)s
ORDER BY observed_at, sensor, quantity;

-- name: take_due
WITH taken AS (
    DELETE FROM node_weather_due WHERE node_id IN (
        SELECT node_id FROM node_weather_due
        -- The hour that goes on is not whole; what was read at the full one belongs to that which ends with it.
        WHERE date_trunc('hour', since - interval '1 microsecond') + interval '1 hour' <= %(now)s
        ORDER BY since LIMIT %(limit)s FOR UPDATE SKIP LOCKED
    ) RETURNING node_id, since
)
SELECT taken.node_id, taken.since, n.reserve_id, ST_X(d.location), ST_Y(d.location)
FROM taken JOIN node n ON n.id = taken.node_id
LEFT JOIN LATERAL (
    SELECT location FROM standing WHERE node_id = n.id
    ORDER BY (ended_at IS NULL) DESC, started_at DESC LIMIT 1
) d ON true
ORDER BY taken.node_id;

-- name: hours
-- An hour is whole where each of its quarters has temperature, humidity and wind. Rain is known where the
-- gauge's spans cover 23 of the 24 hours before (95 %%): less, and a storm may have been missed. Where a node
-- has several gauges, the one that covers most; of several thermometers, the mean.
WITH quarter AS (
    SELECT date_bin('15 minutes', observed_at - interval '1 microsecond', 'epoch') AS at,
           avg(value) FILTER (WHERE quantity = 'temperature_c') AS temperature,
           avg(value) FILTER (WHERE quantity = 'humidity_percent') AS humidity,
           avg(value) FILTER (WHERE quantity = 'wind_speed_ms') AS wind
    FROM reading
    WHERE node_id = %(node)s AND quantity IN ('temperature_c', 'humidity_percent', 'wind_speed_ms')
      AND observed_at > date_trunc('hour', %(since)s::timestamptz) AND observed_at <= %(until)s
    GROUP BY 1
), hour AS (
    SELECT date_trunc('hour', at) + interval '1 hour' AS ends_at,
           avg(temperature) AS temperature, avg(humidity) AS humidity, avg(wind) AS wind
    FROM quarter
    GROUP BY 1
    HAVING count(temperature) = 4 AND count(humidity) = 4 AND count(wind) = 4
)
SELECT hour.ends_at, hour.temperature AS temperature_c, hour.humidity AS humidity_percent,
       hour.wind AS wind_speed_ms, rain.mm AS rain_24h_mm
FROM hour
CROSS JOIN LATERAL (
    SELECT sum(value) AS mm FROM reading
    WHERE node_id = %(node)s AND quantity = 'rain_mm'
      AND observed_at > hour.ends_at - interval '24 hours' AND observed_at <= hour.ends_at
    GROUP BY sensor
    HAVING sum(over_s) >= 82800
    ORDER BY sum(over_s) DESC LIMIT 1
) rain
WHERE hour.ends_at <= %(until)s
ORDER BY hour.ends_at;
