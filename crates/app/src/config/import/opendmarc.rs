//! opendmarc.conf(5), of OpenDMARC 1.4.

use super::Fate::{Nothing, Read, Together};
use super::draft::Draft;
use super::{Line, Row, dataset, find, opendkim};

/// What several options say together.
pub(super) fn together(draft: &mut Draft, lines: &[Line]) {
    let rejects = find(lines, "RejectFailures");
    let holds = find(lines, "HoldQuarantinedMessages");
    let said = |line: Option<&Line>| line.and_then(Line::boolean);
    for line in [rejects, holds].into_iter().flatten().filter(|line| line.boolean().is_none()) {
        draft.bad(line);
    }
    match (said(rejects), rejects) {
        (Some(true), Some(line)) => {
            draft.set("receiver", "stage", "block", line);
            // "Rejected if they fail, or temp-failed if evaluation could not be completed": without another sign.
            draft.set("policy.dmarc", "reject_alone", "reject", line);
            draft.set("policy.dmarc", "temperror", "tempfail", line);
        }
        (Some(false), Some(line)) if said(holds) != Some(true) => draft.set("receiver", "stage", "observe", line),
        (Some(false), Some(line)) => draft.note(line, "import-held-too"),
        _ => {}
    }
    match (said(holds), holds) {
        (Some(true), Some(line)) => {
            if said(rejects) != Some(true) {
                draft.set("receiver", "stage", "filter", line);
            }
            draft.set("receiver", "quarantine", "hold", line);
        }
        (Some(false), Some(line)) => draft.set("receiver", "quarantine", "fields", line),
        _ => {}
    }
}

fn users(draft: &mut Draft, line: &Line) {
    match line.boolean() {
        Some(true) => draft.set("policy.exceptions", "users", "all", line),
        Some(false) => draft.set("policy.exceptions", "users", toml::Value::Array(Vec::new()), line),
        None => draft.bad(line),
    }
}

fn hosts(draft: &mut Draft, line: &Line) {
    let hosts = dataset::read_hosts(draft, line);
    dataset::networks(draft, hosts, "policy.exceptions", "networks");
}

/// `a.example,b.example`
fn sealers(draft: &mut Draft, line: &Line) {
    let domains = line.value.split(',').map(str::trim).filter(|domain| !domain.is_empty());
    domains.clone().for_each(|domain| draft.add("policy.exceptions", "sealers", domain, line));
    if domains.count() == 0 {
        draft.bad(line);
    }
}

/// A domain a line.
fn sealer_file(draft: &mut Draft, line: &Line) {
    let path = Line { value: format!("file:{}", line.value.trim_start_matches("file:")), ..line.clone() };
    for entry in dataset::read(draft, &path).map(|set| set.entries).unwrap_or_default() {
        draft.add("policy.exceptions", "sealers", &entry.name, &entry.line);
    }
}

fn required(draft: &mut Draft, line: &Line) {
    match line.boolean() {
        Some(true) => {
            ["absent", "repeated", "malformed"].iter().for_each(|key| draft.set("policy.from", key, "reject", line));
            draft.note(line, "import-from-alone");
        }
        Some(false) => draft.always(line),
        None => draft.bad(line),
    }
}

/// `%s` is the author domain.
fn reject_text(draft: &mut Draft, line: &Line) {
    let text = super::yenma::plain(line.value.trim_matches('"')).replace("%s", "{author}");
    draft.set("replies", "dmarc", format!("5.7.1 {text}"), line);
}

// A table: every option, in the order of the manual.
pub(super) const OPTIONS: &[Row] = &[
    Row("AuthservID", Read(opendkim::authserv_id)),
    Row("AuthservIDWithJobID", Nothing("import-no-field")),
    Row("AutoRestart", Nothing("import-no-service")),
    Row("AutoRestartCount", Nothing("import-no-service")),
    Row("AutoRestartRate", Nothing("import-no-service")),
    Row("Background", Nothing("import-no-service")),
    Row("BaseDirectory", Nothing("import-base")),
    Row("ChangeRootDirectory", Nothing("import-no-service")),
    Row("CopyFailuresTo", Nothing("import-no-rewriting")),
    Row("DomainWhitelist", Read(sealers)),
    Row("DomainWhitelistFile", Read(sealer_file)),
    Row("DomainWhitelistSize", Nothing("import-limits")),
    Row("DNSTimeout", Read(opendkim::dns_timeout)),
    Row("EnableCoredumps", Nothing("import-no-service")),
    Row("FailureReports", Nothing("import-no-reports")),
    Row("FailureReportsBcc", Nothing("import-no-reports")),
    Row("FailureReportsOnNone", Nothing("import-no-reports")),
    Row("FailureReportsSentBy", Nothing("import-no-reports")),
    Row("HistoryFile", Nothing("import-ledger")),
    Row("HoldQuarantinedMessages", Together),
    Row("IgnoreAuthenticatedClients", Read(users)),
    Row("IgnoreHosts", Read(hosts)),
    Row("IgnoreMailFrom", Nothing("import-no-exemption")),
    Row("IgnoreMailTo", Nothing("import-ledger")),
    Row("MilterDebug", Nothing("import-no-log")),
    Row("PidFile", Read(opendkim::pid_file)),
    Row("PublicSuffixList", Nothing("import-tree-walk")),
    Row("RecordAllMessages", Nothing("import-ledger")),
    Row("RejectFailures", Together),
    Row("RejectMultiValueFrom", Nothing("import-authors")),
    Row("RejectString", Read(reject_text)),
    Row("ReportCommand", Nothing("import-no-reports")),
    Row("RequiredHeaders", Read(required)),
    Row("Socket", Read(opendkim::socket)),
    Row("SoftwareHeader", Nothing("import-no-field")),
    Row("SPFIgnoreResults", Nothing("import-own-results")),
    Row("SPFSelfValidate", Nothing("import-own-results")),
    Row("Syslog", Nothing("import-no-log")),
    Row("SyslogFacility", Nothing("import-no-log")),
    Row("TemporaryDirectory", Nothing("import-no-debug")),
    Row("TrustedAuthservIDs", Nothing("import-own-results")),
    Row("UMask", Read(opendkim::umask)),
    Row("UserID", Read(opendkim::user)),
];
