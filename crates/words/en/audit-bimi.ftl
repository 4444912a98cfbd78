### BIMI (BIM).
