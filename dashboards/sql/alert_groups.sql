-- The queue: alerts of one rule and entity are one row, until a gap longer than the window; most severe first, then newest.
-- Where groups begin and end is a matter of all alerts of the scope; counted and shown are those that pass the filters.
-- The row's own fields are those of its worst alert, the newest of them.
SELECT
    worst.1 AS alert_id, worst.2 AS level, worst.3 AS rule_title, alerts, events, found.first_seen AS first_seen,
    found.last_seen AS last_seen, state, verdict, suppressed, worst.4 AS asset_id, worst.5 AS host, worst.6 AS user,
    worst.7 AS source_ip, worst.8 AS destination_ip, arraySort(children) AS alert_ids, total
FROM (
    SELECT
        argMax(
            (each.alert_id, each.level, each.title, each.asset_id, each.host, each.user, each.source_ip, each.destination_ip),
            -- One number, severity before time (microseconds need 51 bits): twice as fast as a tuple of both.
            bitShiftLeft(toUInt64(each.severity), 56) + toUnixTimestamp64Micro(each.last_seen)
        ) AS worst,
        max(each.severity) AS severity,
        count() AS alerts,
        sum(each.events) AS events,
        toDateTime64(min(each.first_seen), 3, 'UTC') AS first_seen,
        toDateTime64(max(each.last_seen), 3, 'UTC') AS last_seen,
        multiIf(countIf(each.state = 'new') > 0, 'new', countIf(each.state = 'acknowledged') > 0, 'acknowledged', 'closed') AS state,
        if(min(each.verdict) = max(each.verdict), min(each.verdict), '') AS verdict,
        countIf(each.hidden) AS suppressed,
        groupArray(500)(each.alert_id) AS children,
        count() OVER () AS total
    FROM (
        SELECT
            gaps.*,
            sum(gaps.starts) OVER (
                PARTITION BY about ORDER BY first_seen, alert_id ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
            ) AS number
        FROM (
            SELECT
                alert_id, level, severity, asset_id, host, user, source_ip, destination_ip,
                if({language:String} = 'zh' AND rule_title_zh != '', rule_title_zh, rule_title) AS title,
                first_seen, last_seen, state, verdict, length(event_ids) AS events,
                suppression_id != '' AND state != 'closed' AS hidden,
                multiIf(
                    asset_id != '', sipHash128(rule_id, 'asset_id', asset_id),
                    host != '', sipHash128(rule_id, 'host', host),
                    source_ip != '', sipHash128(rule_id, 'source_ip', source_ip),
                    destination_ip != '', sipHash128(rule_id, 'destination_ip', destination_ip),
                    sipHash128(rule_id, 'alert_id', alert_id)
                ) AS about,
                toUnixTimestamp64Micro(first_seen) > {window:UInt32} * 1000000 + max(toUnixTimestamp64Micro(last_seen)) OVER (
                    PARTITION BY about ORDER BY first_seen, alert_id ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
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
    GROUP BY each.about, each.number
    HAVING {member:String} = '' OR countIf(each.alert_id = {member:String}) > 0
    ORDER BY severity DESC, last_seen DESC, worst.1
    LIMIT {most:UInt32}
) AS found
ORDER BY severity DESC, found.last_seen DESC, alert_id
