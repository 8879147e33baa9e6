-- Masks that fail, most severe first: counts, rates and positions, never a value.
SELECT
    finding_id, dataset, arrayStringConcat(columns, ', ') AS columns, check, entity_type, severity, evidence, mend, found_at,
    count() OVER () AS total
FROM mask_findings
WHERE (scope = {scope:String} OR startsWith(scope, concat({scope:String}, '/')))
  AND ({dataset:String} = '' OR dataset = {dataset:String})
ORDER BY
    indexOf(['informational', 'low', 'medium', 'high', 'critical'], severity) DESC, dataset, check, columns
LIMIT 500
