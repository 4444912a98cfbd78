### DMARC レコード (DMC)。
