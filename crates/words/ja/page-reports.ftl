# Pages of reports: senders, explore, the ladder.
