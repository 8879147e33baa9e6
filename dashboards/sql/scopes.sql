-- Every scope at or below the reader's that something is known about.
SELECT DISTINCT scope
FROM (
    SELECT scope FROM monitored_assets
    UNION ALL
    SELECT scope FROM alert_matches
    UNION ALL
    SELECT scope FROM pii_findings
)
WHERE (scope = {scope:String} OR startsWith(scope, concat({scope:String}, '/')))
ORDER BY scope
