-- The alerts that pass the filters, most severe first, then newest first; empty filters let everything pass.
SELECT
    alert_id, level,
    if({language:String} = 'zh' AND rule_title_zh != '', rule_title_zh, alerts.rule_title) AS rule_title,
    host, asset_id, source_ip, destination_ip, user,
    length(event_ids) AS events, toDateTime64(last_seen, 3, 'UTC') AS last_seen,
    toDateTime64(detected_at, 3, 'UTC') AS detected_at, state, verdict, scope,
    count() OVER () AS total
FROM alerts
WHERE (scope = {scope:String} OR startsWith(scope, concat({scope:String}, '/')))
  AND (empty({levels:Array(String)}) OR has({levels:Array(String)}, level))
  AND (empty({states:Array(String)}) OR has({states:Array(String)}, state))
  AND ({sector:String} = '' OR asset_id IN (SELECT asset_id FROM monitored_assets WHERE sector = {sector:String}))
  AND ({asset:String} = '' OR asset_id = {asset:String})
  AND ({wanted:String} = '' OR positionCaseInsensitiveUTF8(
        concatWithSeparator('\n', alerts.rule_title, rule_title_zh, rule_id, alert_id, host, asset_id, user, source_ip, destination_ip,
                            arrayStringConcat(tags, '\n')),
        {wanted:String}) > 0)
ORDER BY severity DESC, last_seen DESC, alert_id
LIMIT {most:UInt32}
