# Pages of people: the door, settings, users, the log.
