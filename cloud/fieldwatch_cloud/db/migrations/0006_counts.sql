-- Counting: what is true of the records (people's labels, corrected clocks), and sums of it kept by a job.
--
--   observation, label ──▶ seen() ──▶ events_of() ──▶ event ──▶ count_day, count_month, count_sum
--   effort_day ──▶ looked() ──────────────────────────────────▶ effort_until, effort_sum
--
-- Whoever inserts leaves a marker in `stale` (`stale_effort`); a job takes markers away and derives anew what
-- they touch. Where a marker still lies, a reader derives for itself: answers are exact at any time. Functions
-- in plain SQL with one SELECT are inlined, so that the planner sees through them.

-- Clocks --------------------------------------------------------------------------------------------

-- Nothing is re-dated: what came stays as it came, and this is added to it wherever it is counted or shown.
CREATE TABLE clock_correction (
    id            uuid PRIMARY KEY,
    deployment_id uuid NOT NULL REFERENCES deployment,
    offset_s      double precision NOT NULL CHECK (abs(offset_s) <= 3.2e9), -- true time minus the camera's
    account_id    uuid NOT NULL REFERENCES account,
    at            timestamptz NOT NULL DEFAULT now(),
    note          text,
    undone_at     timestamptz,
    undone_by     uuid REFERENCES account,
    CHECK ((undone_at IS NULL) = (undone_by IS NULL))
);
CREATE UNIQUE INDEX clock_correction_current ON clock_correction (deployment_id) WHERE undone_at IS NULL;
CREATE INDEX clock_correction_deployment ON clock_correction (deployment_id, at);

CREATE FUNCTION clock_correction_kept() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' OR OLD.undone_at IS NOT NULL
       OR (NEW.id, NEW.deployment_id, NEW.offset_s, NEW.account_id, NEW.at, NEW.note)
          IS DISTINCT FROM (OLD.id, OLD.deployment_id, OLD.offset_s, OLD.account_id, OLD.at, OLD.note) THEN
        RAISE EXCEPTION 'clock corrections are kept: undo this one and give another';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER clock_correction_kept BEFORE UPDATE OR DELETE ON clock_correction
    FOR EACH ROW EXECUTE FUNCTION clock_correction_kept();

-- What was seen, and when was looked ----------------------------------------------------------------

-- The records of one deployment that start in [since, until), by the corrected clock. A picture that a person
-- has labelled speaks through the boxes of its newest revision alone: they stand at the span of the
-- observations that they replace, or at the picture's instant where the model had seen nothing. Blank
-- observations are among the records; a picture that a person found blank has none.
CREATE FUNCTION seen(deployment uuid, since timestamptz, until timestamptz)
RETURNS TABLE (
    deployment_id uuid, observation_id uuid, media_id uuid, scientific_name text,
    observation_type observation_type, observed_at timestamptz, ended_at timestamptz, count integer,
    confidence real,         -- 1 for a person's word
    labelled boolean, clock_quality clock_quality,
    label_number integer     -- of a person's label, within its picture
) LANGUAGE sql STABLE AS $$
    SELECT o.deployment_id, o.id, o.media_id, o.scientific_name, o.observation_type,
           o.observed_at + clock.ahead, o.ended_at + clock.ahead, o.count, o.confidence, false, o.clock_quality,
           NULL::integer
    FROM (SELECT make_interval(secs => coalesce(sum(c.offset_s), 0)) AS ahead
          FROM clock_correction c WHERE c.deployment_id = seen.deployment AND c.undone_at IS NULL) clock
    JOIN observation o ON o.deployment_id = seen.deployment
                      AND o.observed_at >= seen.since - clock.ahead AND o.observed_at < seen.until - clock.ahead
    WHERE NOT EXISTS (SELECT FROM label_revision r WHERE r.media_id = o.media_id)
    UNION ALL
    -- Labels of a picture with observations: found by the first of these, whose start is theirs.
    SELECT o.deployment_id, NULL, l.media_id, l.scientific_name, l.observation_type, o.observed_at + clock.ahead,
           (SELECT max(other.ended_at) FROM observation other
            WHERE other.media_id = o.media_id AND other.deployment_id = o.deployment_id) + clock.ahead,
           l.count, 1, true, o.clock_quality, l.number
    FROM (SELECT make_interval(secs => coalesce(sum(c.offset_s), 0)) AS ahead
          FROM clock_correction c WHERE c.deployment_id = seen.deployment AND c.undone_at IS NULL) clock
    JOIN observation o ON o.deployment_id = seen.deployment
                      AND o.observed_at >= seen.since - clock.ahead AND o.observed_at < seen.until - clock.ahead
    JOIN current_label l ON l.deployment_id = seen.deployment AND l.media_id = o.media_id
    WHERE l.observation_type IS NOT NULL
      AND NOT EXISTS (SELECT FROM observation earlier
                      WHERE earlier.media_id = o.media_id AND earlier.deployment_id = o.deployment_id
                        AND (earlier.observed_at, earlier.id) < (o.observed_at, o.id))
    UNION ALL
    SELECT l.deployment_id, NULL, l.media_id, l.scientific_name, l.observation_type, l.observed_at + clock.ahead,
           l.observed_at + clock.ahead, l.count, 1, true, coalesce(m.clock_quality, 'unsynchronised'),
           l.number
    FROM (SELECT make_interval(secs => coalesce(sum(c.offset_s), 0)) AS ahead
          FROM clock_correction c WHERE c.deployment_id = seen.deployment AND c.undone_at IS NULL) clock
    JOIN current_label l ON l.deployment_id = seen.deployment
                        AND l.observed_at >= seen.since - clock.ahead
                        AND l.observed_at < seen.until - clock.ahead
    LEFT JOIN media m ON m.id = l.media_id
    WHERE l.observation_type IS NOT NULL
      AND NOT EXISTS (SELECT FROM observation o
                      WHERE o.media_id = l.media_id AND o.deployment_id = l.deployment_id)
$$;

-- The spans in which a deployment was looking, within [since, until) and by the corrected clock. They are
-- disjoint, but one that lasts over midnight (UTC, by its own clock) comes in pieces.
CREATE FUNCTION looked(deployment uuid, since timestamptz, until timestamptz)
RETURNS TABLE (deployment_id uuid, span tstzrange) LANGUAGE sql STABLE AS $$
    SELECT e.deployment_id, tstzrange(lower(piece) + clock.ahead, upper(piece) + clock.ahead)
    FROM (SELECT make_interval(secs => coalesce(sum(c.offset_s), 0)) AS ahead
          FROM clock_correction c WHERE c.deployment_id = looked.deployment AND c.undone_at IS NULL) clock
    CROSS JOIN LATERAL (
        SELECT day.deployment_id, day.spans FROM effort_day day
        WHERE day.deployment_id = looked.deployment
          AND day.day >= ((looked.since - clock.ahead) AT TIME ZONE 'UTC')::date
          AND day.day <= ((looked.until - clock.ahead) AT TIME ZONE 'UTC')::date
        OFFSET 0 -- By the index for each deployment: joined to many, the planner would read all effort instead.
    ) e
    CROSS JOIN LATERAL unnest(
        e.spans * tstzmultirange(tstzrange(looked.since - clock.ahead, looked.until - clock.ahead))
    ) AS piece
$$;

-- Sums that a job keeps -----------------------------------------------------------------------------

-- Independent events by the default rule: records of one taxon at one deployment belong to one event until
-- nothing starts for 30 min after the latest end. Blank pictures make none.
CREATE TABLE event (
    deployment_id    uuid NOT NULL,
    scientific_name  text COLLATE "C",
    observation_type observation_type NOT NULL,
    started_at       timestamptz NOT NULL,
    ended_at         timestamptz NOT NULL,
    observations     integer NOT NULL,
    labelled         integer NOT NULL,                   -- how many of them a person confirmed or corrected
    max_n            bigint NOT NULL,                    -- the largest number seen at once
    UNIQUE NULLS NOT DISTINCT (deployment_id, started_at, scientific_name, observation_type)
);
-- One that lasts longer than a day is not found by looking back one day.
CREATE INDEX event_long ON event (deployment_id, started_at) WHERE ended_at - started_at > interval '1 day';

-- Sums of the events that start in each span, for whoever asks in SQL. Days are UTC's.
CREATE TYPE tier AS ENUM ('month', 'year');
CREATE TABLE count_sum (
    deployment_id    uuid NOT NULL,
    tier             tier NOT NULL,
    start            date NOT NULL,
    scientific_name  text COLLATE "C",
    observation_type observation_type NOT NULL,
    observations     integer NOT NULL,
    labelled         integer NOT NULL,
    events           integer NOT NULL,
    individuals      bigint NOT NULL,                    -- sum over events of max_n
    max_count        bigint NOT NULL,
    UNIQUE NULLS NOT DISTINCT (deployment_id, tier, start, scientific_name, observation_type)
);
CREATE TABLE effort_sum (
    deployment_id uuid NOT NULL,
    tier          tier NOT NULL,
    start         date NOT NULL,
    looked        interval NOT NULL,
    PRIMARY KEY (deployment_id, tier, start)
);

-- The same for counting: all taxa of a camera in one row, packed (`counts.packed` reads them), with what came
-- before and after within the month, and of months within the year. So any span is two rows of days and two of
-- months at each deployment, however many records there are:
--
--     since                                                      until
--       |own| after        |own| after      before |own|   before |own|
--       day   ..month's end  month ..year's end  year.. month  month.. day
--
-- Only days and months with events have rows.
CREATE TABLE counted_taxon (                             -- only ever appended to
    id               integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    scientific_name  text COLLATE "C",
    observation_type observation_type NOT NULL,
    UNIQUE NULLS NOT DISTINCT (scientific_name, observation_type)
);
CREATE TABLE count_day (
    deployment_id uuid NOT NULL,
    day           date NOT NULL,
    events        bytea NOT NULL,                        -- `packed_event` of each, by time
    before        bytea NOT NULL,                        -- `packed_sum` of each taxon in the month's days before
    after         bytea NOT NULL,                        -- and after
    PRIMARY KEY (deployment_id, day)
) WITH (fillfactor = 80);
CREATE TABLE count_month (
    deployment_id uuid NOT NULL,
    month         date NOT NULL,
    sums          bytea NOT NULL,                        -- `packed_sum` of each taxon
    before        bytea NOT NULL,                        -- in the year's months before
    after         bytea NOT NULL,
    PRIMARY KEY (deployment_id, month)
) WITH (fillfactor = 80);

CREATE FUNCTION packed_event(
    started_at timestamptz, taxon integer, observations integer, labelled integer, max_n bigint
) RETURNS bytea LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT timestamptz_send($1) || int4send($2) || int4send($3) || int4send($4) || int8send($5)
$$;
CREATE FUNCTION packed_sum(
    taxon integer, observations integer, labelled integer, events integer, individuals bigint, max_count bigint
) RETURNS bytea LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT int4send($1) || int4send($2) || int4send($3) || int4send($4) || int8send($5) || int8send($6)
$$;

-- Effort only adds up: what a camera looked between two instants is what it had looked until the one, less
-- until the other. A day of its spans by the corrected clock, and all days before it.
CREATE TABLE effort_until (
    deployment_id uuid NOT NULL,
    day           date NOT NULL,
    spans         tstzmultirange NOT NULL,
    looked        interval NOT NULL,                     -- their length
    before        interval NOT NULL,                     -- of all days before
    PRIMARY KEY (deployment_id, day)
) WITH (fillfactor = 80);

-- Where the sums do not hold (yet): between these instants, by the deployment's own clock. Only ever appended
-- to, without a key, so that those who insert never wait for each other; taken away by the job.
CREATE TABLE stale (deployment_id uuid NOT NULL, since timestamptz NOT NULL, until timestamptz NOT NULL)
WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000);
CREATE INDEX stale_deployment ON stale (deployment_id);
CREATE TABLE stale_effort (LIKE stale)
WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000);
CREATE INDEX stale_effort_deployment ON stale_effort (deployment_id);

