"""What one run found, in a form a person can read: counts, worst assets, top alerts, unmasked personal data."""

from collections.abc import Mapping

from store.client import Store

Rows = list[dict[str, object]]

_QUERIES: Mapping[str, str] = {
    "counts": """
        SELECT
            (SELECT count() FROM network_flows) AS network_flows,
            (SELECT count() FROM log_events) AS log_events,
            (SELECT sum(rejected) FROM ingested_files) AS rejected,
            (SELECT uniqExact(file_hash) FROM ingested_files) AS files,
            (SELECT count() FROM monitored_assets) AS assets,
            (SELECT count() FROM alerts) AS alerts,
            (SELECT count() FROM pii_findings) AS pii_findings
    """,
    "worst_assets": """
        SELECT asset_id, name, posture.sector AS sector, round(score, 1) AS score, band, open_alerts, worst_level
        FROM asset_posture AS posture
        INNER JOIN (SELECT asset_id, name FROM monitored_assets) AS assets USING asset_id
        ORDER BY score, asset_id
        LIMIT 5
    """,
    "top_alerts": """
        SELECT
            any(level) AS level,
            rule_title,
            count() AS alerts,
            uniqExact(asset_id) AS assets,
            min(alerts.first_seen) AS since
        FROM alerts
        GROUP BY rule_id, rule_title
        ORDER BY max(severity) DESC, alerts DESC, rule_title
        LIMIT 10
    """,
    "unmasked_personal_data": """
        SELECT dataset, column, entity_type, rows, hits, grade, masked_sample
        FROM pii_findings
        WHERE NOT masked
        ORDER BY grade DESC, hits DESC, dataset, column
        LIMIT 15
    """,
}


def summarise(store: Store) -> dict[str, Rows]:
    """Every part of the summary by its name, as rows."""
    return {name: store.rows(sql) for name, sql in _QUERIES.items()}
