-- A suppression is a view over facts: what people decided is in audit_events, the values are those of the alert it was made from.

CREATE VIEW suppressions AS
SELECT
    steps.suppression_id AS suppression_id,
    steps.alert_id AS alert_id,
    matches.rule_id AS rule_id,
    matches.rule_title AS rule_title,
    matches.rule_title_zh AS rule_title_zh,
    matches.level AS level,
    matches.severity AS severity,
    matches.scope AS scope,
    steps.field_names AS field_names,
    arrayMap(
        name -> multiIf(
            name = 'asset_id' AND matches.asset_id != '', toString(matches.asset_id),
            name = 'host' AND matches.host != '', toString(matches.host),
            name = 'user' AND matches.user != '', matches.user,
            name = 'source_ip' AND matches.source_ip != '', matches.source_ip,
            name = 'destination_ip' AND matches.destination_ip != '', matches.destination_ip,
            name = 'scope' AND matches.scope != '', toString(matches.scope),
            matches.matched_fields[name]
        ),
        steps.field_names
    ) AS field_values,
    steps.owner AS owner,
    steps.reason AS reason,
    steps.until AS until,
    steps.updated_at AS updated_at,
    multiIf(steps.recorded = 'ended', 'ended', steps.until <= now64(6, 'UTC'), 'expired', 'active') AS standing
FROM (
    SELECT
        object_id AS suppression_id,
        argMax(audit_events.state, seq) AS recorded,
        JSONExtractString(argMax(details, seq), 'alert_id') AS alert_id,
        JSONExtract(argMax(details, seq), 'fields', 'Array(String)') AS field_names,
        parseDateTime64BestEffortOrZero(JSONExtractString(argMax(details, seq), 'until'), 6, 'UTC') AS until,
        argMaxIf(actor, seq, audit_events.state = 'active') AS owner,
        argMax(basis, seq) AS reason,
        max(event_time) AS updated_at
    FROM audit_events
    WHERE object_type = 'suppression' AND audit_events.state != ''
    GROUP BY object_id
) AS steps
INNER JOIN (
    SELECT * FROM alert_matches FINAL
    WHERE alert_id IN (
        SELECT JSONExtractString(details, 'alert_id') FROM audit_events WHERE object_type = 'suppression'
    )
) AS matches ON steps.alert_id = matches.alert_id
WHERE notEmpty(steps.field_names)
SETTINGS join_use_nulls = 0;

-- Every alert, and the suppression that hides it now: one of its rule, no less severe, whose every value it has.
CREATE VIEW queued_alerts AS
SELECT
    alerts.*,
    arrayFirst(
        each -> alerts.severity <= each.2 AND arrayAll(
            (name, value) -> value != '' AND value = multiIf(
                name = 'asset_id' AND alerts.asset_id != '', toString(alerts.asset_id),
                name = 'host' AND alerts.host != '', toString(alerts.host),
                name = 'user' AND alerts.user != '', alerts.user,
                name = 'source_ip' AND alerts.source_ip != '', alerts.source_ip,
                name = 'destination_ip' AND alerts.destination_ip != '', alerts.destination_ip,
                name = 'scope' AND alerts.scope != '', toString(alerts.scope),
                alerts.matched_fields[name]
            ),
            each.3,
            each.4
        ),
        standing.suppressed
    ).1 AS suppression_id
FROM alerts
LEFT JOIN (
    SELECT rule_id AS suppressed_rule, arraySort(groupArray((suppression_id, severity, field_names, field_values))) AS suppressed
    FROM suppressions
    WHERE standing = 'active'
    GROUP BY suppressed_rule
) AS standing ON alerts.rule_id = standing.suppressed_rule
SETTINGS join_use_nulls = 0;
