-- Matches are facts and never change; what people do with them is in audit_events; `alerts` shows both.

CREATE TABLE alert_matches (
    alert_id                String,                                            -- hash of rule, rule version and events
    rule_id                 String,                                            -- the rule's own id
    rule_version            String,                                            -- hash of the rule's content
    rule_title              String,
    rule_title_zh           String,                                            -- '' where the rule has none
    rule_path               String,
    level                   LowCardinality(String),                            -- informational, low, medium, high, critical
    severity                UInt8,                                             -- 1 informational .. 5 critical, for sorting
    tags                    Array(LowCardinality(String)),                     -- attack.t1110, ...
    event_class             LowCardinality(String),                            -- GB/T 20986-2023 code, or ''
    event_table             LowCardinality(String),                            -- network_flows or log_events
    event_ids               Array(String),
    matched_fields          Map(LowCardinality(String), String),               -- what the rule looked at, as seen in the event
    source                  LowCardinality(String),
    scope                   LowCardinality(String),
    asset_id                LowCardinality(String),
    host                    LowCardinality(String),
    user                    String,
    source_ip               String,
    destination_ip          String,
    first_seen              DateTime64(6, 'UTC'),                              -- event time of the first event
    last_seen               DateTime64(6, 'UTC'),
    arrived_at              DateTime64(3, 'UTC'),                              -- arrival of the event that completed it
    detected_at             DateTime64(3, 'UTC') DEFAULT now64(3, 'UTC')
)
ENGINE = ReplacingMergeTree
PARTITION BY toYYYYMM(first_seen)
ORDER BY alert_id
SETTINGS non_replicated_deduplication_window = 10000;

CREATE VIEW alerts AS
SELECT
    matches.*,
    if(steps.state = '', 'new', steps.state) AS state,
    steps.verdict AS verdict,
    steps.actor AS last_actor,
    if(steps.state = '', toDateTime64(matches.detected_at, 6, 'UTC'), steps.updated_at) AS updated_at
FROM (SELECT * FROM alert_matches FINAL) AS matches
LEFT JOIN (
    SELECT
        object_id,
        argMax(audit_events.state, seq) AS state,
        argMax(audit_events.verdict, seq) AS verdict,
        argMax(actor, seq) AS actor,
        max(event_time) AS updated_at
    FROM audit_events
    WHERE object_type = 'alert' AND audit_events.state != ''
    GROUP BY object_id
) AS steps ON matches.alert_id = steps.object_id
SETTINGS join_use_nulls = 0;

-- Which batches a rule set has judged: a batch without a row here is still to be judged, however late it came.
CREATE TABLE judged_batches (
    ruleset_id              String,
    batch_id                String,
    judged_at               DateTime64(3, 'UTC') DEFAULT now64(3, 'UTC')
)
ENGINE = ReplacingMergeTree
ORDER BY (ruleset_id, batch_id)
SETTINGS non_replicated_deduplication_window = 10000;

CREATE TABLE detection_runs (
    run_id                  String,
    ruleset_id              String,
    started_at              DateTime64(3, 'UTC'),
    seconds                 Float64,
    events                  UInt64,
    rules                   UInt32,
    unusable                UInt32,
    alerts_new              UInt64
)
ENGINE = MergeTree
ORDER BY started_at
SETTINGS non_replicated_deduplication_window = 1000;
