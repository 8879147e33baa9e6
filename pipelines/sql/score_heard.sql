-- When each asset was last heard through each type of source. A flow speaks for both of its ends.
SELECT toString(asset_id) AS asset_id, toString(source_type) AS source_type, toUnixTimestamp64Micro(max(heard)) AS heard
FROM
(
    SELECT asset_id, source_type, toDateTime64(bucket + INTERVAL 5 MINUTE, 6, 'UTC') AS heard
    FROM log_activity
    WHERE asset_id != '' AND bucket > {since:DateTime64(6, 'UTC')} AND bucket <= {now:DateTime64(6, 'UTC')}
    UNION ALL
    SELECT arrayJoin([source_asset_id, destination_asset_id]) AS asset_id, source_type, max(event_time) AS heard
    FROM network_flows
    WHERE event_time > {since:DateTime64(6, 'UTC')} AND event_time <= {now:DateTime64(6, 'UTC')}
    GROUP BY asset_id, source_type
)
WHERE asset_id != ''
GROUP BY asset_id, source_type
