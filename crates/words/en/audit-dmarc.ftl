### DMARC records (DMC).

audit-dmc01 = There is no DMARC record that applies to { $domain }. Receivers deliver mail that claims to be from it as they please, and nobody tells its owner.
audit-dmc02 = There are { $count } DMARC records at { $name }. Receivers use none of several: mail is treated as if there were no DMARC.
audit-dmc02-fix = Publish exactly one of them and take the others away.
audit-dmc03 = The text at { $name } is meant to be a DMARC record, but does not begin with "v=DMARC1". Receivers ignore it, and mail is treated as if there were no DMARC.
audit-dmc04 = Beside DMARC there is another text at { $name }. Receivers ignore it; often it was meant for another name.
audit-dmc05 = The record at { $name } has no valid policy and nobody to report to. Receivers treat mail as if there were no DMARC.
audit-dmc06 = The record at { $name } has a policy that is absent or not valid. Receivers take it for p=none: forged mail is delivered, and reports are sent.
audit-dmc07 = In the record at { $name } "p" does not follow "v" directly. Receivers that go by RFC 7489 may ignore the whole record.
audit-dmc08 = The policy for { $domain } is "none": receivers report, and deliver forged mail. It is where to begin, not where to stay.
audit-dmc08-long = The policy for { $domain } has been "none" for { $days } days, and the domain's own mail passes. Forged mail is delivered for no reason.
audit-dmc09 = The policy for { $domain } is "quarantine": forged mail goes to the junk folder. "reject" is the last step, unless the people of the domain write to mailing lists.
audit-dmc10 = The policy for { $domain } is "reject", and only { $share } per cent of its own mail passes: { $messages } messages of the period may have been refused.
audit-dmc10-unsigned = The policy for { $domain } is "reject", and none of its { $messages } own messages had an aligned signature. What is forwarded is refused.
audit-dmc11 = The policy for { $domain } is "reject", and { $messages } of its messages came by way of forwarders or mailing lists. What these change is refused; RFC 9989 advises against "reject" where people write to lists.
audit-dmc12 = The policy at { $name } for existing sub-domains is "{ $sp }", weaker than "{ $policy }" for the domain itself. Who forges takes a sub-domain.
audit-dmc13 = The policy at { $name } for names that do not exist is "{ $np }", weaker than "{ $policy }". Who forges invents a name.
audit-dmc13-absent = The record at { $name } lets names that do not exist go with "none". No honest mail has such a name, so "np=reject" costs nothing.
audit-dmc14 = The record at { $name } has "sp" or "np", which count only at the organizational domain { $organization }. Here they do nothing.
audit-dmc15 = The value of "pct" at { $name } is not a number from 0 to 100. Receivers that still read it may ignore the record.
audit-dmc16 = The record at { $name } has "pct={ $percentage }". RFC 9989 removed the tag; most receivers ignore it.
audit-dmc16-between = The record at { $name } has "pct={ $percentage }". RFC 9989 removed the tag: some receivers still throw dice, others apply the policy to all mail.
audit-dmc17 = The record at { $name } has "pct=0" and no "t=y". Receivers that go by RFC 9989 apply the whole policy, which "pct=0" was meant to prevent.
audit-dmc18 = The record at { $name } has "rf" or "ri". RFC 9989 removed both; receivers ignore them.
audit-dmc19 = The record for { $domain } says "t=y": receivers apply "{ $to_apply }" instead of "{ $policy }". It is for tests, and ends with them.
audit-dmc20 = A value in the record at { $name } is none that its tag can have: "{ $text }". Receivers use the default instead.
audit-dmc21 = The record at { $name } says "psd=u", which is the default and says nothing. "psd=n" at the organizational domain makes it certain where the organization ends.
audit-dmc22 = The record at { $name } says "psd=y", which is for public suffixes. Every name below counts as an organization of its own, and alignment between them ends.
audit-dmc23 = The record at { $name } says "psd=n", and { $organization } is the registered domain. The name becomes an organization of its own: signatures of { $organization } no longer align with it.
audit-dmc24 = The record for { $domain } wants strict alignment ("{ $tag }=s"), and { $messages } messages of the domain were signed or sent by names below or above it. They fail.
audit-dmc25 = The record for { $domain } names nobody who gets aggregate reports. Its owner will not see who sends in its name, nor what fails.
audit-dmc26 = "{ $text }" in the record at { $name } is not a URI to which reports could be sent. { $flaw }
audit-dmc27 = "{ $text }" in the record at { $name } is not a mailto: URI. Hardly any receiver sends reports elsewhere. { $flaw }
audit-dmc28 = In "{ $text }" at { $name } stands a comma or an exclamation mark that is not percent-encoded. Receivers read another address than the one that is meant. { $flaw }
audit-dmc29 = A URI at { $name } ends in a size limit. RFC 9989 removed it; receivers ignore it or take it for a part of the address.
audit-dmc30 = There are { $count } destinations in "{ $tag }". Receivers need to serve two only; the others may get nothing.
audit-dmc31 = Reports to { $uri } cannot arrive: { $name } has no mail host.
audit-dmc31-null = Reports to { $uri } cannot arrive: { $name } says that it takes no mail.
audit-dmc32 = { $host } has not agreed to take the reports of { $domain } ({ $uri }). Receivers send none there.
audit-dmc32-other-host = { $host } names another host than its own for the reports of { $domain } ({ $uri }). Receivers send none there.
audit-dmc32-too-long = The name at which { $host } would have to agree to the reports of { $domain } ({ $uri }) is longer than DNS allows. Receivers send none there.
audit-dmc33 = { $host } agrees to the reports of every domain. Whoever likes can have reports sent there.
audit-dmc34 = The record for { $domain } asks for failure reports. They may hold addresses and subjects of other people's mail, and most receivers send none.
audit-dmc35 = "fo" in the record at { $name } does nothing without "ruf". { $flaw }
audit-dmc36 = The value of "fo" at { $name } is not one that receivers understand: "{ $text }". { $flaw }
audit-dmc37 = The record at { $name } has a tag that nobody knows, with the value "{ $text }". Receivers ignore it; it may be a typing error. { $flaw }
audit-dmc38 = A tag stands twice in the record at { $name }: "{ $text }". Receivers differ in which they use, or ignore the record. { $flaw }
audit-dmc39 = A part of the record at { $name } is not a tag: "{ $text }". What is meant there is lost. { $flaw }
audit-dmc40 = { $domain } has { $count } labels and no record of its own. Receivers ask only some of the names above it, so that a record between may not be found.
audit-dmc41 = For { $domain } receivers that go by RFC 9989 apply "{ $walk_policy }", those that go by RFC 7489 and the public suffix list "{ $psl_policy }".
audit-dmc41-organization = The organizational domain is { $walk_domain } by RFC 9989 and { $psl_domain } by the public suffix list. Receivers differ in what aligns.
audit-dmc42 = { $domain } is a public suffix, and its record does not say "psd=y". Names below it may be taken for one organization.
audit-dmc43 = There is a DMARC record for { $domain }, and none of its { $messages } own messages passed. Once the policy is raised, all of them are lost.
audit-dmc43-nothing = There is a DMARC record for { $domain }, but neither an SPF record nor a DKIM key was found at it. Nothing can pass for this domain unless a sub-domain's does.
audit-dmc44 = { $domain } sends no mail, and the policy is only "{ $policy }". All mail in its name is forged; "reject" costs nothing.
audit-dmc45 = The policy at { $name } is "{ $policy }"; without it "{ $inherited }" of { $organization } would apply. Who forges takes this name.
audit-dmc46 = The record at { $name } asks for what { $organization } asks for anyway. When that is raised, this one stays behind.
audit-dmc47 = There is a BIMI record, and the policy for { $domain } is "{ $policy }" or is weakened by "sp", "t" or "pct". Receivers show no indicator without enforcement.
audit-dmc48 = The large receivers want SPF, DKIM and DMARC of those who send much. Not found for { $domain }: { $missing }.
audit-dmc49 = An SPF record stands at { $name }, where DMARC belongs. Nobody reads it there.
audit-dmc49-apex = A DMARC record stands at { $name } itself. Nobody reads it there; it belongs to "_dmarc" before the domain.
audit-dmc50 = Reports go to { $uri }, a mailbox within the same organization. It gets one compressed file for each receiver and day: leave it room, and let no filter take them.
