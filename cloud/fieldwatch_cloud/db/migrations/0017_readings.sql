-- What nodes measure beside pictures: weather and water by their sensors, and the power that they live on.

CREATE TABLE reading (
    id             uuid PRIMARY KEY,                     -- made at the edge: a replay changes nothing
    node_id        text NOT NULL REFERENCES node,
    sensor         text NOT NULL,
    quantity       text NOT NULL,                        -- fieldwatch_shared.messages.Quantity, with its unit
    observed_at    timestamptz NOT NULL,                 -- of rain: the end of the time in which it fell
    received_at    timestamptz NOT NULL DEFAULT now(),
    value          double precision NOT NULL,
    over_s         real,                                 -- of rain and means: the time before
    clock_quality  text NOT NULL,
    clock_offset_s double precision
);
CREATE INDEX reading_node_time ON reading (node_id, quantity, observed_at DESC) INCLUDE (sensor, value, over_s);

-- The newest of each sensor, for the map: millions of rows need not be read for it.
CREATE TABLE reading_newest (
    node_id     text NOT NULL REFERENCES node,
    sensor      text NOT NULL,
    quantity    text NOT NULL,
    observed_at timestamptz NOT NULL,
    value       double precision NOT NULL,
    over_s      real,
    PRIMARY KEY (node_id, sensor, quantity)
);

-- Nodes whose weather is to be worked out anew from this time on, by a job: never while a node waits.
CREATE TABLE node_weather_due (
    node_id text PRIMARY KEY REFERENCES node,
    since   timestamptz NOT NULL
);

-- A node's power, hour by hour, from its heartbeats: each is added once, at its own time.
CREATE TABLE node_power_hour (
    node_id      text NOT NULL REFERENCES node,
    hour         timestamptz NOT NULL,
    reports      integer NOT NULL,
    measured     integer NOT NULL,                       -- of the reports, by a meter
    charge_sum   double precision NOT NULL,
    charge_n     integer NOT NULL,
    charge_least double precision,
    battery_v    double precision,                       -- the newest that was told
    solar_w_sum  double precision NOT NULL,
    solar_n      integer NOT NULL,
    load_w_sum   double precision NOT NULL,
    load_n       integer NOT NULL,
    used_wh      double precision NOT NULL,
    used_n       integer NOT NULL,                       -- reports that knew what was used
    saved_wh     double precision NOT NULL,
    used_g       double precision NOT NULL,              -- CO2e, by the factor that the node told with it
    saved_g      double precision NOT NULL,
    factor_n     integer NOT NULL,                       -- reports that told one
    level        text,                                   -- of work, at the hour's newest report
    newest_at    timestamptz NOT NULL,
    PRIMARY KEY (node_id, hour)
);
