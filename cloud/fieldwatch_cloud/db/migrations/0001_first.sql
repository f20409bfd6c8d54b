-- The one truth. Names follow Camtrap DP; all times are UTC instants; all geometries are WGS 84 (lon, lat).

CREATE EXTENSION IF NOT EXISTS postgis;

-- People -------------------------------------------------------------------------------------------

CREATE TABLE account (
    id            uuid PRIMARY KEY,
    email         text NOT NULL,
    name          text NOT NULL,
    password_hash text NOT NULL,                         -- Argon2id
    language      text NOT NULL DEFAULT 'en' CHECK (language IN ('en', 'zh')),
    created_at    timestamptz NOT NULL DEFAULT now(),
    disabled_at   timestamptz
);
CREATE UNIQUE INDEX account_email ON account (lower(email));

CREATE TABLE reserve (
    id       uuid PRIMARY KEY,
    slug     text NOT NULL UNIQUE CHECK (slug ~ '^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$'),
    name     text NOT NULL,
    name_zh  text,
    timezone text NOT NULL DEFAULT 'UTC',                -- IANA name; for days and nights, never for storage
    boundary geometry(MultiPolygon, 4326) CHECK (ST_IsValid(boundary))
);
CREATE INDEX reserve_boundary ON reserve USING gist (boundary);

CREATE TABLE membership (
    account_id uuid NOT NULL REFERENCES account ON DELETE CASCADE,
    reserve_id uuid REFERENCES reserve ON DELETE CASCADE, -- null: every reserve
    role       text NOT NULL CHECK (role IN ('admin', 'manager', 'researcher', 'ranger', 'technician')),
    UNIQUE NULLS NOT DISTINCT (account_id, reserve_id, role)
);

-- Secrets are kept as SHA-256 of 256 random bits: nothing to guess, so nothing to slow down.
CREATE TABLE session (
    secret_hash bytea PRIMARY KEY,
    account_id  uuid NOT NULL REFERENCES account ON DELETE CASCADE,
    created_at  timestamptz NOT NULL DEFAULT now(),
    expires_at  timestamptz NOT NULL
);

CREATE TABLE api_token (
    id           uuid PRIMARY KEY,
    account_id   uuid NOT NULL REFERENCES account ON DELETE CASCADE,
    name         text NOT NULL,
    secret_hash  bytea NOT NULL UNIQUE,
    created_at   timestamptz NOT NULL DEFAULT now(),
    expires_at   timestamptz,
    last_used_at timestamptz,
    revoked_at   timestamptz
);

CREATE TABLE zone (
    id              uuid PRIMARY KEY,
    reserve_id      uuid NOT NULL REFERENCES reserve ON DELETE CASCADE,
    name            text NOT NULL,
    name_zh         text,
    duty_account_id uuid REFERENCES account ON DELETE SET NULL,
    area            geometry(MultiPolygon, 4326) NOT NULL CHECK (ST_IsValid(area))
);
CREATE INDEX zone_area ON zone USING gist (area);

-- Nodes and deployments ----------------------------------------------------------------------------

CREATE TABLE node (
    id                 text PRIMARY KEY CHECK (id ~ '^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$'), -- also its MQTT user
    reserve_id         uuid NOT NULL REFERENCES reserve,
    name               text NOT NULL,
    mqtt_password_hash text NOT NULL,                    -- mosquitto's own format ($7$...)
    created_at         timestamptz NOT NULL DEFAULT now(),
    online             boolean NOT NULL DEFAULT false,   -- by its retained state and last will
    online_changed_at  timestamptz
);

CREATE TABLE deployment (
    id                   uuid PRIMARY KEY,
    reserve_id           uuid NOT NULL REFERENCES reserve,
    node_id              text NOT NULL REFERENCES node,
    location_name        text NOT NULL,
    location             geometry(Point, 4326) NOT NULL,
    heading_deg          real CHECK (heading_deg >= 0 AND heading_deg < 360),
    tilt_deg             real CHECK (tilt_deg BETWEEN -90 AND 90),
    field_of_view_deg    real CHECK (field_of_view_deg > 0 AND field_of_view_deg <= 360),
    height_m             real,
    detection_distance_m real,
    started_at           timestamptz NOT NULL,
    ended_at             timestamptz CHECK (ended_at >= started_at)
);
CREATE INDEX deployment_location ON deployment USING gist (location);
CREATE INDEX deployment_reserve ON deployment (reserve_id);
CREATE INDEX deployment_node ON deployment (node_id);

-- What nodes sent ----------------------------------------------------------------------------------
-- These four tables hold millions of rows and inherit their place from the deployment: no geometry and no
-- foreign key per row (each costs more than the insert itself; ingest joins to deployment instead, and
-- deployments are never deleted: see deployment_kept below).

CREATE TYPE clock_quality AS ENUM ('gnss', 'ntp', 'rtc', 'unsynchronised');
CREATE TYPE observation_type AS ENUM ('animal', 'human', 'vehicle', 'blank', 'unknown');

