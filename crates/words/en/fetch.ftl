### Fetching documents.
