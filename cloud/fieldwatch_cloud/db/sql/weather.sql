-- name: station
-- Holds the station's row: of two that bring its weather, the second waits, and computes after the first.
INSERT INTO weather_station (reserve_id, name, location)
VALUES (%(reserve_id)s, %(station)s, ST_SetSRID(ST_MakePoint(%(lon)s, %(lat)s), 4326))
ON CONFLICT (reserve_id, name) DO UPDATE SET location = coalesce(excluded.location, weather_station.location);

-- name: place
-- Of the station, or about where the reserve is.
SELECT ST_X(place.point), ST_Y(place.point)
FROM weather_station s
JOIN reserve r ON r.id = s.reserve_id
LEFT JOIN LATERAL (
    SELECT ST_Collect(d.location) AS points FROM deployment d WHERE d.reserve_id = r.id
) cameras ON true
CROSS JOIN LATERAL (
    SELECT coalesce(s.location, ST_Centroid(coalesce(r.boundary, cameras.points))) AS point
) place
WHERE s.reserve_id = %(reserve_id)s AND s.name = %(station)s AND place.point IS NOT NULL;

-- name: insert
-- The same again changes nothing; a correction takes the place of what it corrects.
INSERT INTO weather (
    reserve_id, station, observed_at, temperature_c, humidity_percent, wind_kmh, rain_24h_mm, source
) VALUES (
    %(reserve_id)s, %(station)s, %(observed_at)s, %(temperature_c)s, %(humidity_percent)s, %(wind_kmh)s,
    %(rain_24h_mm)s, %(source)s
)
ON CONFLICT (reserve_id, station, observed_at) DO UPDATE SET
    temperature_c = excluded.temperature_c, humidity_percent = excluded.humidity_percent,
    wind_kmh = excluded.wind_kmh, rain_24h_mm = excluded.rain_24h_mm, source = excluded.source,
    received_at = now()
WHERE (weather.temperature_c, weather.humidity_percent, weather.wind_kmh, weather.rain_24h_mm)
    IS DISTINCT FROM
    (excluded.temperature_c, excluded.humidity_percent, excluded.wind_kmh, excluded.rain_24h_mm);

-- name: noons
-- Of each day from %(first)s on, the weather nearest to the noon of the sun there, if any is near enough.
SELECT DISTINCT ON (sun.day)
    sun.day, w.observed_at, w.temperature_c, w.humidity_percent, w.wind_kmh, w.rain_24h_mm
FROM weather w
CROSS JOIN LATERAL (
    SELECT (w.observed_at AT TIME ZONE 'UTC' + %(sun)s) AS clock,
           (w.observed_at AT TIME ZONE 'UTC' + %(sun)s)::date AS day
) sun
WHERE w.reserve_id = %(reserve_id)s AND w.station = %(station)s
  AND w.observed_at >= (%(first)s::date - %(sun)s) AT TIME ZONE 'UTC'
  AND sun.clock::time BETWEEN '12:00'::time - %(within)s AND '12:00'::time + %(within)s
ORDER BY sun.day, abs(extract(epoch FROM sun.clock::time - '12:00'::time)), w.observed_at;

-- name: day_before
SELECT day, ffmc, dmc, dc FROM fire_danger
WHERE reserve_id = %(reserve_id)s AND station = %(station)s AND day < %(first)s
ORDER BY day DESC LIMIT 1;

-- name: forget_days
DELETE FROM fire_danger WHERE reserve_id = %(reserve_id)s AND station = %(station)s AND day >= %(first)s;

-- name: insert_day
INSERT INTO fire_danger (
    reserve_id, station, day, observed_at, ffmc, dmc, dc, isi, bui, fwi, dsr, started, missed_days
) VALUES (
    %(reserve_id)s, %(station)s, %(day)s, %(observed_at)s, %(ffmc)s, %(dmc)s, %(dc)s, %(isi)s, %(bui)s, %(fwi)s,
    %(dsr)s, %(started)s, %(missed_days)s
);

