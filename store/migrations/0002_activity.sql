-- Roll-ups that keep every page fast: what arrived, per five minutes. Filled by the inserts themselves.

CREATE TABLE log_activity (
    bucket                  DateTime('UTC'),                                   -- start of five minutes of event time
    source_type             LowCardinality(String),
    product                 LowCardinality(String),
    category                LowCardinality(String),
    service                 LowCardinality(String),
    host                    LowCardinality(String),
    scope                   LowCardinality(String),
    asset_id                LowCardinality(String),
    events                  SimpleAggregateFunction(sum, UInt64),
    last_ingested_at        SimpleAggregateFunction(max, DateTime64(3, 'UTC'))
)
ENGINE = AggregatingMergeTree
PARTITION BY toYYYYMM(bucket)
ORDER BY (scope, asset_id, source_type, product, category, service, host, bucket)
SETTINGS non_replicated_deduplication_window = 10000;

CREATE MATERIALIZED VIEW log_activity_feed TO log_activity AS
SELECT
    toStartOfFiveMinutes(event_time) AS bucket,
    source_type, product, category, service, host, scope, asset_id,
    count() AS events,
    max(ingested_at) AS last_ingested_at
FROM log_events
GROUP BY bucket, source_type, product, category, service, host, scope, asset_id;

CREATE TABLE flow_activity (
    bucket                  DateTime('UTC'),
    source_type             LowCardinality(String),
    sensor                  LowCardinality(String),
    scope                   LowCardinality(String),
    asset_id                LowCardinality(String),
    protocol                LowCardinality(String),
    application             LowCardinality(String),
    flows                   SimpleAggregateFunction(sum, UInt64),
    bytes_out               SimpleAggregateFunction(sum, UInt64),
    bytes_in                SimpleAggregateFunction(sum, UInt64),
    last_ingested_at        SimpleAggregateFunction(max, DateTime64(3, 'UTC'))
)
ENGINE = AggregatingMergeTree
PARTITION BY toYYYYMM(bucket)
ORDER BY (scope, asset_id, source_type, sensor, protocol, application, bucket)
SETTINGS non_replicated_deduplication_window = 10000;

CREATE MATERIALIZED VIEW flow_activity_feed TO flow_activity AS
SELECT
    toStartOfFiveMinutes(event_time) AS bucket,
    source_type, sensor, scope, asset_id, protocol, application,
    count() AS flows,
    sum(network_flows.bytes_out) AS bytes_out,
    sum(network_flows.bytes_in) AS bytes_in,
    max(ingested_at) AS last_ingested_at
FROM network_flows
GROUP BY bucket, source_type, sensor, scope, asset_id, protocol, application;