-- All that a picture's labels may replace or have stood at, of any revision. Grouped, and so never flattened: the
-- planner of a trigger does not know how few pictures there are, and must not read all observations for them.
CREATE FUNCTION picture_span(media uuid)
RETURNS TABLE (deployment_id uuid, since timestamptz, until timestamptz) LANGUAGE sql STABLE AS $$
    SELECT span.deployment_id, min(span.since), max(span.until)
    FROM (
        SELECT o.deployment_id, o.observed_at AS since, o.ended_at AS until
        FROM observation o WHERE o.media_id = picture_span.media
        UNION ALL
        SELECT l.deployment_id, l.observed_at, l.observed_at FROM label l WHERE l.media_id = picture_span.media
    ) span
    GROUP BY span.deployment_id
$$;

-- One row per statement, deployment and day. An observation of a picture that has labels moves these: the
-- marker covers the whole of what it replaces.
CREATE FUNCTION observations_stale() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO stale (deployment_id, since, until)
    SELECT deployment_id, min(observed_at), max(ended_at)
    FROM changed
    GROUP BY deployment_id, date_trunc('day', observed_at);
    INSERT INTO stale (deployment_id, since, until)
    SELECT replaced.deployment_id, replaced.since, replaced.until
    FROM (SELECT DISTINCT c.media_id
          FROM changed c CROSS JOIN LATERAL (SELECT FROM label_revision r WHERE r.media_id = c.media_id LIMIT 1) known
         ) relabelled
    CROSS JOIN LATERAL picture_span(relabelled.media_id) replaced;
    RETURN NULL;
