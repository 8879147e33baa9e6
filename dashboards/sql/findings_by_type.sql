-- How much personal data of each type was found, and how much of it is not masked.
SELECT
    entity_type, any(category) AS category, masked, count() AS columns, sum(hits) AS hits
FROM pii_findings
WHERE (scope = {scope:String} OR startsWith(scope, concat({scope:String}, '/')))
GROUP BY entity_type, masked
ORDER BY hits DESC, entity_type
