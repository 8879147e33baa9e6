-- Whether the roll-ups count every stored row once.
SELECT
    (SELECT sum(events) FROM log_activity) = (SELECT count() FROM log_events)
    AND (SELECT sum(flows) FROM flow_activity) = (SELECT count() FROM network_flows) AND (SELECT sum(events) FROM log_hours) = (SELECT sum(events) FROM log_activity)
    AND (SELECT sum(flows) FROM flow_hours) = (SELECT sum(flows) FROM flow_activity) AS agree
