-- The roll-up as flow_activity_feed fills it, from all stored rows.
INSERT INTO flow_activity
SELECT
    toStartOfFiveMinutes(event_time) AS bucket,
    source_type, sensor, scope, asset_id, protocol, application,
    count() AS flows,
    sum(network_flows.bytes_out) AS bytes_out,
    sum(network_flows.bytes_in) AS bytes_in,
    max(ingested_at) AS last_ingested_at
FROM network_flows
GROUP BY bucket, source_type, sensor, scope, asset_id, protocol, application
SETTINGS insert_deduplicate = 0
