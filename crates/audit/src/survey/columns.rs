//! What is counted: one yes-or-no question of each examined name, and of each whether it could be answered.

use dmarc::Policy;

use crate::survey::facts::{All, Applied, Examined, Found, MailClass, Proof, Reply, Search, SpfResult};

/// What a column says of a name.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Holds {
    /// Yes.
    Yes,
    /// No.
    No,
    /// A question was not answered, or what was answered does not tell.
    Unknown,
}

/// One column of a table.
#[derive(Clone, Copy, Debug)]
pub struct Column {
    /// Its name in CSV: the count; with `_pct` behind it, per cent; with `_unknown`, of how many it is not known.
    pub id: &'static str,
    /// Its name for people.
    pub sentence: &'static str,
    holds: fn(&Examined) -> Holds,
}

impl Column {
    /// What it says of a name.
    #[must_use]
    pub fn of(&self, examined: &Examined) -> Holds {
        (self.holds)(examined)
    }
}

/// The place of a column by its name.
#[must_use]
pub fn position(id: &str) -> Option<usize> {
    COLUMNS.iter().position(|column| column.id == id)
}

const fn column(id: &'static str, sentence: &'static str, holds: fn(&Examined) -> Holds) -> Column {
    Column { id, sentence, holds }
}

fn when(known: bool, holds: bool) -> Holds {
    match (known, holds) {
        (false, _) => Holds::Unknown,
        (true, true) => Holds::Yes,
        (true, false) => Holds::No,
    }
}

fn mail(examined: &Examined, class: MailClass) -> Holds {
    when(examined.mail.class != MailClass::Unanswered, examined.mail.class == class)
}

fn spf_all(examined: &Examined, all: All) -> Holds {
    match spf_published(examined) {
        Holds::Yes => when(true, examined.spf.all == Some(all)),
        other => other,
    }
}

fn spf_published(examined: &Examined) -> Holds {
    let spf = &examined.spf;
    when(spf.result != SpfResult::TempError || spf.is_published(), spf.is_published())
}

fn spf_result(examined: &Examined, result: SpfResult) -> Holds {
    when(examined.spf.result != SpfResult::TempError, examined.spf.result == result)
}

fn found(found: Found, holds: bool) -> Holds {
    when(found != Found::Unanswered, holds)
}

/// A policy as it is published, of a record that can be used as it is meant.
fn published(examined: &Examined, policy: Policy) -> Holds {
    let own = &examined.dmarc.own;
    found(own.found, own.found == Found::Valid && own.p == Some(policy))
}

fn applies(applied: &Applied) -> Holds {
    when(applied.search != Search::Unanswered, applied.search == Search::Found)
}

fn effective(applied: &Applied, policy: Policy) -> Holds {
    when(applied.search != Search::Unanswered, applied.policy == Some(policy))
}

fn selectors(selectors: &crate::survey::facts::Selectors) -> Holds {
    let is_there = !selectors.found.is_empty();
    when(is_there || selectors.unanswered == 0, is_there)
}

/// The columns, in order: those of the seed's table first.
pub const COLUMNS: &[Column] = &[
    column("spf", "survey-label-spf", spf_published),
    column("dmarc", "survey-label-dmarc", |one| found(one.dmarc.own.found, one.dmarc.own.found.is_published())),
    column("mx", "survey-label-mx", |one| mail(one, MailClass::Mx)),
    column("null_mx", "survey-label-null-mx", |one| mail(one, MailClass::NullMx)),
    column("a_only", "survey-label-a-only", |one| mail(one, MailClass::AddressOnly)),
    column("no_mail", "survey-label-no-mail", |one| mail(one, MailClass::None)),
    column("nxdomain", "survey-label-nxdomain", |one| mail(one, MailClass::NxDomain)),
    column("parked", "survey-label-parked", |one| {
        let known = !one.mail.reply.is_failed() && !one.name_servers.reply.is_failed();
        when(known || one.mail.parked.is_some(), one.mail.parked.is_some())
    }),
    column("spf_valid", "survey-label-spf-valid", |one| spf_result(one, SpfResult::Valid)),
    column("spf_invalid", "survey-label-spf-invalid", |one| spf_result(one, SpfResult::Invalid)),
    column("spf_fail", "survey-label-spf-fail", |one| spf_all(one, All::Fail)),
    column("spf_softfail", "survey-label-spf-softfail", |one| spf_all(one, All::SoftFail)),
    column("spf_neutral", "survey-label-spf-neutral", |one| spf_all(one, All::Neutral)),
    column("spf_pass", "survey-label-spf-pass", |one| spf_all(one, All::Pass)),
    column("dmarc_invalid", "survey-label-dmarc-invalid", |one| {
        let own = one.dmarc.own.found;
        found(own, matches!(own, Found::Invalid | Found::Several))
    }),
    column("dmarc_none", "survey-label-dmarc-none", |one| published(one, Policy::None)),
    column("dmarc_quarantine", "survey-label-dmarc-quarantine", |one| published(one, Policy::Quarantine)),
    column("dmarc_reject", "survey-label-dmarc-reject", |one| published(one, Policy::Reject)),
    column("dmarc_testing", "survey-label-dmarc-testing", |one| found(one.dmarc.own.found, one.dmarc.own.is_testing)),
    column("dmarc_rua", "survey-label-dmarc-rua", |one| found(one.dmarc.own.found, one.dmarc.own.rua > 0)),
    column("effective", "survey-label-effective", |one| applies(&one.dmarc.walk)),
    column("effective_none", "survey-label-effective-none", |one| effective(&one.dmarc.walk, Policy::None)),
    column("effective_quarantine", "survey-label-effective-quarantine", |one| {
        effective(&one.dmarc.walk, Policy::Quarantine)
    }),
    column("effective_reject", "survey-label-effective-reject", |one| effective(&one.dmarc.walk, Policy::Reject)),
    column("effective_psl", "survey-label-effective-psl", |one| applies(&one.dmarc.psl)),
    column("dkim_folder", "survey-label-dkim-folder", |one| {
        when(one.dkim.has_folder().is_some(), one.dkim.has_folder() == Some(true))
    }),
    column("dkim_listed", "survey-label-dkim-listed", |one| selectors(&one.dkim.listed)),
    column("dkim_learnt", "survey-label-dkim-learnt", |one| selectors(&one.dkim.learnt)),
    column("adsp", "survey-label-adsp", |one| found(one.adsp.found, one.adsp.found.is_published())),
    column("bimi", "survey-label-bimi", |one| found(one.bimi.found, one.bimi.found == Found::Valid)),
    column("mta_sts", "survey-label-mta-sts", |one| found(one.mta_sts.found, one.mta_sts.found == Found::Valid)),
    column("tls_rpt", "survey-label-tls-rpt", |one| found(one.tls_rpt.found, one.tls_rpt.found == Found::Valid)),
    column("dnssec", "survey-label-dnssec", |one| {
        when(one.dnssec != Proof::Unanswered, one.dnssec == Proof::Authenticated)
    }),
    column("wildcard", "survey-label-wildcard", |one| {
        let replies = [one.wildcard.name, one.wildcard.policy];
        let is_there = replies.contains(&Reply::Records);
        when(is_there || !replies.iter().any(|reply| reply.is_failed()), is_there)
    }),
    column("unanswered", "survey-label-unanswered", |one| when(true, one.unanswered_count > 0)),
];
