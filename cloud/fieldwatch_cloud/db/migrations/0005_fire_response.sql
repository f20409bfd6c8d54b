-- From a suspicion to a ranger who answers: evidence, incidents with a place, calls, deliveries, drills.

-- Evidence -----------------------------------------------------------------------------------------

ALTER TABLE suspicion
    ADD COLUMN elevation_sd_deg real,
    ADD COLUMN before_media_id uuid,                     -- the same view before anything was seen
    ADD COLUMN clip_media_id uuid,
    ADD COLUMN pose jsonb;                               -- {heading_deg, tilt_deg, field_of_view_deg} of a camera that turns

-- What a satellite saw. The id is made of source, instrument, time and place: a file read twice doubles nothing.
CREATE TABLE hotspot (
    id                 uuid PRIMARY KEY,
    reserve_id         uuid REFERENCES reserve,          -- null: outside of all of them
    incident_id        uuid REFERENCES incident,
    source             text NOT NULL,                    -- FIRMS' product: VIIRS_SNPP_NRT, MODIS_NRT, ...
    satellite          text NOT NULL,
    instrument         text NOT NULL CHECK (instrument IN ('VIIRS', 'MODIS')),
    observed_at        timestamptz NOT NULL,
    received_at        timestamptz NOT NULL DEFAULT now(),
    location           geometry(Point, 4326) NOT NULL,
    scan_km            real NOT NULL,                    -- size of the pixel on the ground, across and along the track
    track_km           real NOT NULL,
    confidence         text NOT NULL CHECK (confidence IN ('low', 'nominal', 'high')),
    confidence_percent smallint CHECK (confidence_percent BETWEEN 0 AND 100), -- MODIS only
    brightness_k       real,
    frp_mw             real,
    daynight           text CHECK (daynight IN ('D', 'N')),
    raw                jsonb NOT NULL                    -- the row as it came
);
CREATE INDEX hotspot_location ON hotspot USING gist (location);
CREATE INDEX hotspot_reserve_time ON hotspot (reserve_id, observed_at DESC);
CREATE INDEX hotspot_incident ON hotspot (incident_id);

-- What a person saw. Either the place of the fire, or where the person stood and the direction.
CREATE TABLE fire_report (
    id             uuid PRIMARY KEY,                     -- made where it was written, so that a retry doubles nothing
    reserve_id     uuid NOT NULL REFERENCES reserve,
    incident_id    uuid REFERENCES incident,
    account_id     uuid NOT NULL REFERENCES account,
    observed_at    timestamptz NOT NULL,
    received_at    timestamptz NOT NULL DEFAULT now(),
    kind           text NOT NULL CHECK (kind IN ('smoke', 'fire')),
    location       geometry(Point, 4326),
    location_sd_m  real,
    standpoint     geometry(Point, 4326),
    bearing_deg    real CHECK (bearing_deg >= 0 AND bearing_deg < 360),
    bearing_sd_deg real,
    note           text,
    CHECK (location IS NOT NULL OR (standpoint IS NOT NULL AND bearing_deg IS NOT NULL))
);
CREATE INDEX fire_report_incident ON fire_report (incident_id);
CREATE INDEX fire_report_reserve_time ON fire_report (reserve_id, observed_at);

-- Incidents ----------------------------------------------------------------------------------------

ALTER TABLE incident
    ADD COLUMN location geometry(Point, 4326),           -- the best estimate; null: one direction and no place
    ADD COLUMN region geometry(Geometry, 4326),          -- 95 % ellipse, or the sector in which it lies
    ADD COLUMN location_method text CHECK (location_method IN ('bearings', 'terrain', 'hotspot', 'report')),
    ADD COLUMN semi_major_m real,                        -- of the ellipse; its major axis clockwise from north
    ADD COLUMN semi_minor_m real,
    ADD COLUMN orientation_deg real,
    ADD COLUMN zone_id uuid REFERENCES zone ON DELETE SET NULL,
    ADD COLUMN fwi real,                                 -- fire danger on the day, where weather is known
    ADD COLUMN held_back text,                           -- why nobody was called (a gate); null: people are called
    ADD COLUMN drill boolean NOT NULL DEFAULT false,
    ADD COLUMN merged_into uuid REFERENCES incident,     -- found to be one fire with another incident
    ADD COLUMN revision integer NOT NULL DEFAULT 1;      -- counts every change that people see
