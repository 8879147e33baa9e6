-- Scanned data sets by their last finished scan, highest grade first. One without a finding has no scope of its own
-- and is shown to readers of the whole city.
SELECT
    scans.dataset AS dataset, scans.title AS title, scans.grade AS grade, scans.review_state AS review_state,
    scans.owner AS owner, scans.persons AS persons, scans.scanned_at AS finished_at, scans.rows AS rows,
    scans.columns AS columns, scans.method AS method,
    found.findings AS findings, found.exposed AS exposed, found.sensitive AS sensitive
FROM data_catalogue AS scans
LEFT JOIN (
    SELECT
        scan_id, count() AS findings, countIf(NOT masked) AS exposed,
        countIf(sensitive_35273 OR sensitive_45574) AS sensitive
    FROM pii_findings
    WHERE (scope = {scope:String} OR startsWith(scope, concat({scope:String}, '/')))
    GROUP BY scan_id
) AS found ON scans.scan_id = found.scan_id
WHERE found.findings > 0
   OR (
    {scope:String} = {root:String}
    AND scans.scan_id NOT IN (SELECT scan_id FROM pii_findings)
  )
ORDER BY
    indexOf(['general-1', 'general-2', 'general-3', 'general-4', 'important', 'core'], grade) DESC,
    exposed DESC, dataset
LIMIT 2000
