-- Every suppression within the reader's scope, standing ones first, with how many alerts it hides now.
SELECT
    suppression_id, standing, level,
    if({language:String} = 'zh' AND rule_title_zh != '', rule_title_zh, suppressions.rule_title) AS rule_title,
    field_names, field_values, owner, reason, toDateTime64(until, 3, 'UTC') AS until, alert_id,
    hidden.alerts AS hidden
FROM suppressions
LEFT JOIN (
    SELECT suppression_id AS hiding, count() AS alerts
    FROM queued_alerts
    WHERE suppression_id != '' AND state != 'closed'
      AND (scope = {scope:String} OR startsWith(scope, concat({scope:String}, '/')))
    GROUP BY hiding
) AS hidden ON suppressions.suppression_id = hidden.hiding
WHERE (scope = {scope:String} OR startsWith(scope, concat({scope:String}, '/')))
ORDER BY standing, suppressions.until, suppression_id
LIMIT 1000
