-- The newest event that does not claim to be from the future, and how long after it that event arrived.
SELECT
    toUnixTimestamp64Micro(toDateTime64(max(last_event), 6, 'UTC')) AS newest,
    dateDiff('second', toDateTime64(max(last_event), 3, 'UTC'), argMax(arrived, last_event)) AS lag_seconds
FROM
(
    SELECT max(bucket) + INTERVAL 5 MINUTE AS last_event, argMax(last_ingested_at, bucket) AS arrived
    FROM log_activity WHERE bucket <= {now:DateTime64(6, 'UTC')}
    UNION ALL
    SELECT max(bucket) + INTERVAL 5 MINUTE AS last_event, argMax(last_ingested_at, bucket) AS arrived
    FROM flow_activity WHERE bucket <= {now:DateTime64(6, 'UTC')}
)
