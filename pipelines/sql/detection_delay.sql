-- From the arrival of the event that completed an alert to the alert, for alerts detected since a moment.
SELECT
    count() AS alerts,
    countIf(delay <= 300) AS within_five_minutes,
    if(alerts = 0, 0, quantileExact(0.5)(delay)) AS p50_seconds,
    if(alerts = 0, 0, quantileExact(0.95)(delay)) AS p95_seconds,
    if(alerts = 0, 0, quantileExact(0.99)(delay)) AS p99_seconds
FROM
(
    SELECT greatest(0, dateDiff('millisecond', arrived_at, min(detected_at))) / 1000 AS delay
    FROM alert_matches
    WHERE detected_at > {since:DateTime64(3, 'UTC')}
    GROUP BY alert_id, arrived_at
)
