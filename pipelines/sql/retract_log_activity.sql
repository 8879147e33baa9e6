-- What takes off log_activity what one batch added: sums are of 64 bits, so that 2^64 - n takes off n.
SELECT
    toStartOfFiveMinutes(event_time) AS bucket,
    source_type, product, category, service, host, scope, asset_id,
    toUInt64(0 - count()) AS events,
    max(ingested_at) AS last_ingested_at
FROM log_events
WHERE batch_id = {batch:String}
GROUP BY bucket, source_type, product, category, service, host, scope, asset_id
ORDER BY ALL
