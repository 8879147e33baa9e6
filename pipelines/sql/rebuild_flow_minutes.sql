-- The minutes as their feed fills them, of the stored rows that minutes are kept for.
INSERT INTO flow_minutes
SELECT
    toStartOfMinute(event_time) AS bucket, source_type, sensor, scope, asset_id, protocol, application,
    count() AS flows,
    sum(network_flows.bytes_out) AS bytes_out,
    sum(network_flows.bytes_in) AS bytes_in
FROM network_flows
WHERE event_time > now() - INTERVAL 14 DAY
GROUP BY bucket, source_type, sensor, scope, asset_id, protocol, application
SETTINGS insert_deduplicate = 0
