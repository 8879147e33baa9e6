-- What takes off flow_activity what one batch added: sums are of 64 bits, so that 2^64 - n takes off n.
SELECT
    toStartOfFiveMinutes(event_time) AS bucket,
    source_type, sensor, scope, asset_id, protocol, application,
    toUInt64(0 - count()) AS flows,
    toUInt64(0 - toInt64(sum(rows.bytes_out))) AS bytes_out,
    toUInt64(0 - toInt64(sum(rows.bytes_in))) AS bytes_in,
    max(ingested_at) AS last_ingested_at
FROM network_flows AS rows
WHERE batch_id = {batch:String}
GROUP BY bucket, source_type, sensor, scope, asset_id, protocol, application
ORDER BY ALL
