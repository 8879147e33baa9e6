-- TLS sessions per asset, and those below today's minimum by version or cipher suite.
SELECT
    toString(asset_id) AS asset_id,
    count() AS sessions,
    countIf(has({weak_versions:Array(String)}, fields['version'])
        OR arrayExists(part -> positionCaseInsensitive(fields['cipher'], part) > 0, {weak_ciphers:Array(String)})) AS weak
FROM log_events
WHERE category = 'tls' AND asset_id != ''
    AND event_time > {since:DateTime64(6, 'UTC')} AND event_time <= {now:DateTime64(6, 'UTC')}
GROUP BY asset_id
