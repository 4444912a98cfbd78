//! Where a domain wishes to be told of results (RFC 6652): parsed and shown. Sending is decided elsewhere.

use mailtext::encode::{bytes_of_text, decode_quoted_printable};
use mailtext::{Domain, Explain, ReversePath, Rule, Value};

use crate::outcome::{Checked, Verdict};
use crate::record::Reports;

/// The wish of a domain to be told of one result.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ReportWish {
    /// Where the report goes, a whole address.
    pub address: String,
    /// Of how many such results in a hundred; the choice is the sender's.
    pub percentage: u8,
}

impl Checked {
    /// The wish to be told of this result, by the record in force. A record that was reached through `include` wishes
    /// nothing.
    #[must_use]
    pub fn report_wish(&self) -> Option<ReportWish> {
        // RFC 6652 §3: modifiers in a record reached by include must be ignored.
        let record = self.in_force.as_ref()?.record();
        record.reports.wish(self.domain()?, self.verdict)
    }
}

impl Reports {
    /// The wish to be told of `verdict` on `domain`; `None` when there is none.
    #[must_use]
    pub fn wish(&self, domain: &Domain, verdict: Verdict) -> Option<ReportWish> {
        // RFC 6652 §4: no reports of what is not requested.
        let local = self.address.as_ref().filter(|_| self.requested.includes(verdict))?;
        let local = String::from_utf8(decode_quoted_printable(&bytes_of_text(local))).ok()?;
        // RFC 6652 §3: the local part, an `@`, and the domain that SPF was checked for. What is no local part, or would
        // route the report to somebody else, is not used.
        let address = format!("{local}@{domain}");
        let path = ReversePath::parse(format!("<{address}>").as_bytes()).ok()?;
        let ours = path.domain_name() == Some(domain) && !local.starts_with('@');
        ours.then_some(ReportWish { address, percentage: self.percentage })
    }
}

impl Explain for ReportWish {
    fn id(&self) -> &'static str {
        match self {
            Self { .. } => "spf-report-wished",
        }
    }

    fn rule(&self) -> Option<Rule> {
        Some(Rule("RFC 6652", "3"))
    }

    fn arguments(&self) -> Vec<(&'static str, Value)> {
        vec![("address", self.address.as_str().into()), ("percentage", u64::from(self.percentage).into())]
    }
}

#[cfg(test)]
mod tests {
    use std::net::{IpAddr, Ipv4Addr};

    use super::*;
    use crate::{ExplanationUse, Identity, Limits, MailFrom, Record, Request, check_identity};

    fn wish(record: &str, verdict: Verdict) -> Option<(String, u8)> {
        let reports = Record::parse(record.as_bytes()).0.reports;
        reports.wish(&testkit::domain("example.jp"), verdict).map(|wish| (wish.address, wish.percentage))
    }

    #[test]
    fn what_a_record_wishes() {
        let to = |address: &str, percentage| Some((address.to_owned(), percentage));
        assert_eq!(wish("v=spf1 -all ra=postmaster", Verdict::Fail), to("postmaster@example.jp", 100));
        assert_eq!(
            wish("v=spf1 -all ra=spf=2Dreports rp=25 rr=e:f", Verdict::PermError),
            to("spf-reports@example.jp", 25)
        );
        assert_eq!(wish("v=spf1 -all ra=x rp=1/4", Verdict::Neutral), to("x@example.jp", 25));
        assert_eq!(wish("v=spf1 -all ra=x rr=e:f", Verdict::SoftFail), None);
        assert_eq!(wish("v=spf1 -all ra=x", Verdict::Pass), None);
        assert_eq!(wish("v=spf1 -all rp=5", Verdict::Fail), None);
        for not_local in ["a=40b", "=40evil.example=3Aa", "a=3E", "a=0D=0Ab", ""] {
            assert_eq!(wish(&format!("v=spf1 -all ra={not_local}"), Verdict::Fail), None, "{not_local}");
        }
    }

    #[test]
    fn include_is_ignored_and_redirect_is_not() {
        let zone = testkit::zone(
            "including.example. 60 TXT \"v=spf1 include:reporting.example -all\"\n\
             redirecting.example. 60 TXT \"v=spf1 redirect=reporting.example\"\n\
             reporting.example. 60 TXT \"v=spf1 ip4:192.0.2.1 -all ra=spf\"\n",
        );
        for (domain, wanted) in [
            ("including.example", None),
            ("redirecting.example", Some("spf@redirecting.example")),
            ("reporting.example", Some("spf@reporting.example")),
        ] {
            let checked = checked(&zone, domain);
            assert_eq!(checked.verdict, Verdict::Fail, "{domain}");
            assert_eq!(checked.report_wish().map(|wish| wish.address).as_deref(), wanted, "{domain}");
        }
    }

    fn checked(zone: &lookup::Zone, domain: &str) -> Checked {
        let path = ReversePath::parse(format!("a@{domain}").as_bytes());
        let request = Request {
            ip: IpAddr::V4(Ipv4Addr::new(198, 51, 100, 1)),
            helo: "",
            mail_from: MailFrom::from(&path),
            receiver: "unknown",
            now_s: 1_760_000_000,
            explanation: ExplanationUse::Skip,
        };
        testkit::block_on(check_identity(zone, &request, Identity::MailFrom, &Limits::default())).result
    }
}
