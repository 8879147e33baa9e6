-- Personal data that is not masked, or whose mask does not hold; samples are masked.
SELECT
    dataset, column, effective_type AS entity_type, effective_grade AS grade, hits, rows, masked_sample, review,
    review_state
FROM reviewed_findings
WHERE NOT masked AND review_state != 'rejected'
  AND (scope = {scope:String} OR startsWith(scope, concat({scope:String}, '/')))
ORDER BY indexOf(['general-1', 'general-2', 'general-3', 'general-4'], grade) DESC, hits DESC, dataset, column
LIMIT 5000
