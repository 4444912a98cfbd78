### Mail hosts, Null MX, reverse names (MXN).
