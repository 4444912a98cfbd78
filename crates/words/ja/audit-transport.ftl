### MTA-STS と TLS レポート (STS、TRP)。
