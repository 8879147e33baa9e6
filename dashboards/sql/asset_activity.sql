-- One asset's log events and flows per hour of the window.
SELECT moment, kind, sum(amount) AS amount
FROM (
    SELECT toDateTime64(intDiv(toUnixTimestamp(bucket) + 28800, {step:UInt32}) * {step:UInt32} - 28800, 3, 'UTC') AS moment, 'logs' AS kind, events AS amount
    FROM log_activity
    WHERE asset_id = {asset:String} AND bucket >= {since:DateTime64(3, 'UTC')} AND bucket < {until:DateTime64(3, 'UTC')}
      AND (scope = {scope:String} OR startsWith(scope, concat({scope:String}, '/')))
    UNION ALL
    SELECT toDateTime64(intDiv(toUnixTimestamp(bucket) + 28800, {step:UInt32}) * {step:UInt32} - 28800, 3, 'UTC') AS moment, 'flows' AS kind, flows AS amount
    FROM flow_activity
    WHERE asset_id = {asset:String} AND bucket >= {since:DateTime64(3, 'UTC')} AND bucket < {until:DateTime64(3, 'UTC')}
      AND (scope = {scope:String} OR startsWith(scope, concat({scope:String}, '/')))
)
GROUP BY moment, kind
ORDER BY moment, kind
