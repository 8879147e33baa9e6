-- The alerts that add to risk, by entity, newest first; of a rule within an hour only so many, further ones add nothing.
-- One that is suppressed adds nothing while it is: whoever hid it said that it is nobody's risk.
SELECT entity_kind, entity, within, alert_entities.scope AS scope, alert_id, rule_id, level, tags, last_seen
FROM alert_entities
WHERE rule_id != {incident:String}
  AND verdict NOT IN ('false_positive', 'benign')
  AND alert_id NOT IN (
    SELECT alert_id FROM queued_alerts
    WHERE rule_id IN (SELECT rule_id FROM suppressions WHERE standing = 'active') AND suppression_id != ''
  )
  AND entity != ''
  AND last_seen >= {since:DateTime64(6, 'UTC')}
  AND last_seen <= {until:DateTime64(6, 'UTC')}
ORDER BY last_seen DESC, alert_id
LIMIT {most:UInt32} BY entity_kind, entity, within, rule_id, toStartOfHour(last_seen)
