-- Alerts per step of time by level; a step of a day starts at midnight in the city (UTC+8).
SELECT toDateTime64(intDiv(toUnixTimestamp(first_seen) + 28800, {step:UInt32}) * {step:UInt32} - 28800, 3, 'UTC') AS moment, level, count() AS alerts
FROM (SELECT first_seen, level, scope FROM alert_matches FINAL)
WHERE first_seen >= {since:DateTime64(3, 'UTC')} AND first_seen < {until:DateTime64(3, 'UTC')}
  AND (scope = {scope:String} OR startsWith(scope, concat({scope:String}, '/')))
GROUP BY moment, level
ORDER BY moment, level
