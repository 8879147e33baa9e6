-- The roll-up as log_activity_feed fills it, from all stored rows.
INSERT INTO log_activity
SELECT
    toStartOfFiveMinutes(event_time) AS bucket,
    source_type, product, category, service, host, scope, asset_id,
    count() AS events,
    max(ingested_at) AS last_ingested_at
FROM log_events
GROUP BY bucket, source_type, product, category, service, host, scope, asset_id
SETTINGS insert_deduplicate = 0
