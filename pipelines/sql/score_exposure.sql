-- Ports of an asset that sent content to somebody who is neither monitored nor on an internal network.
SELECT toString(destination_asset_id) AS asset_id, destination_port AS port
FROM network_flows
WHERE destination_asset_id != '' AND source_asset_id = '' AND bytes_in > 0
    AND has({ports:Array(UInt16)}, destination_port)
    AND event_time > {since:DateTime64(6, 'UTC')} AND event_time <= {now:DateTime64(6, 'UTC')}
    AND (isIPv4String(source_ip) OR isIPv6String(source_ip))
    AND NOT arrayExists(
        -- A text that is no address would fail the whole query, and AND does not promise to look left first.
        network -> isIPAddressInRange(if(isIPv4String(source_ip) OR isIPv6String(source_ip), source_ip, '::'), network),
        {internal:Array(String)})
GROUP BY asset_id, port