END $$;
CREATE TRIGGER observation_stale AFTER INSERT ON observation
    REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION observations_stale();
CREATE TRIGGER observation_gone_stale AFTER DELETE ON observation
    REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION observations_stale();

CREATE FUNCTION labels_stale() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO stale (deployment_id, since, until)
    SELECT replaced.deployment_id, replaced.since, replaced.until
    FROM (SELECT DISTINCT media_id FROM changed) relabelled
    CROSS JOIN LATERAL picture_span(relabelled.media_id) replaced;
    RETURN NULL;
END $$;
CREATE TRIGGER label_revision_stale AFTER INSERT ON label_revision
    REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION labels_stale();
CREATE TRIGGER label_stale AFTER INSERT ON label
    REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION labels_stale();

CREATE FUNCTION effort_stale() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO stale_effort (deployment_id, since, until)
    SELECT deployment_id, min(day)::timestamp AT TIME ZONE 'UTC', (max(day) + 1)::timestamp AT TIME ZONE 'UTC'
    FROM changed
    GROUP BY deployment_id, date_trunc('month', day::timestamp);
    RETURN NULL;
END $$;
CREATE TRIGGER effort_day_stale AFTER INSERT ON effort_day
    REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION effort_stale();
CREATE TRIGGER effort_day_changed_stale AFTER UPDATE ON effort_day
    REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION effort_stale();
