-- What each kind of source delivered: how much, the newest event, the last arrival and how long ago that was.
SELECT
    kind, source_type, branch_amount AS amount, branch_recent AS recent,
    toDateTime64(newest, 3, 'UTC') AS newest_event,
    arrived AS last_arrival,
    dateDiff('second', arrived, now64(3, 'UTC')) AS silent_seconds
FROM (
    SELECT
        'logs' AS kind, source_type, sum(events) AS branch_amount,
        sumIf(events, bucket >= {since:DateTime64(3, 'UTC')}) AS branch_recent,
        max(bucket) AS newest, max(last_ingested_at) AS arrived
    FROM log_activity
    WHERE (scope = {scope:String} OR startsWith(scope, concat({scope:String}, '/')))
    GROUP BY source_type
    UNION ALL
    SELECT
        'flows' AS kind, source_type, sum(flows) AS branch_amount,
        sumIf(flows, bucket >= {since:DateTime64(3, 'UTC')}) AS branch_recent,
        max(bucket) AS newest, max(last_ingested_at) AS arrived
    FROM flow_activity
    WHERE (scope = {scope:String} OR startsWith(scope, concat({scope:String}, '/')))
    GROUP BY source_type
)
ORDER BY amount DESC, source_type
