-- The alerts of one group, in order of time.
SELECT
    alert_id, level,
    if({language:String} = 'zh' AND rule_title_zh != '', rule_title_zh, queued_alerts.rule_title) AS rule_title,
    host, asset_id, source_ip, destination_ip, user, length(event_ids) AS events,
    toDateTime64(first_seen, 3, 'UTC') AS first_seen, toDateTime64(last_seen, 3, 'UTC') AS last_seen, state, verdict,
    suppression_id
FROM queued_alerts
WHERE alert_id IN ({alert_ids:Array(String)}) AND (scope = {scope:String} OR startsWith(scope, concat({scope:String}, '/')))
ORDER BY queued_alerts.first_seen, alert_id