CREATE TRIGGER effort_day_gone_stale AFTER DELETE ON effort_day
    REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION effort_stale();

CREATE FUNCTION clock_stale() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO stale VALUES (NEW.deployment_id, '-infinity', 'infinity');
    INSERT INTO stale_effort VALUES (NEW.deployment_id, '-infinity', 'infinity');
    RETURN NULL;
END $$;
CREATE TRIGGER clock_correction_stale AFTER INSERT OR UPDATE ON clock_correction
    FOR EACH ROW EXECUTE FUNCTION clock_stale();

-- Markers by the corrected clock, as wide as what they can touch: an event less than 30 min away (open spans:
-- exactly 30 min is independent).
CREATE VIEW stale_span AS
SELECT s.deployment_id,
       tstzrange(s.since + make_interval(secs => coalesce(c.offset_s, 0)) - interval '30 min',
                 s.until + make_interval(secs => coalesce(c.offset_s, 0)) + interval '30 min', '()') AS span
FROM stale s
LEFT JOIN clock_correction c ON c.deployment_id = s.deployment_id AND c.undone_at IS NULL;

CREATE VIEW stale_effort_span AS
SELECT s.deployment_id,
       tstzrange(s.since + make_interval(secs => coalesce(c.offset_s, 0)),
                 s.until + make_interval(secs => coalesce(c.offset_s, 0)), '()') AS span
