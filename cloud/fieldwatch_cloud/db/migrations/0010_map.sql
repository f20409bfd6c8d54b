-- The map: what people load to draw the land, and where they walked.

-- Patrol tracks. Places are no secret among members; whoever may see the reserve may see them.
CREATE TABLE patrol_track (
    id          uuid PRIMARY KEY,
    reserve_id  uuid NOT NULL REFERENCES reserve ON DELETE CASCADE,
    account_id  uuid REFERENCES account ON DELETE SET NULL, -- who uploaded it
    uploaded_at timestamptz NOT NULL DEFAULT now(),
    file        text NOT NULL,
    name        text NOT NULL,
    kind        text NOT NULL CHECK (kind IN ('patrol', 'survey', 'route')),
    line        geometry(MultiLineString, 4326) NOT NULL,
    length_m    double precision NOT NULL,
    started_at  timestamptz,                             -- null: the file has no times
    ended_at    timestamptz,
    times       timestamptz[],                           -- of each point, in the line's order; null where unknown
    content_sha256 text NOT NULL,                        -- of the line and its times: the same twice is one track
    CHECK ((started_at IS NULL) = (ended_at IS NULL)),
    CHECK (ended_at >= started_at),
    UNIQUE (reserve_id, content_sha256)
);
CREATE INDEX patrol_track_line ON patrol_track USING gist (line);
CREATE INDEX patrol_track_time ON patrol_track (reserve_id, started_at);

-- The base map: what was loaded, by kind, and its features as they came (WGS 84). Built into one file of tiles.
CREATE TABLE basemap_layer (
    reserve_id uuid NOT NULL REFERENCES reserve ON DELETE CASCADE,
    kind       text NOT NULL CHECK (kind IN ('river', 'lake', 'road', 'track', 'building', 'place', 'forest', 'contour')),
    name       text NOT NULL,                            -- as people call it: mostly the file's
    source     text NOT NULL,                            -- the file, or how it was derived
    loaded_at  timestamptz NOT NULL DEFAULT now(),
    features   integer NOT NULL,
    PRIMARY KEY (reserve_id, kind)
);
CREATE TABLE basemap_feature (
    reserve_id uuid NOT NULL,
    kind       text NOT NULL,
    geom       geometry(Geometry, 4326) NOT NULL,
    name       text,
    name_zh    text,
    class      text,                                     -- finer than the kind, where the file says: primary, path, town
    ele        real,                                     -- metres above the sea, of contours and peaks
    FOREIGN KEY (reserve_id, kind) REFERENCES basemap_layer ON DELETE CASCADE
);
CREATE INDEX basemap_feature_geom ON basemap_feature USING gist (geom);
CREATE INDEX basemap_feature_kind ON basemap_feature (reserve_id, kind);

-- `wanted` counts changes, `built` is the change that the file holds: they differ while a build is due.
CREATE TABLE basemap (
    reserve_id uuid PRIMARY KEY REFERENCES reserve ON DELETE CASCADE,
    wanted     bigint NOT NULL DEFAULT 1,
    built      bigint NOT NULL DEFAULT 0,
    failed     bigint,                                   -- the change at which building failed, and why
    reason     text,
    version    text,                                     -- of the file: a hash of its content; null: there is none
    bytes      bigint,
    bounds     double precision[],                       -- west, south, east, north in degrees
    max_zoom   integer,
    built_at   timestamptz
);
