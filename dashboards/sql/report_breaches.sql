-- Uses of data in the period that no grant covered.
SELECT
    first_seen, if({language:String} = 'zh' AND rule_title_zh != '', rule_title_zh, rule_title) AS rule_title, level,
    user AS account, matched_fields['dataset'] AS dataset, matched_fields['columns'] AS columns,
    toUInt64OrZero(matched_fields['rows']) AS rows, matched_fields['grant_id'] AS grant_id, state, verdict
FROM alerts
WHERE source = 'data_access' AND detected_at >= {since:DateTime64(6, 'UTC')}
  AND detected_at < {until:DateTime64(6, 'UTC')}
  AND (scope = {scope:String} OR startsWith(scope, concat({scope:String}, '/')))
ORDER BY severity DESC, first_seen, alert_id
LIMIT 5000