FROM stale_effort s
LEFT JOIN clock_correction c ON c.deployment_id = s.deployment_id AND c.undone_at IS NULL;

-- Events ---------------------------------------------------------------------------------------------

-- By the rule "from the last independent record": the end of the record that opened the current event.
CREATE FUNCTION opened(opening_end timestamptz, observed_at timestamptz, ended_at timestamptz, every interval)
RETURNS timestamptz LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
BEGIN
    RETURN CASE WHEN opening_end IS NULL OR observed_at - opening_end >= every THEN ended_at ELSE opening_end END;
END $$;
CREATE AGGREGATE opening_end(timestamptz, timestamptz, interval) (sfunc = opened, stype = timestamptz);

-- Independent events and MaxN of the records that start in [since, until), and no others (see `events_by`), as `counts.events` defines them. A
-- record opens an event if it starts `every` or more after the latest end before it (rule `last_record`), or
-- after the end of the record that opened the current event (`last_independent_record`). Gaps and islands,
-- twice: within an event, only records that overlap another need the sweep over starts and ends that finds the
-- largest number seen at once. Most events are a single record, and skip all that.
CREATE FUNCTION events_of(
    deployment uuid, since timestamptz, until timestamptz, every interval, rule text, min_confidence real
) RETURNS TABLE (
    deployment_id uuid, scientific_name text, observation_type observation_type, started_at timestamptz,
    ended_at timestamptz,
    last_at timestamptz,     -- start of its last record
    observations bigint, labelled bigint, max_n bigint
) LANGUAGE sql STABLE AS $$
    WITH records AS (
        SELECT s.scientific_name COLLATE "C" AS taxon, s.observation_type AS kind, s.observed_at, s.ended_at,
               s.count, s.labelled
        FROM seen(events_of.deployment, events_of.since, events_of.until) s
        WHERE s.observation_type <> 'blank' AND s.confidence >= events_of.min_confidence
    ),
    with_neighbours AS (
        SELECT *, max(ended_at) OVER before AS end_before,
               CASE WHEN events_of.rule = 'last_record' THEN max(ended_at) OVER before
                    ELSE opening_end(observed_at, ended_at, events_of.every) OVER before END AS from_end,
               lead(observed_at) OVER (PARTITION BY taxon, kind ORDER BY observed_at, ended_at) AS next_start
        FROM records
        WINDOW before AS (PARTITION BY taxon, kind ORDER BY observed_at, ended_at
                          ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)
    ),
    marked AS MATERIALIZED (
        SELECT *, lead(opens, 1, true) OVER (PARTITION BY taxon, kind ORDER BY observed_at, ended_at) AS closes
        FROM (
            SELECT *, from_end IS NULL OR observed_at - from_end >= events_of.every AS opens
            FROM with_neighbours
        ) one
    ),
    numbered AS (
        SELECT taxon, kind, observed_at, ended_at, count, labelled,
               count(*) FILTER (WHERE opens) OVER (
                   PARTITION BY taxon, kind ORDER BY observed_at, ended_at ROWS UNBOUNDED PRECEDING
               ) AS event,
               coalesce(observed_at <= end_before, false)
               OR coalesce(next_start <= greatest(end_before, ended_at), false) AS shared
        FROM marked
        WHERE NOT (opens AND closes)
    ),
    edges AS (
        SELECT taxon, kind, event, observed_at AS at, count::bigint AS change, observed_at AS starts,
               NULL::timestamptz AS ends, labelled
        FROM numbered WHERE shared
        UNION ALL
        SELECT taxon, kind, event, ended_at, -count::bigint, NULL, ended_at, false FROM numbered WHERE shared
    ),
    at_once AS (
        -- Starts before ends of the same instant: spans include both of theirs.
        SELECT taxon, kind, event, starts, ends, labelled,
               sum(change) OVER (
                   PARTITION BY taxon, kind, event ORDER BY at, change DESC ROWS UNBOUNDED PRECEDING
               ) AS level
        FROM edges
        UNION ALL
        SELECT taxon, kind, event, observed_at, ended_at, labelled, count FROM numbered WHERE NOT shared
    )
    SELECT events_of.deployment, taxon, kind, min(starts), max(ends), max(starts), count(starts),
           count(*) FILTER (WHERE labelled), max(level)::bigint
    FROM at_once
    GROUP BY taxon, kind, event
    UNION ALL
    SELECT events_of.deployment, taxon, kind, observed_at, ended_at, observed_at, 1, labelled::int, count
    FROM marked WHERE opens AND closes