CREATE INDEX incident_open ON incident (reserve_id) WHERE state NOT IN ('closed', 'false_alarm') AND merged_into IS NULL;
CREATE INDEX incident_region ON incident USING gist (region);

ALTER TABLE incident_log
    ADD COLUMN action_id uuid UNIQUE,                    -- made on the phone: what is sent again is done once
    ADD COLUMN done_at timestamptz,                      -- when the ranger did it, perhaps long before it arrived
    ADD COLUMN details jsonb NOT NULL DEFAULT '{}';

CREATE TABLE incident_picture (
    id          uuid PRIMARY KEY,                        -- made on the phone
    incident_id uuid NOT NULL REFERENCES incident,
    account_id  uuid NOT NULL REFERENCES account,
    taken_at    timestamptz NOT NULL,
    received_at timestamptz NOT NULL DEFAULT now(),
    location    geometry(Point, 4326),
    note        text,
    mime        text NOT NULL,
    sha256      text NOT NULL,
    bytes       integer NOT NULL
);
CREATE INDEX incident_picture_incident ON incident_picture (incident_id);
CREATE TRIGGER incident_picture_unalterable BEFORE UPDATE OR DELETE ON incident_picture
    FOR EACH ROW EXECUTE FUNCTION incident_log_unalterable();

-- Who calls an incident a false alarm says that its pictures show no fire.
ALTER TABLE label_revision
    DROP CONSTRAINT label_revision_origin_check,
    ADD CONSTRAINT label_revision_origin_check CHECK (origin IN ('web', 'import', 'incident'));

-- The ground around a reserve's cameras, where somebody has loaded an elevation model: in the database, so that
-- every machine that takes evidence in sees by the same.
CREATE TABLE terrain (
    reserve_id uuid PRIMARY KEY REFERENCES reserve ON DELETE CASCADE,
    file       text NOT NULL,                            -- the name that it came by
    content    bytea NOT NULL,                           -- GeoTIFF in longitude and latitude (incidents.terrain)
    loaded_at  timestamptz NOT NULL DEFAULT clock_timestamp()
);
ALTER TABLE terrain ALTER content SET STORAGE EXTERNAL;  -- is compressed already

-- Weather and fire danger --------------------------------------------------------------------------

CREATE TABLE weather_station (
    reserve_id uuid NOT NULL REFERENCES reserve ON DELETE CASCADE,
    name       text NOT NULL,
    location   geometry(Point, 4326),                    -- null: somewhere in the reserve
    PRIMARY KEY (reserve_id, name)
);

CREATE TABLE weather (
    reserve_id       uuid NOT NULL,
    station          text NOT NULL,
    observed_at      timestamptz NOT NULL,
    received_at      timestamptz NOT NULL DEFAULT now(),
    temperature_c    real NOT NULL,
    humidity_percent real NOT NULL CHECK (humidity_percent BETWEEN 0 AND 100),
    wind_kmh         real NOT NULL CHECK (wind_kmh >= 0), -- at 10 m in the open
    rain_24h_mm      real NOT NULL CHECK (rain_24h_mm >= 0),
    source           text NOT NULL,
    PRIMARY KEY (reserve_id, station, observed_at),
    FOREIGN KEY (reserve_id, station) REFERENCES weather_station ON DELETE CASCADE
);

