//! A piece of evidence as most messages have it, for the examples that store rows.

pub(crate) struct Found;

impl mailtext::Explain for Found {
    fn id(&self) -> &'static str {
        "spf-record-found"
    }

    fn rule(&self) -> Option<mailtext::Rule> {
        Some(mailtext::Rule("RFC 7208", "4.5"))
    }

    fn arguments(&self) -> Vec<(&'static str, mailtext::Value)> {
        let record = "v=spf1 ip4:192.0.2.0/24 include:_spf.provider.example -all";
        vec![("name", "sender.example".into()), ("data", record.into()), ("ttl_s", 3600_u64.into())]
    }
}
