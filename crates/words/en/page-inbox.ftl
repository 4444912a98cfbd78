# Pages of the reports themselves: inbox, reporters, TLS, failures, what is sent.
