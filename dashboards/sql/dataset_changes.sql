-- What the newest scan of a data set that found something otherwise found so; nothing outside of the reader's scope.
SELECT column, entity_type, change, before, after, found_at
FROM pii_changes
WHERE dataset = {named:String}
  AND scan_id = (
    SELECT argMax(scan_id, found_at) FROM pii_changes
    WHERE dataset = {named:String} AND scan_id IN (SELECT scan_id FROM pii_scans WHERE dataset = {named:String})
  )
  AND dataset IN (
    SELECT dataset FROM data_catalogue
    WHERE {scope:String} = {root:String} OR scope = {scope:String} OR startsWith(scope, concat({scope:String}, '/'))
  )
ORDER BY column, entity_type, change
LIMIT 100
