-- Sources that an asset is expected to have and that were not heard for longer than allowed. The clock counts, so that
-- a scope where everything fell silent shows it; where the scope's newest telemetry arrived more than an hour after it
-- happened, it is an archive, and its end counts: a city read from files of last week is not silent. Never heard is 1970.
WITH arrived AS (
    SELECT max(bucket) AS newest, argMax(last_ingested_at, bucket) AS at FROM log_activity
    WHERE bucket <= now() AND (scope = {scope:String} OR startsWith(scope, concat({scope:String}, '/')))
    UNION ALL
    SELECT max(bucket) AS newest, argMax(last_ingested_at, bucket) AS at FROM flow_activity
    WHERE bucket <= now() AND (scope = {scope:String} OR startsWith(scope, concat({scope:String}, '/')))
),
(
    SELECT dateDiff('second', max(newest) + INTERVAL 5 MINUTE, argMax(at, newest)) > 3600 FROM arrived
) AS is_archive,
if(is_archive, {newest:DateTime64(3, 'UTC')}, now64(3, 'UTC')) AS reference
SELECT
    expected.asset_id AS asset_id, expected.name AS name, expected.source_type AS source_type,
    toDateTime64(heard.last_heard, 3, 'UTC') AS last_heard,
    dateDiff('second', heard.last_heard, reference) AS silent_seconds
FROM (
    SELECT asset_id, name, arrayJoin(expected_sources) AS source_type
    FROM monitored_assets
    WHERE (scope = {scope:String} OR startsWith(scope, concat({scope:String}, '/')))
) AS expected
LEFT JOIN (
    SELECT asset_id, source_type, max(newest) AS last_heard
    FROM (
        SELECT asset_id, source_type, max(bucket) AS newest FROM log_activity
        WHERE bucket <= now() AND (scope = {scope:String} OR startsWith(scope, concat({scope:String}, '/')))
        GROUP BY asset_id, source_type
        UNION ALL
        SELECT asset_id, source_type, max(bucket) AS newest FROM flow_activity
        WHERE bucket <= now() AND (scope = {scope:String} OR startsWith(scope, concat({scope:String}, '/')))
        GROUP BY asset_id, source_type
    )
    GROUP BY asset_id, source_type
) AS heard ON expected.asset_id = heard.asset_id AND expected.source_type = heard.source_type
WHERE silent_seconds > {allowed:UInt32}
ORDER BY silent_seconds DESC, asset_id, source_type
LIMIT 500
