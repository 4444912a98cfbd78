### Publication: what is common to all records (COM).
