### DKIM の鍵と署名 (DKM)。
