-- Every scanned data set: its grade and who decided it, whose it is, what it is for.
SELECT
    dataset, title, organisation, owner, grade, suggested_grade, jrt_level, review_state, decided_by, persons, rows,
    purpose, assessment, scanned_at
FROM data_catalogue
WHERE {scope:String} = {root:String} OR scope = {scope:String} OR startsWith(scope, concat({scope:String}, '/'))
ORDER BY
    indexOf(['general-1', 'general-2', 'general-3', 'general-4', 'important', 'core'], grade) DESC, persons DESC, dataset
LIMIT 5000
