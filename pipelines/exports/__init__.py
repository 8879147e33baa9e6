"""What routers, switches and firewalls say of the traffic they saw: NetFlow v5 and v9, IPFIX, sFlow."""
