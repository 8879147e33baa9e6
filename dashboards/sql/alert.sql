-- One alert, with everything that is known about it.
SELECT
    alert_id, rule_id,
    if({language:String} = 'zh' AND rule_title_zh != '', rule_title_zh, alerts.rule_title) AS rule_title,
    rule_path, level, severity, tags, event_class, event_table, event_ids,
    mapKeys(matched_fields) AS matched_names, mapValues(matched_fields) AS matched_values,
    source, scope, asset_id, host, user, source_ip, destination_ip,
    toDateTime64(first_seen, 3, 'UTC') AS first_seen, toDateTime64(last_seen, 3, 'UTC') AS last_seen,
    arrived_at, detected_at, state, verdict
FROM alerts
WHERE alert_id = {alert:String} AND (scope = {scope:String} OR startsWith(scope, concat({scope:String}, '/')))
