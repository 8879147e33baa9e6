-- From an event's arrival to its alert, in seconds, against the plan's five minutes (R11).
SELECT
    count() AS alerts,
    quantile(0.5)(delay) AS p50,
    quantile(0.95)(delay) AS p95,
    countIf(delay <= 300) AS in_time
FROM (
    SELECT dateDiff('millisecond', arrived_at, detected_at) / 1000 AS delay
    FROM (SELECT arrived_at, detected_at, scope FROM alert_matches FINAL)
    WHERE (scope = {scope:String} OR startsWith(scope, concat({scope:String}, '/')))
)
