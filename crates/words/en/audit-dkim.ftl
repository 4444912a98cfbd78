### DKIM keys and signing (DKM).
