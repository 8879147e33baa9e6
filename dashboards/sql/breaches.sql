-- Uses of data that no grant covered, newest first: alerts of the checks of data accesses.
SELECT
    alert_id, level, if({language:String} = 'zh' AND rule_title_zh != '', rule_title_zh, rule_title) AS rule_title,
    user AS account, matched_fields['dataset'] AS dataset, matched_fields['columns'] AS columns,
    matched_fields['rows'] AS rows, matched_fields['grant_id'] AS grant_id, source_ip, first_seen, state, verdict
FROM alerts
WHERE matched_fields['check'] != '' AND (source = 'data_access')
  AND (scope = {scope:String} OR startsWith(scope, concat({scope:String}, '/')))
ORDER BY state = 'closed', severity DESC, first_seen DESC, alert_id
LIMIT 1000
