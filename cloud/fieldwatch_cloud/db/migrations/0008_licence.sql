-- Under which licence a reserve's records go out, and whose they are: in every export and its citation.

ALTER TABLE reserve
    ADD COLUMN licence text NOT NULL DEFAULT 'CC-BY-4.0' CHECK (licence IN ('CC-BY-4.0', 'CC-BY-NC-4.0', 'CC0-1.0')),
    ADD COLUMN rights_holder text;                       -- null: the reserve, by its name