$$;

-- Stored events that share an instant with the open span (since, until), whether they still hold or not.
CREATE FUNCTION stored_events(deployment uuid, since timestamptz, until timestamptz)
RETURNS SETOF event LANGUAGE sql STABLE AS $$
    SELECT * FROM event e
    WHERE e.deployment_id = stored_events.deployment AND e.started_at < stored_events.until
      AND e.started_at > stored_events.since - interval '1 day' AND e.ended_at > stored_events.since
    UNION ALL
    SELECT * FROM event e
    WHERE e.deployment_id = stored_events.deployment AND e.started_at < stored_events.until
      AND e.started_at <= stored_events.since - interval '1 day' AND e.ended_at > stored_events.since
      AND e.ended_at - e.started_at > interval '1 day'
$$;

-- The events of a deployment that its markers touch, derived anew: they replace the stored events that meet a
-- stale span. Stored events of a taxon lie 30 min or more apart, and so do those that a marker does not touch
-- from all that is new: so the touched ones and the stale spans are enough to read. What is read beside them
-- gives pieces of events that still hold; these are left out.
CREATE FUNCTION events_anew(deployment uuid)
RETURNS TABLE (
    deployment_id uuid, scientific_name text, observation_type observation_type, started_at timestamptz,
    ended_at timestamptz, observations bigint, labelled bigint, max_n bigint
) LANGUAGE sql STABLE AS $$
    WITH dirty AS MATERIALIZED (
        SELECT range_agg(span) AS spans FROM stale_span s WHERE s.deployment_id = events_anew.deployment
    ),
    touched AS MATERIALIZED (
        SELECT e.scientific_name, e.observation_type, tstzrange(e.started_at, e.ended_at, '[]') AS span
        FROM dirty
        CROSS JOIN LATERAL stored_events(events_anew.deployment, lower(spans), upper(spans)) e
        WHERE tstzrange(e.started_at, e.ended_at, '[]') && spans
    ),
    hull AS (
        SELECT unnest(range_agg(span)) AS span
        FROM (SELECT unnest(spans) AS span FROM dirty UNION ALL SELECT span FROM touched) piece
    )
    SELECT e.deployment_id, e.scientific_name, e.observation_type, e.started_at, e.ended_at, e.observations,
           e.labelled, e.max_n
    FROM hull
    CROSS JOIN dirty
    CROSS JOIN LATERAL events_of(
        events_anew.deployment, lower(hull.span), upper(hull.span) + interval '1 microsecond', -- it may be closed
        interval '30 min', 'last_record', 0
    ) e
    WHERE tstzrange(e.started_at, e.ended_at, '[]') && dirty.spans
       OR EXISTS (SELECT FROM touched t
                  WHERE t.scientific_name IS NOT DISTINCT FROM e.scientific_name
                    AND t.observation_type = e.observation_type
                    AND t.span && tstzrange(e.started_at, e.ended_at, '[]'))
$$;

