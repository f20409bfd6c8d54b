-- Data sets of others, beside one's own; and species whose places are not told to everybody.

CREATE TABLE dataset (
    id                uuid PRIMARY KEY,                  -- from the reserve and the package's own id: again is the same
    reserve_id        uuid NOT NULL REFERENCES reserve,
    name              text NOT NULL,
    descriptor        json NOT NULL,                     -- datapackage.json as it came; jsonb would reorder it
    tables            json NOT NULL,                     -- {"deployments": ["deploymentID", ...], ...}: their columns
    digest            text NOT NULL,                     -- of descriptor and rows: whether it is the same once more
    licence           text,
    citation          text,
    effort_from_dates boolean NOT NULL,                  -- nobody said when the cameras really looked
    imported_at       timestamptz NOT NULL DEFAULT now(),
    account_id        uuid REFERENCES account            -- null: from the command line
);
CREATE INDEX dataset_reserve ON dataset (reserve_id);

-- Every row of the three tables that was kept, cell by cell as it was written: what our columns do not hold goes
-- out again as it came.
CREATE TABLE dataset_row (
    dataset_id uuid NOT NULL REFERENCES dataset ON DELETE CASCADE,
    resource   text NOT NULL CHECK (resource IN ('deployments', 'media', 'observations')),
    number     integer NOT NULL,                         -- the order in which they came
    record_id  uuid NOT NULL,                            -- of our deployment, media or observation, where it has one
    cells      text[] NOT NULL,
    PRIMARY KEY (dataset_id, resource, number)
);
CREATE INDEX dataset_row_record ON dataset_row (record_id);

-- Tables beyond the three that the package carried as files.
CREATE TABLE dataset_file (
    dataset_id uuid NOT NULL REFERENCES dataset ON DELETE CASCADE,
    path       text NOT NULL,
    content    bytea NOT NULL,
    PRIMARY KEY (dataset_id, path)
);

-- Media of data sets: most lie elsewhere. Those that came along have a row in `media` by the same id as well.
CREATE TABLE dataset_media (
    id            uuid PRIMARY KEY,
    dataset_id    uuid NOT NULL REFERENCES dataset ON DELETE CASCADE,
    deployment_id uuid NOT NULL,
    observed_at   timestamptz NOT NULL,
    mime          text NOT NULL,
    path          text NOT NULL,                         -- address, or path within the package
    public        boolean NOT NULL
);
CREATE INDEX dataset_media_dataset ON dataset_media (dataset_id);

-- A deployment is a node's, or a data set's; one of a data set is over, and nobody hears from it.
ALTER TABLE deployment
    ALTER node_id DROP NOT NULL,
    ADD COLUMN dataset_id uuid REFERENCES dataset,
    ADD COLUMN coordinate_uncertainty_m real CHECK (coordinate_uncertainty_m > 0), -- as the data set says
    ADD CONSTRAINT deployment_of_node_or_dataset CHECK (num_nonnulls(node_id, dataset_id) = 1),
    ADD CONSTRAINT deployment_of_dataset_is_over CHECK (dataset_id IS NULL OR ended_at IS NOT NULL);
CREATE INDEX deployment_dataset ON deployment (dataset_id) WHERE dataset_id IS NOT NULL;

-- A data set goes as a whole (db.datasets.remove, which takes what refers to its deployments along).
CREATE OR REPLACE FUNCTION deployment_kept() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.dataset_id IS NOT NULL THEN
        RETURN OLD;
    END IF;
    RAISE EXCEPTION 'deployments are never deleted: observations refer to them; end them instead';
END $$;

-- Sensitive species --------------------------------------------------------------------------------

CREATE TABLE sensitive_species (
    reserve_id      uuid NOT NULL REFERENCES reserve ON DELETE CASCADE,
    scientific_name text NOT NULL,                       -- a genus stands for its species, a species for its subspecies
    blur_m          integer NOT NULL CHECK (blur_m BETWEEN 100 AND 100000),
    PRIMARY KEY (reserve_id, scientific_name)
);

-- As fieldwatch_cloud.sensitive.Sensitive.blur_m.
CREATE FUNCTION is_sensitive(of_reserve uuid, name text) RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT EXISTS (
        SELECT FROM sensitive_species s
        WHERE s.reserve_id = of_reserve
          AND (lower(name) = lower(s.scientific_name) OR starts_with(lower(name), lower(s.scientific_name) || ' '))
    )
$$;

-- Whether a picture shows one, by a model's or a person's word, old or new: then its background tells the place.
-- Not where an alert told of it: who writes a rule for a sensitive species has decided who needs to know.
CREATE FUNCTION shows_sensitive(of_reserve uuid, picture uuid) RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT EXISTS (SELECT FROM sensitive_species s WHERE s.reserve_id = of_reserve) AND (
        EXISTS (
            SELECT FROM observation o
            WHERE o.media_id = picture AND is_sensitive(of_reserve, o.scientific_name)
              AND NOT EXISTS (SELECT FROM alert a WHERE a.observation_id = o.id)
        ) OR EXISTS (
            SELECT FROM label l WHERE l.media_id = picture AND is_sensitive(of_reserve, l.scientific_name)
        )
    )
$$;
