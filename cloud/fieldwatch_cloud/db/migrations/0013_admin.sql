-- Administration in the browser: who changed what, links to set a password, and how long pictures are kept.

-- Every change of a setting or a person, as it was and as it is. Secrets never stand here.
CREATE TABLE admin_log (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at         timestamptz NOT NULL DEFAULT now(),
    account_id uuid REFERENCES account,                  -- who; null: a job, or somebody by a link
    reserve_id uuid REFERENCES reserve,                  -- null: of no reserve, for admins of all to read
    action     text NOT NULL,                            -- account.created, zone.changed, ...
    subject    text NOT NULL,                            -- the id of what was changed, and
    name       text NOT NULL,                            -- what it was called then
    before     jsonb,                                    -- of what changed alone; null: it was not there
    after      jsonb                                     -- null: it is gone
);
CREATE INDEX admin_log_reserve ON admin_log (reserve_id, id DESC);

CREATE FUNCTION admin_log_unalterable() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the record of administration cannot be altered';
END $$;
CREATE TRIGGER admin_log_unalterable BEFORE UPDATE OR DELETE ON admin_log
    FOR EACH ROW EXECUTE FUNCTION admin_log_unalterable();

-- A link by which a person sets a password, once. Of an account at most one is good.
CREATE TABLE password_link (
    account_id  uuid PRIMARY KEY REFERENCES account ON DELETE CASCADE,
    secret_hash bytea NOT NULL UNIQUE,                   -- SHA-256 of 256 random bits
    created_at  timestamptz NOT NULL DEFAULT now(),
    expires_at  timestamptz NOT NULL
);

-- Pictures that go after a while. No row: that kind is kept for ever.
CREATE TABLE retention_rule (
    reserve_id    uuid NOT NULL REFERENCES reserve ON DELETE CASCADE,
    kind          text NOT NULL CHECK (kind IN ('people', 'empty', 'unused')), -- see db/sql/retention.sql
    keep_days     integer NOT NULL CHECK (keep_days BETWEEN 1 AND 36500),      -- since they arrived
    labelled_too  boolean NOT NULL DEFAULT false,        -- also what a person has labelled
    set_by        uuid NOT NULL REFERENCES account,
    set_at        timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (reserve_id, kind)
);

-- What went. The row in `media` stays, and with it what was seen; only the picture is gone.
CREATE TABLE media_removal (
    media_id   uuid PRIMARY KEY,
    reserve_id uuid NOT NULL REFERENCES reserve,
    kind       text NOT NULL,                            -- of the rule, and
    keep_days  integer NOT NULL,                         -- its days at that time
    removed_at timestamptz NOT NULL DEFAULT now(),
    bytes      integer NOT NULL,
    sha256     text NOT NULL,
    file_gone  boolean NOT NULL DEFAULT false            -- false: the store has not been told yet
);
CREATE INDEX media_removal_reserve ON media_removal (reserve_id, removed_at DESC);
CREATE INDEX media_removal_file ON media_removal (media_id) WHERE NOT file_gone;
-- One file may be the picture of several rows: it goes with the last of them.
CREATE INDEX media_file ON media USING hash (sha256);

-- Why a job's last run failed; gone after one that came to its end.
CREATE TABLE job_failure (
    name   text PRIMARY KEY,
    at     timestamptz NOT NULL,
    reason text NOT NULL
);

-- What a picture shows, as far as it matters for how long it is kept: by the newest word of a person, else by the
-- models'. 'people': somebody, or a vehicle, perhaps beside animals. 'empty': nothing at all. 'unused': no record
-- speaks of it. Null: animals, what no model knew, fire.
CREATE FUNCTION picture_kind(picture uuid) RETURNS text LANGUAGE sql STABLE AS $$
    SELECT CASE
        WHEN said.revision IS NOT NULL THEN CASE
            WHEN EXISTS (SELECT FROM label l WHERE l.media_id = picture AND l.revision = said.revision
                                               AND l.observation_type IN ('human', 'vehicle')) THEN 'people'
            WHEN NOT EXISTS (SELECT FROM label l WHERE l.media_id = picture AND l.revision = said.revision) THEN 'empty'
        END
        WHEN EXISTS (SELECT FROM observation o WHERE o.media_id = picture
                                                 AND o.observation_type IN ('human', 'vehicle')) THEN 'people'
        WHEN EXISTS (SELECT FROM observation o WHERE o.media_id = picture AND o.observation_type <> 'blank') THEN NULL
        WHEN EXISTS (SELECT FROM observation o WHERE o.media_id = picture) THEN 'empty'
        ELSE 'unused'
    END
    FROM (SELECT max(r.revision) AS revision FROM label_revision r WHERE r.media_id = picture) said
$$;

CREATE INDEX suspicion_before ON suspicion (before_media_id) WHERE before_media_id IS NOT NULL;
CREATE INDEX suspicion_clip ON suspicion (clip_media_id) WHERE clip_media_id IS NOT NULL;

-- Whether an incident rests on it. Such a picture is kept whatever the rules say.
CREATE FUNCTION is_evidence(picture uuid) RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT EXISTS (SELECT FROM suspicion s WHERE s.media_id = picture)
        OR EXISTS (SELECT FROM suspicion s WHERE s.before_media_id = picture)
        OR EXISTS (SELECT FROM suspicion s WHERE s.clip_media_id = picture)
$$;
