-- Columns per asset, data set and grade whose personal data is not masked, by the last scan of each data set.
SELECT toString(asset_id) AS asset_id, dataset, toString(grade) AS grade, uniqExact(column) AS columns
FROM pii_findings
WHERE asset_id != '' AND NOT masked AND category != 'organisation'
GROUP BY asset_id, dataset, grade
