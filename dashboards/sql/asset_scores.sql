-- How one asset's posture moved: its last thousand scores.
SELECT scored_at, score, band
FROM asset_posture_history
WHERE asset_id = {asset:String} AND (scope = {scope:String} OR startsWith(scope, concat({scope:String}, '/')))
ORDER BY scored_at DESC
LIMIT 1000
