-- The same for the entities that got an alert since a moment of detection, over as much of their past as may matter.
WITH changed AS (
    SELECT entity_kind, entity, within, last_seen
    FROM alert_entities
    WHERE detected_at >= {detected_since:DateTime64(3, 'UTC')} AND rule_id != {incident:String} AND entity != ''
)
SELECT entity_kind, entity, within, alert_entities.scope AS scope, alert_id, rule_id, level, tags, last_seen
FROM alert_entities
WHERE rule_id != {incident:String}
  AND verdict NOT IN ('false_positive', 'benign')
  AND alert_id NOT IN (
    SELECT alert_id FROM queued_alerts
    WHERE rule_id IN (SELECT rule_id FROM suppressions WHERE standing = 'active') AND suppression_id != ''
  )
  AND (entity_kind, entity, within) IN (SELECT entity_kind, entity, within FROM changed)
  AND last_seen >= (SELECT subtractSeconds(min(last_seen), {reach_seconds:UInt32}) FROM changed)
ORDER BY last_seen DESC, alert_id
LIMIT {most:UInt32} BY entity_kind, entity, within, rule_id, toStartOfHour(last_seen)
