-- Use on record (R42 to R46, R97, R103): who may use which data, who used it, and where it went.

CREATE TABLE data_grant_records (
    grant_id                String,
    subject                 String,                                            -- the account as the databases name it, `*` for any text
    datasets                Array(String),                                     -- names or patterns
    columns                 Array(String),                                     -- none: all
    legal_basis             LowCardinality(String),                            -- a key of the access policy
    purpose                 String,
    ticket                  String,
    valid_from              DateTime64(3, 'UTC'),
    valid_until             DateTime64(3, 'UTC'),
    rows_per_day            UInt64,                                            -- 0: without a bound
    export                  Bool,
    unmasked                Bool,
    requested_by            String,
    approved_by             String,                                            -- '' until somebody does
    origin                  LowCardinality(String),                            -- file, or desk
    removed                 Bool DEFAULT false,
    updated_at              DateTime64(3, 'UTC') DEFAULT now64(3, 'UTC')
)
ENGINE = ReplacingMergeTree(updated_at)
ORDER BY grant_id
SETTINGS non_replicated_deduplication_window = 1000;

-- Grants with where they stand: proposed, approved, refused, revoked. What a file brings was approved outside.
CREATE VIEW data_grants AS
SELECT
    grants.* EXCEPT (removed, approved_by),
    if(steps.state != '', steps.state, if(grants.origin = 'file', 'approved', 'proposed')) AS state,
    if(steps.state = 'approved', steps.actor, grants.approved_by) AS approved_by,
    steps.actor AS last_actor
FROM (SELECT * FROM data_grant_records FINAL WHERE NOT removed) AS grants
LEFT JOIN (
    SELECT object_id, argMax(audit_events.state, seq) AS state, argMax(actor, seq) AS actor
    FROM audit_events
    WHERE object_type = 'grant' AND audit_events.state != ''
    GROUP BY object_id
) AS steps ON grants.grant_id = steps.object_id
SETTINGS join_use_nulls = 0;

-- One row per statement and data set that it used, from the audit logs of databases and from access records.
CREATE TABLE data_accesses (
    access_id               String,                                            -- the event and the data set
    event_id                String,                                            -- in log_events
    event_time              DateTime64(6, 'UTC'),
    arrived_at              DateTime64(3, 'UTC'),                              -- arrival of the event
    account                 String,
    source_ip               String,
    service                 LowCardinality(String),                            -- clickhouse, mysql, postgresql, ...
    action                  LowCardinality(String),                            -- read, write, export, define
    dataset                 LowCardinality(String),
    columns                 Array(LowCardinality(String)),                     -- `*`: all
    rows                    UInt64,                                            -- as far as the log says
    ticket                  String,
    purpose                 String,
    statement_hash          UInt64,                                            -- of the statement without its literals
    parsed                  Bool,                                              -- false: told by the names of tables only
    scope                   LowCardinality(String),
    asset_id                LowCardinality(String),
    recorded_at             DateTime64(3, 'UTC') DEFAULT now64(3, 'UTC')
)
ENGINE = ReplacingMergeTree
PARTITION BY toYYYYMM(event_time)
ORDER BY (event_time, access_id)
SETTINGS non_replicated_deduplication_window = 1000;

-- How far accesses have been drawn from the logs.
CREATE TABLE access_runs (
    started_at              DateTime64(3, 'UTC'),
    seen_until              DateTime64(3, 'UTC'),                              -- arrival of the newest event looked at
    events                  UInt64,
    accesses                UInt64,
    breaches                UInt64
)
ENGINE = MergeTree
ORDER BY started_at
SETTINGS non_replicated_deduplication_window = 1000;

-- Where columns came from and where they went: declared in the catalogue, or seen in a statement.
CREATE TABLE lineage_edges (
    from_dataset            String,
    from_column             String,                                            -- `*`: all
    to_dataset              String,
    to_column               String,
    kind                    LowCardinality(String),                            -- declared, or seen
    first_seen              SimpleAggregateFunction(min, DateTime64(6, 'UTC')),
    last_seen               SimpleAggregateFunction(max, DateTime64(6, 'UTC')),
    account                 SimpleAggregateFunction(anyLast, String),          -- who moved it last
    event_id                SimpleAggregateFunction(anyLast, String)           -- in log_events
)
ENGINE = AggregatingMergeTree
ORDER BY (to_dataset, to_column, from_dataset, from_column, kind)
SETTINGS non_replicated_deduplication_window = 1000;
