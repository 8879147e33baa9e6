-- Log events and flows per step of time; a step of a day starts at midnight in the city (UTC+8).
SELECT toDateTime64(step_number * {step:UInt32} - 28800, 3, 'UTC') AS moment, kind, amount
FROM (
    SELECT 'logs' AS kind, intDiv(toUnixTimestamp(bucket) + 28800, {step:UInt32}) AS step_number, sum(events) AS amount
    FROM log_activity
    WHERE bucket >= {since:DateTime64(3, 'UTC')} AND bucket < {until:DateTime64(3, 'UTC')}
      AND (scope = {scope:String} OR startsWith(scope, concat({scope:String}, '/')))
    GROUP BY step_number
    UNION ALL
    SELECT 'flows' AS kind, intDiv(toUnixTimestamp(bucket) + 28800, {step:UInt32}) AS step_number, sum(flows) AS amount
    FROM flow_activity
    WHERE bucket >= {since:DateTime64(3, 'UTC')} AND bucket < {until:DateTime64(3, 'UTC')}
      AND (scope = {scope:String} OR startsWith(scope, concat({scope:String}, '/')))
    GROUP BY step_number
)
ORDER BY moment, kind
