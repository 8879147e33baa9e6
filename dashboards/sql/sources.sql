-- What each kind of source delivered: how much, the newest event, the last arrival and the lag between the two clocks.
SELECT
    kind, source_type, sum(rows) AS amount, sumIf(rows, bucket >= {since:DateTime64(3, 'UTC')}) AS recent,
    toDateTime64(max(bucket), 3, 'UTC') AS newest_event,
    max(arrived) AS last_arrival,
    dateDiff('second', last_arrival, now64(3, 'UTC')) AS silent_seconds
FROM (
    SELECT 'logs' AS kind, source_type, bucket, events AS rows, last_ingested_at AS arrived
    FROM log_activity
    WHERE (scope = {scope:String} OR startsWith(scope, concat({scope:String}, '/')))
    UNION ALL
    SELECT 'flows' AS kind, source_type, bucket, flows AS rows, last_ingested_at AS arrived
    FROM flow_activity
    WHERE (scope = {scope:String} OR startsWith(scope, concat({scope:String}, '/')))
)
GROUP BY kind, source_type
ORDER BY amount DESC, source_type
