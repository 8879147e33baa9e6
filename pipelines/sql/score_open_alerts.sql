-- Open alerts per asset, level and age in days; a suppressed one waits for nobody.
SELECT
    toString(asset_id) AS asset_id,
    toString(level) AS level,
    greatest(0, intDiv(dateDiff('hour', last_seen, {now:DateTime64(6, 'UTC')}), 24)) AS age_days,
    count() AS alerts
FROM queued_alerts
WHERE asset_id != '' AND state != 'closed' AND suppression_id = ''
GROUP BY asset_id, level, age_days
