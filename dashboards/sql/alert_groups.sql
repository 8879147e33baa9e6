-- The queue: alerts of one rule and entity are one row, until a gap longer than the window; most severe first, then newest.
-- Where groups begin and end is a matter of all alerts of the scope; counted and shown are those that pass the filters.
SELECT
    argMax(each.alert_id, (each.severity, each.last_seen, each.alert_id)) AS alert_id,
    argMax(each.level, each.severity) AS level,
    if({language:String} = 'zh' AND any(each.rule_title_zh) != '', any(each.rule_title_zh), any(each.rule_title)) AS rule_title,
    count() AS alerts,
    sum(each.events) AS events,
    toDateTime64(min(each.first_seen), 3, 'UTC') AS first_seen,
    toDateTime64(max(each.last_seen), 3, 'UTC') AS last_seen,
    multiIf(countIf(each.state = 'new') > 0, 'new', countIf(each.state = 'acknowledged') > 0, 'acknowledged', 'closed') AS state,
    if(uniqExact(each.verdict) = 1, any(each.verdict), '') AS verdict,
    countIf(each.hidden) AS suppressed,
    -- One value as it is; of several one, and how many others there are.
    concat(any(each.asset_id), if(uniqExact(each.asset_id) > 1, concat(' +', toString(uniqExact(each.asset_id) - 1)), '')) AS asset_id,
    concat(any(each.host), if(uniqExact(each.host) > 1, concat(' +', toString(uniqExact(each.host) - 1)), '')) AS host,
    concat(any(each.user), if(uniqExact(each.user) > 1, concat(' +', toString(uniqExact(each.user) - 1)), '')) AS user,
    concat(any(each.source_ip), if(uniqExact(each.source_ip) > 1, concat(' +', toString(uniqExact(each.source_ip) - 1)), '')) AS source_ip,
    concat(any(each.destination_ip), if(uniqExact(each.destination_ip) > 1, concat(' +', toString(uniqExact(each.destination_ip) - 1)), '')) AS destination_ip,
    groupArraySorted(500)((each.first_seen, each.alert_id)).2 AS alert_ids,
    count() OVER () AS total
FROM (
    SELECT
        gaps.*,
        sum(gaps.starts) OVER (
            PARTITION BY rule_id, entity ORDER BY first_seen, alert_id ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
        ) AS number
    FROM (
        SELECT
            alert_id, rule_id, rule_title, rule_title_zh, level, severity, asset_id, host, user, source_ip, destination_ip,
            first_seen, last_seen, state, verdict, length(event_ids) AS events,
            suppression_id != '' AND state != 'closed' AS hidden,
            multiIf(
                asset_id != '', concat('asset_id:', asset_id),
                host != '', concat('host:', host),
                source_ip != '', concat('source_ip:', source_ip),
                destination_ip != '', concat('destination_ip:', destination_ip),
                concat('alert_id:', alert_id)
            ) AS entity,
            toUnixTimestamp64Micro(first_seen) > {window:UInt32} * 1000000 + max(toUnixTimestamp64Micro(last_seen)) OVER (
                PARTITION BY rule_id, entity ORDER BY first_seen, alert_id ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
            ) AS starts,
            (empty({levels:Array(String)}) OR has({levels:Array(String)}, level))
            AND (empty({states:Array(String)}) OR has({states:Array(String)}, state))
            AND ({sector:String} = '' OR asset_id IN (SELECT asset_id FROM monitored_assets WHERE sector = {sector:String}))
            AND ({asset:String} = '' OR asset_id = {asset:String})
            AND ({wanted:String} = '' OR positionCaseInsensitiveUTF8(
                concatWithSeparator('\n', rule_title, rule_title_zh, rule_id, alert_id, host, asset_id, user, source_ip,
                                    destination_ip, arrayStringConcat(tags, '\n')),
                {wanted:String}) > 0) AS passes
        FROM queued_alerts
        WHERE (scope = {scope:String} OR startsWith(scope, concat({scope:String}, '/')))
          AND ({member:String} = '' OR rule_id IN (SELECT rule_id FROM alert_matches WHERE alert_id = {member:String}))
    ) AS gaps
) AS each
WHERE each.passes AND ({suppressed:UInt8} OR NOT each.hidden)
GROUP BY each.rule_id, each.entity, each.number
HAVING {member:String} = '' OR countIf(each.alert_id = {member:String}) > 0
ORDER BY max(each.severity) DESC, last_seen DESC, alert_id
LIMIT {most:UInt32}
