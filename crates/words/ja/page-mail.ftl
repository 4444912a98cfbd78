# Pages of mail that passes here: flow, why, statistics.
