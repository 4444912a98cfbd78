### BIMI (BIM)。
