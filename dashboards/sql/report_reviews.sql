-- How many suggested grades wait, and how many were decided, of data sets and of findings.
SELECT reviewed, review_state, count() AS number
FROM (
    SELECT 'dataset' AS reviewed, review_state FROM data_catalogue
    WHERE {scope:String} = {root:String} OR scope = {scope:String} OR startsWith(scope, concat({scope:String}, '/'))
    UNION ALL
    SELECT 'finding' AS reviewed, review_state FROM reviewed_findings
    WHERE scope = {scope:String} OR startsWith(scope, concat({scope:String}, '/'))
)
GROUP BY reviewed, review_state
ORDER BY reviewed, number DESC, review_state
