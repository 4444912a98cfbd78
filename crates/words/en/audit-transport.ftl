### MTA-STS and TLS reporting (STS, TRP).

audit-sts01 = The text at { $name } is meant for MTA-STS, but does not begin with "v=STSv1;". Senders ignore it, and mail goes without the protection that was meant.
audit-sts01-several = There are { $count } MTA-STS records at { $name }. Senders use none of several.
audit-sts02 = The record at { $name } has no valid id (1 to 32 letters and digits). Senders ignore the record.
audit-sts03 = The MTA-STS policy changed, and the id at { $name } did not. Senders go on with the old policy until it grows old.
audit-sts04 = The policy at { $url } cannot be fetched: { $reason }. Senders take it that there is no policy.
audit-sts04-status = The policy at { $url } is answered with status { $status }. Senders accept 200 only and take it that there is no policy.
audit-sts05 = The policy at { $url } comes as "{ $content_type }" and not as text/plain. Some senders ignore it.
audit-sts06 = The policy at { $url } cannot be read in the line "{ $line }". Senders ignore the policy.
audit-sts06-long = The policy at { $url } is longer than 64 KiB. Senders ignore it.
audit-sts07 = The policy at { $url } has no valid "mode" or no "max_age" ({ $line }). Senders ignore the policy.
audit-sts08 = The "max_age" of the policy at { $url } is not a number of seconds up to one year ({ $line }). Senders ignore the policy.
audit-sts09 = The policy at { $url } holds for { $seconds } seconds only; { $limit } protect. Who attacks waits until it is forgotten.
audit-sts10 = The policy at { $url } names no mail host. Under "enforce" nothing can be delivered.
audit-sts11 = The mail host { $host } is not named by the policy at { $url }, which says "enforce". Senders do not deliver to it.
audit-sts11-fix = Add "mx: { $host }" to the policy, and give the record a new id.
audit-sts12 = The policy at { $url } has a pattern that matches no host: "{ $line }". A star stands for the first label only.
audit-sts13 = The certificate of the mail host { $host } does not hold, and the policy at { $url } says "enforce". Senders do not deliver to it.
audit-sts13-name = The certificate of the mail host { $host } is for another name, and the policy at { $url } says "enforce". Senders do not deliver to it.
audit-sts13-no-tls = The mail host { $host } does not speak TLS, and the policy at { $url } says "enforce". Senders do not deliver to it.
audit-sts14 = The policy at { $url } has been in mode "testing" for { $days } days. It protects nothing until it says "enforce".
audit-sts15 = The policy at { $url } says "none". That is the way out of MTA-STS, not a state to stay in.
audit-sts15-fix = When the old policy's "max_age" is over, take away the record and the policy.
audit-sts16 = The policy at { $url } has a line that is ignored: "{ $line }".
audit-sts17 = There is MTA-STS, and nobody gets TLS reports: { $name } has no record. Its owner will not see when senders cannot deliver.
audit-trp01 = There are { $count } records for TLS reports at { $name }. Senders use none of several.
audit-trp01-fix = Keep one of them; it may name several destinations with commas between.
audit-trp02 = The text at { $name } is meant for TLS reports, but does not begin with "v=TLSRPTv1;". Senders ignore it.
audit-trp03 = The record at { $name } names nobody who gets the reports ("rua"). Senders ignore it.
audit-trp03-scheme = "{ $uri }" at { $name } is neither a mailto: nor an https: URI. Senders send nothing there.
audit-trp04 = In "{ $uri }" at { $name } stands an exclamation mark that is not percent-encoded. Senders may read another address.
audit-trp04-http = "{ $uri }" at { $name } is not encrypted. Senders use https: only.
audit-trp05 = TLS reports cannot arrive: { $name } takes no mail.
audit-trp05-own = TLS reports go to a mailbox of { $name } itself. When TLS to its mail hosts fails, the reports about it may fail with it.
audit-trp06 = The record at { $name } names { $count } destinations. Not all senders serve more than one.
audit-trp07 = The record at { $name } has the tag "{ $tag }", which nobody knows. It is ignored; it may be a typing error.
