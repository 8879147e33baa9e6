-- What is found now against what was found when the last report was made.
WITH
    was AS (
        SELECT finding_id, any(dataset) AS dataset, any(column) AS column, any(toString(entity_type)) AS entity_type,
            any(toString(grade)) AS grade, any(masked) AS masked
        FROM pii_finding_records
        WHERE scan_id IN (
            SELECT argMax(scan_id, finished_at) FROM pii_scans
            WHERE finished_at < {since:DateTime64(6, 'UTC')} GROUP BY dataset
          )
          AND (scope = {scope:String} OR startsWith(scope, concat({scope:String}, '/')))
        GROUP BY finding_id
    ),
    now_found AS (
        SELECT finding_id, any(dataset) AS dataset, any(column) AS column, any(toString(entity_type)) AS entity_type,
            any(toString(grade)) AS grade, any(masked) AS masked
        FROM pii_findings
        WHERE (scope = {scope:String} OR startsWith(scope, concat({scope:String}, '/')))
        GROUP BY finding_id
    )
SELECT
    multiIf(
        was.finding_id = '', 'new', now_found.finding_id = '', 'gone', was.masked AND NOT now_found.masked, 'unmasked',
        NOT was.masked AND now_found.masked, 'masked', 'regraded'
    ) AS change,
    if(now_found.finding_id != '', now_found.dataset, was.dataset) AS dataset,
    if(now_found.finding_id != '', now_found.column, was.column) AS column,
    if(now_found.finding_id != '', now_found.entity_type, was.entity_type) AS entity_type,
    was.grade AS before, now_found.grade AS grade
FROM now_found FULL JOIN was ON now_found.finding_id = was.finding_id
WHERE was.finding_id = '' OR now_found.finding_id = '' OR was.masked != now_found.masked OR was.grade != now_found.grade
ORDER BY change, dataset, column, entity_type
LIMIT 5000
SETTINGS join_use_nulls = 0