CREATE TABLE media (
    id             uuid PRIMARY KEY,
    deployment_id  uuid NOT NULL,
    observed_at    timestamptz NOT NULL,
    received_at    timestamptz NOT NULL DEFAULT now(),
    mime           text NOT NULL,
    sha256         text NOT NULL,
    bytes          integer NOT NULL,
    width          integer NOT NULL,
    height         integer NOT NULL,
    clock_quality  clock_quality NOT NULL,
    clock_offset_s real
);
CREATE INDEX media_deployment_time ON media (deployment_id, observed_at);

CREATE TABLE observation (
    id               uuid PRIMARY KEY,
    deployment_id    uuid NOT NULL,
    observed_at      timestamptz NOT NULL,
    ended_at         timestamptz NOT NULL,
    received_at      timestamptz NOT NULL DEFAULT now(),
    media_id         uuid,
    clock_offset_s   real,
    confidence       real NOT NULL,
    count            integer NOT NULL,
    frames           integer NOT NULL,
    observation_type observation_type NOT NULL,
    clock_quality    clock_quality NOT NULL,
    scientific_name  text,
    model            text NOT NULL,
    box              real[],                             -- x, y, width, height as fractions
    CHECK (ended_at >= observed_at)
);
CREATE INDEX observation_deployment_time ON observation (deployment_id, observed_at);

CREATE TABLE effort (
    id            uuid PRIMARY KEY,
    deployment_id uuid NOT NULL,
    started_at    timestamptz NOT NULL,
    ended_at      timestamptz NOT NULL CHECK (ended_at >= started_at),
    frames        integer NOT NULL,
    received_at   timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX effort_deployment_time ON effort (deployment_id, started_at);

CREATE TABLE heartbeat (
    id          uuid PRIMARY KEY,
    node_id     text NOT NULL,
    observed_at timestamptz NOT NULL,
    received_at timestamptz NOT NULL DEFAULT now(),
    body        jsonb NOT NULL                           -- the message as it came
);
CREATE INDEX heartbeat_node_time ON heartbeat (node_id, observed_at DESC);

CREATE FUNCTION deployment_kept() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'deployments are never deleted: observations refer to them; end them instead';
END $$;
CREATE TRIGGER deployment_kept BEFORE DELETE ON deployment FOR EACH ROW EXECUTE FUNCTION deployment_kept();

-- Fire ---------------------------------------------------------------------------------------------

CREATE TABLE incident (
    id           uuid PRIMARY KEY,
    reserve_id   uuid NOT NULL REFERENCES reserve,
    kind         text NOT NULL CHECK (kind IN ('smoke', 'fire')),
    state        text NOT NULL DEFAULT 'new'
                 CHECK (state IN ('new', 'acknowledged', 'dispatched', 'on_scene', 'contained', 'closed', 'false_alarm')),
    first_seen_at timestamptz NOT NULL,                  -- by capture time: a late fire is shown as late
    last_seen_at timestamptz NOT NULL,
    opened_at    timestamptz NOT NULL DEFAULT now(),
    CHECK (last_seen_at >= first_seen_at)
);
CREATE INDEX incident_reserve_time ON incident (reserve_id, last_seen_at DESC);

CREATE TABLE suspicion (
    id             uuid PRIMARY KEY,
    deployment_id  uuid NOT NULL REFERENCES deployment,
    incident_id    uuid NOT NULL REFERENCES incident,
    observed_at    timestamptz NOT NULL,
    first_seen_at  timestamptz NOT NULL,
    received_at    timestamptz NOT NULL DEFAULT now(),
    kind           text NOT NULL CHECK (kind IN ('smoke', 'fire')),
    confidence     real NOT NULL,
    box            real[] NOT NULL,
    bearing_deg    real,
    bearing_sd_deg real,
    elevation_deg  real,
    media_id       uuid,                                 -- the picture may arrive after its suspicion
    clock_quality  clock_quality NOT NULL,
    clock_offset_s real,
    model          text NOT NULL
);
CREATE INDEX suspicion_incident ON suspicion (incident_id);
CREATE INDEX suspicion_deployment_time ON suspicion (deployment_id, observed_at);

CREATE TABLE incident_log (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    incident_id uuid NOT NULL REFERENCES incident,
    at          timestamptz NOT NULL DEFAULT now(),
    account_id  uuid REFERENCES account,                 -- null: the system
    action      text NOT NULL,
    note        text
);
CREATE INDEX incident_log_incident ON incident_log (incident_id);

CREATE FUNCTION incident_log_unalterable() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the record of an incident cannot be altered';
END $$;
CREATE TRIGGER incident_log_unalterable BEFORE UPDATE OR DELETE ON incident_log
    FOR EACH ROW EXECUTE FUNCTION incident_log_unalterable();

-- What could not be read ---------------------------------------------------------------------------

CREATE TABLE quarantine (
    id          uuid PRIMARY KEY,
    received_at timestamptz NOT NULL DEFAULT now(),
    topic       text NOT NULL,
    payload     bytea NOT NULL,
    properties  jsonb NOT NULL DEFAULT '{}',             -- MQTT 5 user properties, for the replay
    reason      text NOT NULL,
    payload_sha256 text NOT NULL,
    replayed_at timestamptz,
    UNIQUE (topic, payload_sha256)                       -- a node resends until it gets its receipt
);