-- The Canadian Fire Weather Index of each day, from the weather at noon (local standard time).
CREATE TABLE fire_danger (
    reserve_id uuid NOT NULL,
    station    text NOT NULL,
    day        date NOT NULL,
    observed_at timestamptz NOT NULL,                    -- of the weather that it is computed from
    -- Each day comes from the one before: in single precision, days computed at once and one by one would differ.
    ffmc double precision NOT NULL,
    dmc  double precision NOT NULL,
    dc   double precision NOT NULL,
    isi  double precision NOT NULL,
    bui  double precision NOT NULL,
    fwi  double precision NOT NULL,
    dsr  double precision NOT NULL,                      -- daily severity rating
    started    boolean NOT NULL,                         -- began from the standard's starting values, not from a day before
    missed_days smallint NOT NULL DEFAULT 0,             -- days without weather before this one: the codes skip over them
    PRIMARY KEY (reserve_id, station, day),
    FOREIGN KEY (reserve_id, station) REFERENCES weather_station ON DELETE CASCADE
);
CREATE INDEX fire_danger_time ON fire_danger (reserve_id, observed_at DESC);

-- The least confidence of a suspicion that calls people, by danger. No row: every suspicion calls.
CREATE TABLE fire_gate (
    deployment_id uuid PRIMARY KEY REFERENCES deployment,
    least         jsonb NOT NULL,                        -- {"low": 0.5, "moderate": 0.3, "high": 0, ...}: danger class to confidence
    set_by        uuid NOT NULL REFERENCES account,
    set_at        timestamptz NOT NULL DEFAULT now()
);

-- Masks, and what a node is to do -------------------------------------------------------------------

CREATE TABLE ignore_mask (
    id            uuid PRIMARY KEY,
    deployment_id uuid NOT NULL REFERENCES deployment,
    polygon       jsonb NOT NULL,                        -- [[x, y], ...] as fractions of the picture, from its top left
    reason        text NOT NULL,
    incident_id   uuid REFERENCES incident,              -- the false alarm that it grew from
    version       bigint NOT NULL,                       -- of its node's desired state that first held it
    created_by    uuid NOT NULL REFERENCES account,
    created_at    timestamptz NOT NULL DEFAULT now(),
    removed_by    uuid REFERENCES account,
    removed_at    timestamptz
);
CREATE INDEX ignore_mask_deployment ON ignore_mask (deployment_id) WHERE removed_at IS NULL;

CREATE TABLE desired_state (
    node_id          text PRIMARY KEY REFERENCES node,
    version          bigint NOT NULL,
    body             jsonb NOT NULL,                     -- fieldwatch_shared.messages.DesiredState
    changed_at       timestamptz NOT NULL DEFAULT now(),
    published        bigint,                             -- the version that the broker has
    reported         bigint,                             -- the version that the node says it works by
    reported_at      timestamptz
);

-- Who is called ------------------------------------------------------------------------------------

