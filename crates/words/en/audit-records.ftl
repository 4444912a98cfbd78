### Records that are written.
