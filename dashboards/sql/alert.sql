-- One alert, with everything that is known about it.
SELECT
    alerts.alert_id AS alert_id, rule_id,
    if({language:String} = 'zh' AND rule_title_zh != '', rule_title_zh, alerts.rule_title) AS rule_title,
    rule_path, rule_version, level, severity, tags, event_class, event_table, event_ids,
    mapKeys(matched_fields) AS matched_names, mapValues(matched_fields) AS matched_values,
    source, scope, asset_id, host, user, source_ip, destination_ip,
    toDateTime64(first_seen, 3, 'UTC') AS first_seen, toDateTime64(last_seen, 3, 'UTC') AS last_seen,
    arrived_at, detected_at, state, verdict,
    recorded.grounds AS grounds
FROM alerts
LEFT JOIN (
    SELECT alert_id, argMax(grounds, recorded_at) AS grounds FROM alert_grounds WHERE alert_id = {alert:String} GROUP BY alert_id
) AS recorded ON alerts.alert_id = recorded.alert_id
WHERE alerts.alert_id = {alert:String} AND (scope = {scope:String} OR startsWith(scope, concat({scope:String}, '/')))
