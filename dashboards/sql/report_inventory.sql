-- Data sets by organisation and grade: how many, about how many persons, and what in them is not masked.
SELECT
    if(organisation = '', '', organisation) AS organisation, grade, count() AS datasets, sum(persons) AS persons,
    sum(found.findings) AS findings, sum(found.exposed) AS exposed
FROM data_catalogue AS catalogue
LEFT JOIN (
    SELECT dataset AS name, count() AS findings, countIf(NOT masked) AS exposed
    FROM reviewed_findings WHERE review_state != 'rejected' GROUP BY name
) AS found ON catalogue.dataset = found.name
WHERE {scope:String} = {root:String} OR scope = {scope:String} OR startsWith(scope, concat({scope:String}, '/'))
GROUP BY organisation, grade
ORDER BY
    indexOf(['general-1', 'general-2', 'general-3', 'general-4', 'important', 'core'], grade) DESC, datasets DESC,
    organisation