-- Where a person (or a reserve's own system) can be reached.
CREATE TABLE device (
    id          uuid PRIMARY KEY,
    account_id  uuid REFERENCES account ON DELETE CASCADE,
    reserve_id  uuid REFERENCES reserve ON DELETE CASCADE, -- of a webhook that serves the whole reserve
    channel     text NOT NULL CHECK (channel IN ('web_push', 'email', 'sms', 'voice', 'webhook')),
    name        text NOT NULL,
    address     jsonb NOT NULL,                          -- by channel: {endpoint, keys: {p256dh, auth}} | {email} | {phone} | {url, secret}
    language    text NOT NULL CHECK (language IN ('en', 'zh')),
    created_at  timestamptz NOT NULL DEFAULT now(),
    disabled_at timestamptz,
    disabled_reason text,
    CHECK (num_nonnulls(account_id, reserve_id) = 1)
);
CREATE UNIQUE INDEX device_address ON device (channel, md5(address::text), coalesce(account_id, reserve_id)) WHERE disabled_at IS NULL;
CREATE INDEX device_account ON device (account_id) WHERE disabled_at IS NULL;

CREATE TABLE shift (
    id         uuid PRIMARY KEY,
    reserve_id uuid NOT NULL REFERENCES reserve ON DELETE CASCADE,
    zone_id    uuid REFERENCES zone ON DELETE CASCADE,   -- null: the whole reserve
    account_id uuid NOT NULL REFERENCES account ON DELETE CASCADE,
    place      smallint NOT NULL DEFAULT 1 CHECK (place >= 1), -- 1: on duty; 2, 3, ...: called next, in this order
    starts_at  timestamptz NOT NULL,
    ends_at    timestamptz NOT NULL CHECK (ends_at > starts_at),
    repeats    text NOT NULL DEFAULT 'never' CHECK (repeats IN ('never', 'daily', 'weekly')), -- at the reserve's local time
    until      timestamptz
);
CREATE INDEX shift_reserve ON shift (reserve_id);

-- Absent for a reserve: the default plan (fieldwatch_cloud.calls.plan).
CREATE TABLE call_step (
    reserve_id uuid NOT NULL REFERENCES reserve ON DELETE CASCADE,
    step       smallint NOT NULL CHECK (step >= 1),
    after_s    integer NOT NULL CHECK (after_s >= 0),    -- since the incident called for the first time
    whom       text NOT NULL CHECK (whom IN ('duty', 'next', 'managers', 'all')),
    PRIMARY KEY (reserve_id, step)
);

-- A wildlife rule: "leopard at the village fence".
CREATE TABLE alert_rule (
    id               uuid PRIMARY KEY,
    reserve_id       uuid NOT NULL REFERENCES reserve ON DELETE CASCADE,
    name             text NOT NULL,
    name_zh          text,
    scientific_names text[] NOT NULL,                    -- empty: any animal
    area             geometry(MultiPolygon, 4326) CHECK (ST_IsValid(area)), -- null: the whole reserve
    least_confidence real NOT NULL DEFAULT 0.5,
    least_count      integer NOT NULL DEFAULT 1,
    cooldown_s       integer NOT NULL DEFAULT 1800,      -- per rule and deployment, by capture time
    quiet_from       time,                               -- local time of the reserve
    quiet_to         time,
    whom             text NOT NULL DEFAULT 'duty' CHECK (whom IN ('duty', 'next', 'managers', 'all')),
    enabled          boolean NOT NULL DEFAULT true,
    created_by       uuid NOT NULL REFERENCES account,
    created_at       timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE alert (
    id             uuid PRIMARY KEY,
    rule_id        uuid NOT NULL REFERENCES alert_rule ON DELETE CASCADE,
    reserve_id     uuid NOT NULL REFERENCES reserve ON DELETE CASCADE,
    observation_id uuid NOT NULL,
    deployment_id  uuid NOT NULL,
    observed_at    timestamptz NOT NULL,
    raised_at      timestamptz NOT NULL DEFAULT now(),
    held_back      text CHECK (held_back IN ('cooldown', 'quiet_hours', 'late')), -- null: people were called
    UNIQUE (rule_id, observation_id)
);
CREATE INDEX alert_rule_deployment ON alert (rule_id, deployment_id, observed_at DESC);

-- Calling and its record ---------------------------------------------------------------------------

-- An incident that still calls: which step comes next, and when. Gone once somebody answered.
CREATE TABLE escalation (
    incident_id uuid PRIMARY KEY REFERENCES incident,
    began_at    timestamptz NOT NULL,
    step        smallint NOT NULL,                       -- of the steps done so far
    due_at      timestamptz NOT NULL,                    -- of the next; after the last: of calling all again
    ended_at    timestamptz,                             -- nobody_answered and no end: it goes on calling
    outcome     text CHECK (outcome IN ('answered', 'closed', 'nobody_answered'))
);
CREATE INDEX escalation_due ON escalation (due_at) WHERE ended_at IS NULL;

CREATE TABLE notification (
    id          uuid PRIMARY KEY,
    reserve_id  uuid NOT NULL REFERENCES reserve,
    incident_id uuid REFERENCES incident,
    alert_id    uuid REFERENCES alert ON DELETE CASCADE,
    kind        text NOT NULL CHECK (kind IN ('fire', 'escalation', 'update', 'undelivered', 'wildlife', 'test')),
    step        smallint,
    drill       boolean NOT NULL DEFAULT false,
    details     jsonb NOT NULL DEFAULT '{}',             -- {unreached: [{account_id, name, why}], by: account}
    created_at  timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX notification_incident ON notification (incident_id);

-- The outbox and the present state of each call; delivery_log tells how it came about.
CREATE TABLE delivery (
    id              uuid PRIMARY KEY,
    notification_id uuid NOT NULL REFERENCES notification ON DELETE CASCADE,
    device_id       uuid NOT NULL REFERENCES device ON DELETE CASCADE,
    state           text NOT NULL DEFAULT 'queued'
                    CHECK (state IN ('queued', 'sent', 'delivered', 'opened', 'answered', 'failed', 'cancelled')),
    secret          text NOT NULL,                       -- travels with the message; vouches for its receipts
    attempts        integer NOT NULL DEFAULT 0,
    next_attempt_at timestamptz NOT NULL DEFAULT now(),
    leased_until    timestamptz,                         -- a worker is at it; past: the worker died
    expires_at      timestamptz NOT NULL,                -- no attempt after this
    failure         text,
    UNIQUE (notification_id, device_id)
);
CREATE INDEX delivery_due ON delivery (next_attempt_at) WHERE state = 'queued';

CREATE TABLE delivery_log (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    delivery_id uuid NOT NULL REFERENCES delivery ON DELETE CASCADE,
    at          timestamptz NOT NULL DEFAULT clock_timestamp(),
    event       text NOT NULL CHECK (event IN ('queued', 'attempted', 'postponed', 'sent', 'delivered', 'opened',
                                                   'answered', 'failed', 'cancelled')),
    detail      text
);
CREATE INDEX delivery_log_delivery ON delivery_log (delivery_id);
CREATE TRIGGER delivery_log_unalterable BEFORE UPDATE ON delivery_log
    FOR EACH ROW EXECUTE FUNCTION incident_log_unalterable();

-- Keys that several processes share: the VAPID key pair that phones subscribed with must never change.
CREATE TABLE service_key (
    name       text PRIMARY KEY,
    private    text NOT NULL,                            -- PEM
    created_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE drill (
    id          uuid PRIMARY KEY,
    reserve_id  uuid NOT NULL REFERENCES reserve,
    incident_id uuid REFERENCES incident,
    started_by  uuid NOT NULL REFERENCES account,
    started_at  timestamptz NOT NULL DEFAULT now(),
    ended_at    timestamptz,
    note        text
);

-- CAP messages as they were given out: whoever has read one can be told later, by its name, that it is over.
CREATE TABLE cap_message (
    incident_id uuid NOT NULL REFERENCES incident,
    number      integer NOT NULL CHECK (number >= 1),    -- with the incident's id the message's identifier
    sender      text NOT NULL,
    sent        timestamptz NOT NULL,
    expires     timestamptz NOT NULL,
    type        text NOT NULL CHECK (type IN ('Alert', 'Update', 'Cancel')),
    kind        text NOT NULL,                           -- of the fire, and
    state       text NOT NULL,                           -- of the incident (or 'merged'), and
    revision    integer NOT NULL,                        -- its revision, when this was written
    headline    text NOT NULL,
    body        text NOT NULL,                           -- XML
    PRIMARY KEY (incident_id, number)
);
CREATE TRIGGER cap_message_unalterable BEFORE UPDATE OR DELETE ON cap_message
    FOR EACH ROW EXECUTE FUNCTION incident_log_unalterable();
