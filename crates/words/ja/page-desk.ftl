# Pages of what is published: domains, guideline, keys.
