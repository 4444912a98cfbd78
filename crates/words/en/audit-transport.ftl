### MTA-STS and TLS reporting (STS, TRP).
