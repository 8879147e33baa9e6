-- From an event's arrival to its alert, in seconds, against the plan's five minutes (R11), over the last day of detection.
-- What a rule found in events older than its own use was not late: it could not have been found before.
SELECT
    countIf(NOT older_than_rule) AS alerts,
    countIf(older_than_rule) AS found_later,
    countIf(NOT older_than_rule AND delay_seconds <= 300) AS in_time,
    quantileIf(0.5)(delay_seconds, NOT older_than_rule) AS p50,
    quantileIf(0.95)(delay_seconds, NOT older_than_rule) AS p95,
    quantileIf(0.99)(delay_seconds, NOT older_than_rule) AS p99
FROM alert_delays
WHERE detected_at > now64(3, 'UTC') - INTERVAL 1 DAY
  AND (scope = {scope:String} OR startsWith(scope, concat({scope:String}, '/')))