-- name: danger_now
-- Of each station the newest day that is not too old, then the nearest station: a neighbour that reports is
-- better than a near one that fell silent. Where no place is asked about, or no station has one, the highest.
SELECT newest.station, newest.day, newest.observed_at, newest.fwi, newest.missed_days, newest.started
FROM weather_station s
JOIN reserve r ON r.id = s.reserve_id
CROSS JOIN LATERAL (
    SELECT * FROM fire_danger d
    WHERE d.reserve_id = s.reserve_id AND d.station = s.name
      AND d.observed_at <= %(at)s AND d.observed_at >= %(oldest)s
    ORDER BY d.day DESC LIMIT 1
) newest
WHERE r.slug = %(reserve)s
ORDER BY ST_Distance(
             s.location::geography, ST_SetSRID(ST_MakePoint(%(lon)s, %(lat)s), 4326)::geography
         ) NULLS LAST,
         newest.fwi DESC
LIMIT 1;

-- name: days
SELECT d.station, d.day, d.observed_at, d.ffmc, d.dmc, d.dc, d.isi, d.bui, d.fwi, d.dsr, d.started, d.missed_days
FROM fire_danger d
WHERE d.reserve_id = %(reserve_id)s
  AND (%(since)s::timestamptz IS NULL OR d.observed_at >= %(since)s)
  AND (%(until)s::timestamptz IS NULL OR d.observed_at < %(until)s)
ORDER BY d.day DESC, d.station
LIMIT %(limit)s;

-- name: stations
SELECT s.name, ST_X(s.location) AS lon, ST_Y(s.location) AS lat,
       (SELECT max(w.observed_at) FROM weather w WHERE w.reserve_id = s.reserve_id AND w.station = s.name)
           AS last_observed_at
FROM weather_station s
WHERE s.reserve_id = %(reserve_id)s
ORDER BY s.name;

-- name: gate
SELECT g.least, a.name AS set_by, g.set_at
FROM deployment d
LEFT JOIN fire_gate g ON g.deployment_id = d.id
LEFT JOIN account a ON a.id = g.set_by
WHERE d.id = %(deployment_id)s;

-- name: gates
-- Of the cameras that stand there now, with what each gate has held back since, and what of that calls people after all.
-- By the record, which nothing alters: an incident that was released or is over says no more that it was held back.
WITH held AS (
    SELECT l.incident_id, (l.details ->> 'suspicion')::uuid AS suspicion_id,
           EXISTS (SELECT FROM incident_log r
                   WHERE r.incident_id = l.incident_id AND r.action IN ('released', 'release')) AS released
    FROM incident_log l
    WHERE l.action = 'held_back' AND l.at >= %(since)s AND l.details ->> 'reason' LIKE 'confidence %%'
)
SELECT g.deployment_id, d.location_name AS deployment, g.least, a.name AS set_by, g.set_at, coalesce(n.held, 0) AS held,
       coalesce(n.released, 0) AS released
FROM fire_gate g
JOIN deployment d ON d.id = g.deployment_id
LEFT JOIN account a ON a.id = g.set_by
LEFT JOIN (
    SELECT s.deployment_id, count(*) AS held, count(*) FILTER (WHERE held.released) AS released
    FROM held JOIN suspicion s ON s.id = held.suspicion_id
    GROUP BY s.deployment_id
) n ON n.deployment_id = g.deployment_id
WHERE d.reserve_id = %(reserve_id)s AND d.ended_at IS NULL
ORDER BY d.location_name, g.deployment_id;

-- name: set_gate
INSERT INTO fire_gate (deployment_id, least, set_by) VALUES (%(deployment_id)s, %(least)s, %(account_id)s)
ON CONFLICT (deployment_id) DO UPDATE SET least = excluded.least, set_by = excluded.set_by, set_at = now();

-- name: remove_gate
DELETE FROM fire_gate WHERE deployment_id = %(deployment_id)s;
