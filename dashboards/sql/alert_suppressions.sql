-- The suppressions that cover an alert or did, those that hide it now first.
SELECT
    suppression_id, standing, field_names, owner, reason, toDateTime64(until, 3, 'UTC') AS until,
    toDateTime64(updated_at, 3, 'UTC') AS updated_at
FROM suppressions
INNER JOIN (
    SELECT * FROM alert_matches FINAL
    WHERE alert_id = {alert:String} AND (scope = {scope:String} OR startsWith(scope, concat({scope:String}, '/')))
) AS alert ON suppressions.rule_id = alert.rule_id
WHERE alert.severity <= suppressions.severity AND arrayAll(
    (name, value) -> value != '' AND value = multiIf(
        name = 'asset_id' AND alert.asset_id != '', toString(alert.asset_id),
        name = 'host' AND alert.host != '', toString(alert.host),
        name = 'user' AND alert.user != '', alert.user,
        name = 'source_ip' AND alert.source_ip != '', alert.source_ip,
        name = 'destination_ip' AND alert.destination_ip != '', alert.destination_ip,
        name = 'scope' AND alert.scope != '', toString(alert.scope),
        alert.matched_fields[name]
    ),
    field_names, field_values)
ORDER BY standing, suppressions.updated_at DESC
