-- What the alerts of an incident rest on, oldest first.
SELECT
    alert_id, event_table, event_ids, source, alerts.scope AS scope, asset_id, host, alerts.user AS user, source_ip,
    destination_ip, first_seen, last_seen, detected_at AS ingested_at
FROM alerts
WHERE alert_id IN {ids:Array(String)}
ORDER BY last_seen, alert_id
