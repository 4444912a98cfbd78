### Sender ID.
