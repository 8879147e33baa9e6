-- The files read last. A file has no scope, so only readers of the whole city see it.
SELECT source, source_type, bytes, rows, rejected, reason, seconds, completed_at
FROM ingested_files
WHERE {scope:String} = {root:String}
ORDER BY completed_at DESC, source
LIMIT 50
