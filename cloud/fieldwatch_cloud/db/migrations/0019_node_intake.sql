-- What each node brought in a day, and what was refused because that was more than a day's share: a stolen node must
-- not fill the disk of all others.

CREATE TABLE node_intake (
    node_id       text NOT NULL,                         -- as its topics say: of what is no node's it is counted too
    day           date NOT NULL,                         -- UTC, of arrival
    share         text NOT NULL CHECK (share IN ('records', 'pictures', 'fires', 'quarantine')),
    messages      bigint NOT NULL,
    bytes         bigint NOT NULL,
    refused       bigint NOT NULL DEFAULT 0,             -- messages; a node sends them again, so each may count often
    refused_since timestamptz,
    PRIMARY KEY (node_id, day, share)
);
CREATE INDEX node_intake_refused ON node_intake (day) WHERE refused > 0;
