-- Log events and flows per step of time; a step of a day starts at midnight in the city (UTC+8).
SELECT moment, kind, sum(amount) AS amount
FROM (
    SELECT toDateTime64(intDiv(toUnixTimestamp(bucket) + 28800, {step:UInt32}) * {step:UInt32} - 28800, 3, 'UTC') AS moment, 'logs' AS kind, events AS amount
    FROM log_activity
    WHERE bucket >= {since:DateTime64(3, 'UTC')} AND bucket < {until:DateTime64(3, 'UTC')}
      AND (scope = {scope:String} OR startsWith(scope, concat({scope:String}, '/')))
    UNION ALL
    SELECT toDateTime64(intDiv(toUnixTimestamp(bucket) + 28800, {step:UInt32}) * {step:UInt32} - 28800, 3, 'UTC') AS moment, 'flows' AS kind, flows AS amount
    FROM flow_activity
    WHERE bucket >= {since:DateTime64(3, 'UTC')} AND bucket < {until:DateTime64(3, 'UTC')}
      AND (scope = {scope:String} OR startsWith(scope, concat({scope:String}, '/')))
)
GROUP BY moment, kind
ORDER BY moment, kind
