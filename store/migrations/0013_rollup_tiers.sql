-- Tiers of roll-ups beside the five minutes of log_activity and flow_activity: a minute for what happens now, kept two
-- weeks, and an hour for what is compared over months. Hours are fed by the five minutes, so that both always agree.

CREATE TABLE log_minutes (
    bucket                  DateTime('UTC'),
    source_type             LowCardinality(String),
    product                 LowCardinality(String),
    category                LowCardinality(String),
    service                 LowCardinality(String),
    scope                   LowCardinality(String),
    asset_id                LowCardinality(String),
    events                  SimpleAggregateFunction(sum, UInt64)
)
ENGINE = AggregatingMergeTree
PARTITION BY toYYYYMM(bucket)
ORDER BY (bucket, scope, asset_id, source_type, product, category, service)
TTL bucket + INTERVAL 14 DAY
SETTINGS non_replicated_deduplication_window = 10000;

CREATE MATERIALIZED VIEW dns_queries_minutes_feed TO log_minutes AS
SELECT toStartOfMinute(event_time) AS bucket, source_type, product, category, service, scope, asset_id, count() AS events
FROM dns_queries
GROUP BY bucket, source_type, product, category, service, scope, asset_id;

CREATE MATERIALIZED VIEW http_requests_minutes_feed TO log_minutes AS
SELECT toStartOfMinute(event_time) AS bucket, source_type, product, category, service, scope, asset_id, count() AS events
FROM http_requests
GROUP BY bucket, source_type, product, category, service, scope, asset_id;

CREATE MATERIALIZED VIEW tls_handshakes_minutes_feed TO log_minutes AS
SELECT toStartOfMinute(event_time) AS bucket, source_type, product, category, service, scope, asset_id, count() AS events
FROM tls_handshakes
GROUP BY bucket, source_type, product, category, service, scope, asset_id;

CREATE MATERIALIZED VIEW ics_operations_minutes_feed TO log_minutes AS
SELECT toStartOfMinute(event_time) AS bucket, source_type, product, category, service, scope, asset_id, count() AS events
FROM ics_operations
GROUP BY bucket, source_type, product, category, service, scope, asset_id;

CREATE MATERIALIZED VIEW syslog_messages_minutes_feed TO log_minutes AS
SELECT toStartOfMinute(event_time) AS bucket, source_type, product, category, service, scope, asset_id, count() AS events
FROM syslog_messages
GROUP BY bucket, source_type, product, category, service, scope, asset_id;

CREATE MATERIALIZED VIEW linux_audit_records_minutes_feed TO log_minutes AS
SELECT toStartOfMinute(event_time) AS bucket, source_type, product, category, service, scope, asset_id, count() AS events
FROM linux_audit_records
GROUP BY bucket, source_type, product, category, service, scope, asset_id;

CREATE MATERIALIZED VIEW log_event_records_minutes_feed TO log_minutes AS
SELECT toStartOfMinute(event_time) AS bucket, source_type, product, category, service, scope, asset_id, count() AS events
FROM log_event_records
GROUP BY bucket, source_type, product, category, service, scope, asset_id;

CREATE TABLE log_hours (
    bucket                  DateTime('UTC'),
    source_type             LowCardinality(String),
    product                 LowCardinality(String),
    category                LowCardinality(String),
    service                 LowCardinality(String),
    host                    LowCardinality(String),
    scope                   LowCardinality(String),
    asset_id                LowCardinality(String),
    events                  SimpleAggregateFunction(sum, UInt64)
)
ENGINE = AggregatingMergeTree
PARTITION BY toYYYYMM(bucket)
ORDER BY (scope, asset_id, source_type, product, category, service, host, bucket)
SETTINGS non_replicated_deduplication_window = 10000;

CREATE MATERIALIZED VIEW log_hours_feed TO log_hours AS
SELECT toStartOfHour(log_activity.bucket) AS bucket, source_type, product, category, service, host, scope, asset_id, sum(log_activity.events) AS events
FROM log_activity
GROUP BY bucket, source_type, product, category, service, host, scope, asset_id;

CREATE TABLE flow_minutes (
    bucket                  DateTime('UTC'),
    source_type             LowCardinality(String),
    sensor                  LowCardinality(String),
    scope                   LowCardinality(String),
    asset_id                LowCardinality(String),
    protocol                LowCardinality(String),
    application             LowCardinality(String),
    flows                   SimpleAggregateFunction(sum, UInt64),
    bytes_out               SimpleAggregateFunction(sum, UInt64),
    bytes_in                SimpleAggregateFunction(sum, UInt64)
)
ENGINE = AggregatingMergeTree
PARTITION BY toYYYYMM(bucket)
ORDER BY (bucket, scope, asset_id, source_type, sensor, protocol, application)
TTL bucket + INTERVAL 14 DAY
SETTINGS non_replicated_deduplication_window = 10000;

CREATE MATERIALIZED VIEW flow_minutes_feed TO flow_minutes AS
SELECT
    toStartOfMinute(event_time) AS bucket, source_type, sensor, scope, asset_id, protocol, application,
    count() AS flows,
    sum(network_flows.bytes_out) AS bytes_out,
    sum(network_flows.bytes_in) AS bytes_in
FROM network_flows
GROUP BY bucket, source_type, sensor, scope, asset_id, protocol, application;

CREATE TABLE flow_hours (
    bucket                  DateTime('UTC'),
    source_type             LowCardinality(String),
    sensor                  LowCardinality(String),
    scope                   LowCardinality(String),
    asset_id                LowCardinality(String),
    protocol                LowCardinality(String),
    application             LowCardinality(String),
    flows                   SimpleAggregateFunction(sum, UInt64),
    bytes_out               SimpleAggregateFunction(sum, UInt64),
    bytes_in                SimpleAggregateFunction(sum, UInt64)
)
ENGINE = AggregatingMergeTree
PARTITION BY toYYYYMM(bucket)
ORDER BY (scope, asset_id, source_type, sensor, protocol, application, bucket)
SETTINGS non_replicated_deduplication_window = 10000;

CREATE MATERIALIZED VIEW flow_hours_feed TO flow_hours AS
SELECT
    toStartOfHour(flow_activity.bucket) AS bucket, source_type, sensor, scope, asset_id, protocol, application,
    sum(flow_activity.flows) AS flows,
    sum(flow_activity.bytes_out) AS bytes_out,
    sum(flow_activity.bytes_in) AS bytes_in
FROM flow_activity
GROUP BY bucket, source_type, sensor, scope, asset_id, protocol, application;
