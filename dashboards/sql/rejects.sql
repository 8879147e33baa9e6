-- What could not be read, by reason. A reject has no scope, so only readers of the whole city see it.
SELECT
    source_type, reason, count() AS rejects, uniqExact(source) AS sources, max(rejected_at) AS last_rejected
FROM rejects
WHERE {scope:String} = {root:String}
GROUP BY source_type, reason
ORDER BY rejects DESC, source_type, reason
LIMIT 200
