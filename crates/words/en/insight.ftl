# What reports tell: classes of senders, advice, alerts.
