# Reports of receivers: in what they deviate, why one was refused or read in part, what became of one that was sent.
