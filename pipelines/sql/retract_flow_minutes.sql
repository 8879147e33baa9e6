-- What takes off flow_minutes what one batch added: sums are of 64 bits, so that 2^64 - n takes off n.
SELECT
    toStartOfMinute(event_time) AS bucket,
    source_type, sensor, scope, asset_id, protocol, application,
    toUInt64(0 - count()) AS flows,
    toUInt64(0 - toInt64(sum(rows.bytes_out))) AS bytes_out,
    toUInt64(0 - toInt64(sum(rows.bytes_in))) AS bytes_in
FROM network_flows AS rows
WHERE batch_id = {batch:String} AND event_time > now() - INTERVAL 14 DAY
GROUP BY bucket, source_type, sensor, scope, asset_id, protocol, application
ORDER BY ALL
