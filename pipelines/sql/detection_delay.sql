-- From the arrival of the event that completed an alert to the alert, for alerts detected since a moment. What a rule
-- found in events older than its own use was not late: it could not have been found before.
SELECT
    countIf(NOT older_than_rule) AS alerts,
    countIf(older_than_rule) AS found_later,
    countIf(NOT older_than_rule AND delay_seconds <= {promised_seconds:UInt32}) AS in_time,
    if(alerts = 0, 0, quantileExactIf(0.5)(delay_seconds, NOT older_than_rule)) AS p50_seconds,
    if(alerts = 0, 0, quantileExactIf(0.95)(delay_seconds, NOT older_than_rule)) AS p95_seconds,
    if(alerts = 0, 0, quantileExactIf(0.99)(delay_seconds, NOT older_than_rule)) AS p99_seconds
FROM alert_delays
WHERE detected_at > {since:DateTime64(3, 'UTC')}
