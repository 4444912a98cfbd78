### What is historic (ADS).

## ADSP and the rest

audit-ads01 = There is an ADSP record at { $name }. ADSP is historic since 2013; DMARC took its place, and the few receivers that still read it may refuse mail that a mailing list changed.
audit-ads01-discardable = The ADSP record at { $name } says "discardable". ADSP is historic since 2013, and a receiver that still reads it throws away mail whose signature a mailing list or a forwarder broke.
audit-ads02 = The ADSP record at { $name } says "{ $text }", which is none of "unknown", "all" and "discardable"; it counts as "unknown".
audit-ads03 = There are ATPS records below { $name }. ATPS is an experiment that hardly any receiver evaluates: signatures of third parties help DMARC nowhere.
audit-ads04 = There is a policy of DomainKeys at { $name }. DKIM replaced DomainKeys in 2007; nobody needs the record any more.
audit-ads05 = There is a record at { $name } that asks for reports on DKIM failures (RFC 6651). Hardly any receiver sends them; DMARC reports tell the same.
