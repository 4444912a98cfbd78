//! That a row holds what a record of an aggregate report needs (RFC 9990 §3.1.1.7 to §3.1.1.14).

use report::Row;
use report::vocabulary::Aligned;

use crate::codec::sample;

/// A record, element by element, taken from a row alone.
fn record(row: &Row) -> Option<Vec<(&'static str, String)>> {
    let evaluation = row.dmarc.authors.first()?;
    let published = evaluation.published.as_ref()?;
    let pass = |aligned: dmarc::Aligned| if aligned == dmarc::Aligned::Pass { "pass" } else { "fail" }.to_owned();
    let mut record = vec![
        ("domain", published.domain.to_string()),
        ("p", published.policy.as_str().to_owned()),
        ("sp", published.subdomain_policy?.as_str().to_owned()),
        ("adkim", published.dkim_mode.as_str().to_owned()),
        ("aspf", published.spf_mode.as_str().to_owned()),
        ("discovery_method", published.discovery.as_str().to_owned()),
        ("source_ip", row.client.ip?.to_string()),
        ("disposition", row.verdict.disposition.as_str().to_owned()),
        ("dkim", pass(evaluation.dkim_aligned_pass)),
        ("spf", pass(evaluation.spf_aligned_pass)),
        ("header_from", evaluation.author.to_string()),
        ("envelope_from", row.envelope.mail_from_domain.as_ref()?.to_string()),
        ("envelope_to", row.envelope.recipient_domains.first()?.to_string()),
    ];
    for reason in &row.verdict.overrides {
        record.push(("reason/type", reason.kind.as_str().to_owned()));
        record.push(("reason/comment", reason.comment.as_ref()?.to_string()));
    }
    for (signature, aligned) in row.dkim.iter().zip(&evaluation.dkim) {
        record.push(("dkim/domain", signature.domain.as_ref()?.to_string()));
        record.push(("dkim/selector", signature.selector.as_ref()?.to_string()));
        record.push(("dkim/result", signature.result.as_str().to_owned()));
        assert_ne!(*aligned, Aligned::Unknown);
    }
    let spf = row.spf.mail_from.as_ref()?;
    record.push(("spf/domain", spf.domain.as_ref()?.to_string()));
    record.push(("spf/result", spf.result.as_str().to_owned()));
    Some(record)
}

#[test]
fn every_element_has_its_source() {
    let want = [
        ("domain", "bank.example"),
        ("p", "reject"),
        ("sp", "quarantine"),
        ("adkim", "relaxed"),
        ("aspf", "strict"),
        ("discovery_method", "treewalk"),
        ("source_ip", "203.0.113.9"),
        ("disposition", "none"),
        ("dkim", "fail"),
        ("spf", "fail"),
        ("header_from", "mail.bank.example"),
        ("envelope_from", "mailer.example"),
        ("envelope_to", "city.example.jp"),
        ("reason/type", "mailing_list"),
        ("reason/comment", "list.example"),
        ("dkim/domain", "bank.example"),
        ("dkim/selector", "k2026"),
        ("dkim/result", "fail"),
        ("spf/domain", "mailer.example"),
        ("spf/result", "pass"),
    ];
    let found = record(&sample()).unwrap();
    let found: Vec<(&str, &str)> = found.iter().map(|(name, text)| (*name, text.as_str())).collect();
    assert_eq!(found, want);
}
