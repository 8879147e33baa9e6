-- When the newest event happened; clocks that run ahead do not count. 1970 when there is none.
SELECT toDateTime64(max(newest), 3, 'UTC') AS newest
FROM (
    SELECT max(bucket) AS newest FROM log_activity
    WHERE bucket <= now() AND (scope = {scope:String} OR startsWith(scope, concat({scope:String}, '/')))
    UNION ALL
    SELECT max(bucket) AS newest FROM flow_activity
    WHERE bucket <= now() AND (scope = {scope:String} OR startsWith(scope, concat({scope:String}, '/')))
)
