-- Since when each version of a rule judges: what arrived before that is not late, however much later it is found.
CREATE TABLE rule_uses (
    rule_id                 String,
    rule_version            String,
    first_used_at           SimpleAggregateFunction(min, DateTime64(3, 'UTC')) DEFAULT now64(3, 'UTC')
)
ENGINE = AggregatingMergeTree
ORDER BY (rule_id, rule_version)
SETTINGS non_replicated_deduplication_window = 1000;

-- The event-to-alert delay of each alert that answers an event; a silence or a risk incident answers none. An alert is
-- written once; should two runs at the same time have written it twice, its delay counts twice, which costs less than FINAL.
CREATE VIEW alert_delays AS
SELECT
    matches.alert_id AS alert_id,
    matches.rule_id AS rule_id,
    matches.scope AS scope,
    matches.arrived_at AS arrived_at,
    matches.detected_at AS detected_at,
    used.first_used_at AS rule_used_since,
    matches.arrived_at < used.first_used_at AS older_than_rule,
    greatest(0, dateDiff('millisecond', matches.arrived_at, matches.detected_at)) / 1000 AS delay_seconds
FROM alert_matches AS matches
INNER JOIN (
    SELECT rule_id, rule_version, min(rule_uses.first_used_at) AS first_used_at
    FROM rule_uses
    GROUP BY rule_id, rule_version
) AS used ON matches.rule_id = used.rule_id AND matches.rule_version = used.rule_version;

-- Whose risk an alert adds to: its asset's, else its host's, else its account's, else its address's; a name that is not
-- an asset's id means something within a scope only.
CREATE VIEW alert_entities AS
SELECT
    alert_id,
    rule_id,
    level,
    tags,
    last_seen,
    detected_at,
    verdict,
    multiIf(asset_id != '', 'asset', host != '', 'host', alerts.user != '', 'user', 'address') AS entity_kind,
    multiIf(
        asset_id != '', toString(asset_id),
        host != '', toString(host),
        alerts.user != '', concat(alerts.user, '@', source_ip),
        source_ip
    ) AS entity,
    toString(alerts.scope) AS scope,
    if(asset_id != '', '', scope) AS within
FROM alerts;

-- How much risk each entity carried, hour by hour: the last score of an hour stays.
CREATE TABLE entity_risk_history (
    entity_kind             LowCardinality(String),                            -- asset, host, user or address
    entity                  String,
    scope                   LowCardinality(String),
    hour                    DateTime('UTC'),
    scored_at               DateTime64(3, 'UTC'),
    score                   Float64,
    tactics                 Array(LowCardinality(String)),                     -- ATT&CK tactics of the alerts that count
    alerts                  UInt32,                                            -- alerts that count, at most so many of a rule and hour
    rules                   UInt32
)
ENGINE = ReplacingMergeTree(scored_at)
ORDER BY (scope, entity_kind, entity, hour)
SETTINGS non_replicated_deduplication_window = 1000;