-- From when until when the records must be read to find whole events by another interval or rule that start in
-- [since, until): each is within a chain of records less than `every` apart, so as far as chains of stored
-- events lead from the borders. A stale span may hold records of any taxon, and belongs to every chain.
CREATE FUNCTION chains(deployment uuid, since timestamptz, until timestamptz, every interval)
RETURNS TABLE (since timestamptz, until timestamptz) LANGUAGE sql STABLE AS $$
    WITH RECURSIVE dirty AS MATERIALIZED (
        SELECT lower(span) AS since, upper(span) AS until
        FROM unnest((SELECT range_agg(span) FROM stale_span s WHERE s.deployment_id = chains.deployment)) AS span
    ),
    back (at, any_taxon, taxon, kind) AS (
        SELECT chains.since, true, NULL::text COLLATE "C", NULL::observation_type
        UNION
        SELECT earlier.*
        FROM back
        CROSS JOIN LATERAL (
            SELECT e.started_at, false, e.scientific_name, e.observation_type
            FROM stored_events(chains.deployment, back.at - chains.every, back.at) e
            WHERE back.any_taxon
               OR (e.scientific_name IS NOT DISTINCT FROM back.taxon AND e.observation_type = back.kind)
            UNION ALL
            SELECT d.since, true, NULL, NULL FROM dirty d
            WHERE d.since < back.at AND d.until > back.at - chains.every
        ) earlier
    ),
    onward (at, any_taxon, taxon, kind) AS (
        SELECT chains.until, true, NULL::text COLLATE "C", NULL::observation_type
        UNION
        SELECT later.*
        FROM onward
        CROSS JOIN LATERAL (
            SELECT e.ended_at, false, e.scientific_name, e.observation_type
            FROM stored_events(chains.deployment, onward.at, onward.at + chains.every) e
            WHERE onward.any_taxon
               OR (e.scientific_name IS NOT DISTINCT FROM onward.taxon AND e.observation_type = onward.kind)
            UNION ALL
            SELECT d.until, true, NULL, NULL FROM dirty d
            WHERE d.until > onward.at AND d.since < onward.at + chains.every
        ) later
    )
    SELECT (SELECT min(at) FROM back), (SELECT max(at) FROM onward) + interval '1 microsecond'
$$;

-- The events of one deployment that start in [since, until), by any interval and rule, from the records: whole,
-- however far they reach beyond the span.
CREATE FUNCTION events_by(
    deployment uuid, since timestamptz, until timestamptz, every interval, rule text, min_confidence real
) RETURNS TABLE (
    deployment_id uuid, scientific_name text, observation_type observation_type, started_at timestamptz,
    ended_at timestamptz, last_at timestamptz, observations bigint, labelled bigint, max_n bigint
) LANGUAGE sql STABLE AS $$
    SELECT e.*
    FROM chains(events_by.deployment, events_by.since, events_by.until, events_by.every) whole
    CROSS JOIN LATERAL events_of(events_by.deployment, whole.since, whole.until, events_by.every, events_by.rule,
                                 events_by.min_confidence) e
    WHERE e.started_at >= events_by.since AND e.started_at < events_by.until
$$;

-- The same by the default rule, out of what is kept: exact at any time.
CREATE FUNCTION events(deployment uuid, since timestamptz, until timestamptz)
RETURNS TABLE (
    deployment_id uuid, scientific_name text, observation_type observation_type, started_at timestamptz,
    ended_at timestamptz, observations bigint, labelled bigint, max_n bigint
) LANGUAGE sql STABLE AS $$
    SELECT e.deployment_id, e.scientific_name, e.observation_type, e.started_at, e.ended_at, e.observations,
           e.labelled, e.max_n
    FROM (SELECT range_agg(span) AS spans FROM stale_span s WHERE s.deployment_id = events.deployment) dirty
    JOIN event e ON e.deployment_id = events.deployment
                AND e.started_at >= events.since AND e.started_at < events.until
    WHERE dirty.spans IS NULL OR NOT tstzrange(e.started_at, e.ended_at, '[]') && dirty.spans
    UNION ALL
    SELECT * FROM events_anew(events.deployment) e
    WHERE e.started_at >= events.since AND e.started_at < events.until
$$;

-- What is there already is for the job to sum up.
INSERT INTO stale SELECT id, '-infinity', 'infinity' FROM deployment;
INSERT INTO stale_effort SELECT id, '-infinity', 'infinity' FROM deployment;
