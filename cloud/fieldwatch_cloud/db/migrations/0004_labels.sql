-- What people say about kept pictures. A person's labels beat the model's; they are revisions, never altered.

CREATE TABLE label_revision (
    media_id   uuid NOT NULL,                            -- no foreign key: see "What nodes sent" in 0001
    revision   integer NOT NULL CHECK (revision >= 1),   -- of this picture; the highest is the current one
    account_id uuid NOT NULL REFERENCES account,
    at         timestamptz NOT NULL DEFAULT now(),
    origin     text NOT NULL CHECK (origin IN ('web', 'import')),
    PRIMARY KEY (media_id, revision)
);

-- One row per box. It carries what counting reads (place, time, what, how many), so that a person's word can
-- stand where a model's did without a join. A revision without rows says that the picture is blank.
CREATE TABLE label (
    media_id         uuid NOT NULL,
    revision         integer NOT NULL,
    number           integer NOT NULL,                   -- 0, 1, ... in the order in which they were given
    deployment_id    uuid NOT NULL,
    observed_at      timestamptz NOT NULL,               -- of the picture
    observation_type observation_type,
    fire_kind        text CHECK (fire_kind IN ('smoke', 'fire')),
    scientific_name  text,
    count            integer NOT NULL CHECK (count >= 1),
    box              real[] NOT NULL CHECK (cardinality(box) = 4), -- x, y, width, height as fractions
    account_id       uuid NOT NULL REFERENCES account,
    PRIMARY KEY (media_id, revision, number),
    FOREIGN KEY (media_id, revision) REFERENCES label_revision,
    CHECK (num_nonnulls(observation_type, fire_kind) = 1),
    CHECK (observation_type <> 'blank'),
    CHECK (scientific_name IS NULL OR observation_type IN ('animal', 'human'))
);
CREATE INDEX label_deployment_time ON label (deployment_id, observed_at);

CREATE VIEW current_label AS
SELECT * FROM label
WHERE revision = (SELECT max(newer.revision) FROM label_revision newer WHERE newer.media_id = label.media_id);

CREATE FUNCTION label_unalterable() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'labels are never altered: add a revision';
END $$;
CREATE TRIGGER label_revision_unalterable BEFORE UPDATE OR DELETE ON label_revision
    FOR EACH ROW EXECUTE FUNCTION label_unalterable();
CREATE TRIGGER label_unalterable BEFORE UPDATE OR DELETE ON label
    FOR EACH ROW EXECUTE FUNCTION label_unalterable();

-- What was proposed for a picture, and what was pictured first of each taxon at each deployment. Partial: most
-- observations have no picture, and pay nothing.
CREATE INDEX observation_media ON observation (media_id) WHERE media_id IS NOT NULL;
CREATE INDEX observation_pictured ON observation (deployment_id, scientific_name, observed_at, id)
    INCLUDE (media_id) WHERE media_id IS NOT NULL;
CREATE INDEX suspicion_media ON suspicion (media_id) WHERE media_id IS NOT NULL;

-- Intersection over union of two boxes (x, y, width, height); null where one is missing or both are empty.
CREATE FUNCTION box_iou(a real[], b real[]) RETURNS double precision LANGUAGE sql IMMUTABLE AS $$
    SELECT common / nullif(a[3] * a[4] + b[3] * b[4] - common, 0)
    FROM (SELECT greatest(0, least(a[1] + a[3], b[1] + b[3]) - greatest(a[1], b[1]))::float8
               * greatest(0, least(a[2] + a[4], b[2] + b[4]) - greatest(a[2], b[2])) AS common) overlap
$$;
