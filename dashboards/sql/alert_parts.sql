-- The alerts that a risk incident rests on, oldest first.
SELECT
    alert_id, level,
    if({language:String} = 'zh' AND rule_title_zh != '', rule_title_zh, alerts.rule_title) AS rule_title,
    toDateTime64(last_seen, 3, 'UTC') AS last_seen, state, verdict
FROM alerts
WHERE has({parts:Array(String)}, alert_id)
  AND (scope = {scope:String} OR startsWith(scope, concat({scope:String}, '/')))
ORDER BY alerts.last_seen, alert_id
LIMIT 200
