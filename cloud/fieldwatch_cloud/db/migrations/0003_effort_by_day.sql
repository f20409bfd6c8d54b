-- Effort, united per deployment and UTC day: what counting reads. A camera reports a span with every heartbeat,
-- hundreds of thousands a year; a day of them is one row here, mostly with one range in it. A union does not
-- change when the same span comes again, so a replay cannot double it.

CREATE TABLE effort_day (
    deployment_id uuid NOT NULL,
    day           date NOT NULL,
    spans         tstzmultirange NOT NULL,
    PRIMARY KEY (deployment_id, day)
);

CREATE FUNCTION effort_by_day() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO effort_day (deployment_id, day, spans)
    SELECT deployment_id, start::date,
           range_agg(tstzrange(greatest(started_at, start AT TIME ZONE 'UTC'),
                               least(ended_at, (start + interval '1 day') AT TIME ZONE 'UTC')))
    FROM added
    CROSS JOIN LATERAL generate_series(date_trunc('day', started_at AT TIME ZONE 'UTC'),
                                       ended_at AT TIME ZONE 'UTC', '1 day') AS start
    GROUP BY deployment_id, start::date
    ORDER BY deployment_id, start::date  -- One order for all, or parallel inserts deadlock.
    ON CONFLICT (deployment_id, day) DO UPDATE SET spans = effort_day.spans + excluded.spans;
    RETURN NULL;
END $$;
CREATE TRIGGER effort_by_day AFTER INSERT ON effort
    REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION effort_by_day();

INSERT INTO effort_day (deployment_id, day, spans)
SELECT deployment_id, start::date,
       range_agg(tstzrange(greatest(started_at, start AT TIME ZONE 'UTC'),
                           least(ended_at, (start + interval '1 day') AT TIME ZONE 'UTC')))
FROM effort
CROSS JOIN LATERAL generate_series(date_trunc('day', started_at AT TIME ZONE 'UTC'),
                                   ended_at AT TIME ZONE 'UTC', '1 day') AS start
GROUP BY deployment_id, start::date;
