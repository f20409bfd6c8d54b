-- Deployments that move: a flight's pictures have each their own place, and nobody stood anywhere.

ALTER TABLE deployment ADD COLUMN moves boolean NOT NULL DEFAULT false;

-- Cameras that stand somewhere: whoever counts, watches over or exports cameras reads these.
CREATE VIEW standing AS SELECT * FROM deployment WHERE NOT moves;

-- Where a picture was taken from (`media`; of a picture in which nothing was seen, which is not kept, its blank
-- observation), and where an animal stood (`observation`).
CREATE TABLE place (
    id                uuid PRIMARY KEY,                  -- of the media or the observation
    kind              text NOT NULL CHECK (kind IN ('media', 'blank', 'observation')),
    deployment_id     uuid NOT NULL REFERENCES deployment,
    location          geometry(Point, 4326) NOT NULL,
    sd_m              real NOT NULL CHECK (sd_m >= 0),
    altitude_m        real,                              -- above the sea, as the receiver said it
    height_m          real,                              -- above the ground
    heading_deg       real,
    tilt_deg          real,
    field_of_view_deg real,
    aspect            real                               -- width over height of the picture
);
CREATE INDEX place_deployment ON place (deployment_id, kind);
CREATE INDEX place_location ON place USING gist (location);
