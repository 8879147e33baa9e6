-- Masks that fail, most severe first: counts, rates and positions, never a value.
SELECT
    severity, check, dataset, arrayStringConcat(columns, ', ') AS columns, toString(entity_type) AS entity_type,
    evidence, mend
FROM mask_findings
WHERE (scope = {scope:String} OR startsWith(scope, concat({scope:String}, '/')))
ORDER BY
    indexOf(['informational', 'low', 'medium', 'high', 'critical'], severity) DESC, dataset, check, columns
LIMIT 5000
