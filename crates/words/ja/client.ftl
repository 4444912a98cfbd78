### What is known of the client: iprev, lists in DNS, Null MX.
