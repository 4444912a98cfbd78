//! yenma.conf.

use super::Fate::{Always, Nothing, Read, Together};
use super::draft::Draft;
use super::{Line, Row, dataset, find, opendkim};

/// What several options say together.
pub(super) fn together(draft: &mut Draft, lines: &[Line]) {
    if let Some(line) = find(lines, "Dmarc.RejectAction") {
        reject_action(draft, line);
    }
    let code = find(lines, "Dmarc.RejectEnhancedStatusCode");
    match find(lines, "Dmarc.RejectMessage") {
        Some(message) => {
            let code = code.map_or("5.7.1", |line| line.value.as_str());
            draft.set("replies", "dmarc", format!("{code} {}", plain(&message.value)), message);
            find(lines, "Dmarc.RejectEnhancedStatusCode").into_iter().for_each(|line| draft.always(line));
        }
        None => code.into_iter().for_each(|line| draft.note(line, "import-no-code")),
    }
}

fn reject_action(draft: &mut Draft, line: &Line) {
    let action = line.value.to_ascii_lowercase();
    match action.as_str() {
        "none" => draft.set("receiver", "stage", "observe", line),
        "reject" | "discard" | "tempfail" => {
            draft.set("receiver", "stage", "block", line);
            draft.set("policy.dmarc", "reject", action.as_str(), line);
            draft.set("policy.dmarc", "reject_alone", "reject", line);
        }
        _ => draft.bad(line),
    }
}

/// A text as it stands in a template.
pub(super) fn plain(text: &str) -> String {
    text.replace('{', "{{").replace('}', "}}")
}

fn excluded(draft: &mut Draft, line: &Line) {
    let hosts = dataset::read(draft, line);
    dataset::networks(draft, hosts, "policy.exceptions", "networks");
}

fn switch(draft: &mut Draft, section: &'static str, key: &'static str, line: &Line) {
    match line.boolean() {
        Some(on) => draft.set(section, key, on, line),
        None => draft.bad(line),
    }
}

/// What is evaluated always.
fn required(draft: &mut Draft, line: &Line) {
    if line.boolean() == Some(true) { draft.always(line) } else { draft.note(line, "import-no-switch") }
}

fn void_lookups(draft: &mut Draft, line: &Line) {
    // RFC 7208 §4.6.4: two.
    if line.value == "2" { draft.always(line) } else { draft.note(line, "import-no-standard") }
}

// A table: every option.
pub(super) const OPTIONS: &[Row] = &[
    Row("Service.Chdir", Nothing("import-base")),
    Row("Service.PidFile", Read(opendkim::pid_file)),
    Row("Service.User", Read(opendkim::user)),
    Row("Service.ControlSocket", Nothing("import-no-control")),
    Row("Service.GracefulShutdownTimeout", Read(|draft, line| draft.seconds_of("receiver", "stop_within", line))),
    Row("Service.HoldTtyOpen", Nothing("import-no-service")),
    Row("Service.ExclusionBlocks", Read(excluded)),
    Row("Logging.Facility", Nothing("import-no-log")),
    Row("Logging.Mask", Nothing("import-no-log")),
    Row("Logging.Ident", Nothing("import-no-log")),
    Row("Milter.Socket", Read(opendkim::socket)),
    Row("Milter.Timeout", Read(|draft, line| draft.seconds_of("receiver", "idle_timeout", line))),
    Row("Milter.Backlog", Nothing("import-limits")),
    Row("Milter.DebugLevel", Nothing("import-no-log")),
    Row("Milter.LazyQidFetch", Always),
    Row("Resolver.Engine", Nothing("import-no-resolver")),
    Row("Resolver.ConfigFile", Nothing("import-no-resolver")),
    Row("Resolver.PoolSize", Nothing("import-no-resolver")),
    Row("Resolver.Timeout", Read(opendkim::dns_timeout)),
    Row("Resolver.RetryCount", Nothing("import-no-resolver")),
    Row("AuthResult.ServId", Read(opendkim::authserv_id)),
    Row("AuthResult.UseSpfHardfail", Nothing("import-no-hardfail")),
    Row("SPF.Verify", Read(required)),
    Row("SPF.AppendExplanation", Read(|draft, line| switch(draft, "results", "explanation", line))),
    Row("SPF.LookupSPFRR", Nothing("import-no-spf-type")),
    Row("SPF.LogPlusAllDirective", Nothing("import-no-log")),
    Row("SPF.VoidLookupLimit", Read(void_lookups)),
    Row("SIDF.Verify", Read(|draft, line| switch(draft, "methods", "sender_id", line))),
    Row("SIDF.AppendExplanation", Nothing("import-no-explanation")),
    Row("SIDF.LookupSPFRR", Nothing("import-no-spf-type")),
    Row("SIDF.LogPlusAllDirective", Nothing("import-no-log")),
    Row("SIDF.VoidLookupLimit", Read(void_lookups)),
    Row("Dkim.Verify", Read(required)),
    Row("Dkim.AcceptExpiredSignature", Nothing("import-no-standard")),
    Row("Dkim.AcceptFutureSignature", Nothing("import-no-standard")),
    Row("Dkim.SignHeaderLimit", Nothing("import-limits")),
    Row("Dkim.Rfc4871Compatible", Nothing("import-no-standard")),
    Row("Dkim.MinRSAKeyLength", Nothing("import-no-standard")),
    Row("Dkim.MaxClockSkew", Nothing("import-no-standard")),
    Row("Dkim.CanonDumpDir", Nothing("import-no-debug")),
    Row("DkimAtps.Verify", Read(|draft, line| switch(draft, "methods", "atps", line))),
    Row("DkimAdsp.Verify", Read(|draft, line| switch(draft, "methods", "adsp", line))),
    Row("Dmarc.Verify", Read(required)),
    Row("Dmarc.PublicSuffixList", Nothing("import-tree-walk")),
    Row("Dmarc.RejectAction", Together),
    Row("Dmarc.RejectReplyCode", Nothing("import-no-code")),
    Row("Dmarc.RejectEnhancedStatusCode", Together),
    Row("Dmarc.RejectMessage", Together),
];
