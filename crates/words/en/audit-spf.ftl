### SPF records (SPF).
