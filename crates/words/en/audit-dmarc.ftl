### DMARC records (DMC).
