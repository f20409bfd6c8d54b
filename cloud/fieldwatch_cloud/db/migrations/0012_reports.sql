-- Weekly and monthly reports: what was made, what is waiting to be made, when, and for whom.

CREATE TABLE report (
    id           uuid PRIMARY KEY,
    reserve_id   uuid NOT NULL REFERENCES reserve ON DELETE CASCADE,
    kind         text NOT NULL CHECK (kind IN ('weekly', 'monthly')),
    first_day    date NOT NULL,                          -- local days of the reserve,
    last_day     date NOT NULL CHECK (last_day >= first_day), -- this one included
    since        timestamptz NOT NULL,                   -- the same as instants, by its time zone when it was asked for
    until        timestamptz NOT NULL CHECK (until > since),
    language     text NOT NULL CHECK (language IN ('en', 'zh')),
    asked_at     timestamptz NOT NULL DEFAULT clock_timestamp(),
    made_by      uuid REFERENCES account ON DELETE SET NULL, -- null: the schedule
    due_at       timestamptz,                            -- when the schedule wanted it; null: only people asked for it
    mail         boolean NOT NULL DEFAULT false,         -- to the reserve's recipients, once it is made
    mailed_at    timestamptz,                            -- queued for them; never a second time
    state        text NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'making', 'made', 'failed')),
    progress     real NOT NULL DEFAULT 0 CHECK (progress BETWEEN 0 AND 1),
    attempts     smallint NOT NULL DEFAULT 0,
    leased_until timestamptz,                            -- somebody makes it; past: that process died
    failure      text,
    made_at      timestamptz,
    html_sha256  text,                                   -- files in `reports` of the media directory, by content
    pdf_sha256   text,
    html_bytes   integer,
    pdf_bytes    integer,
    pages        smallint,
    headlines    jsonb NOT NULL DEFAULT '[]',            -- sentences in its language: for the list, and for the mail
    software     text,                                   -- name and version that made it
    CHECK (state <> 'made' OR num_nulls(made_at, html_sha256, pdf_sha256, html_bytes, pdf_bytes, pages, software) = 0),
    -- One of each: whoever asks again has it made anew, and the schedule never makes it twice.
    UNIQUE (reserve_id, kind, first_day, last_day, language)
);
CREATE INDEX report_waiting ON report (asked_at) WHERE state IN ('waiting', 'making');

CREATE TABLE report_schedule (
    reserve_id      uuid PRIMARY KEY REFERENCES reserve ON DELETE CASCADE,
    weekly          boolean NOT NULL DEFAULT false,
    weekly_weekday  smallint NOT NULL DEFAULT 0 CHECK (weekly_weekday BETWEEN 0 AND 6), -- 0: Monday
    weekly_hour     smallint NOT NULL DEFAULT 6 CHECK (weekly_hour BETWEEN 0 AND 23),   -- local time of the reserve
    weekly_since    timestamptz NOT NULL DEFAULT now(),  -- in force since: nothing that was due before is made
    monthly         boolean NOT NULL DEFAULT false,
    monthly_day     smallint NOT NULL DEFAULT 1 CHECK (monthly_day BETWEEN 1 AND 28),
    monthly_hour    smallint NOT NULL DEFAULT 6 CHECK (monthly_hour BETWEEN 0 AND 23),
    monthly_since   timestamptz NOT NULL DEFAULT now(),
    languages       text[] NOT NULL DEFAULT '{en,zh}' CHECK (languages <@ '{en,zh}' AND cardinality(languages) > 0),
    changed_at      timestamptz NOT NULL DEFAULT now(),
    changed_by      uuid REFERENCES account ON DELETE SET NULL
);

CREATE TABLE report_recipient (
    reserve_id uuid NOT NULL REFERENCES reserve ON DELETE CASCADE,
    account_id uuid NOT NULL REFERENCES account ON DELETE CASCADE,
    PRIMARY KEY (reserve_id, account_id)
);

-- A report goes out through the same outbox and ledger as every call.
ALTER TABLE notification
    DROP CONSTRAINT notification_kind_check,
    ADD CONSTRAINT notification_kind_check
        CHECK (kind IN ('fire', 'escalation', 'update', 'undelivered', 'wildlife', 'test', 'report')),
    ADD COLUMN report_id uuid REFERENCES report ON DELETE CASCADE;
CREATE INDEX notification_report ON notification (report_id) WHERE report_id IS NOT NULL;
