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
