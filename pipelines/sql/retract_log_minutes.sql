-- What takes off log_minutes what one batch added: sums are of 64 bits, so that 2^64 - n takes off n.
SELECT
    toStartOfMinute(event_time) AS bucket,
    source_type, product, category, service, scope, asset_id,
    toUInt64(0 - count()) AS events
FROM log_events
WHERE batch_id = {batch:String} AND event_time > now() - INTERVAL 14 DAY
GROUP BY bucket, source_type, product, category, service, scope, asset_id
ORDER BY ALL
