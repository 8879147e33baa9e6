-- The minutes as their feeds fill them, of the stored rows that minutes are kept for.
INSERT INTO log_minutes
SELECT toStartOfMinute(event_time) AS bucket, source_type, product, category, service, scope, asset_id, count() AS events
FROM log_events
WHERE event_time > now() - INTERVAL 14 DAY
GROUP BY bucket, source_type, product, category, service, scope, asset_id
SETTINGS insert_deduplicate = 0
