//! opendkim.conf(5), of OpenDKIM 2.11.

use std::collections::BTreeMap;
use std::path::PathBuf;

use super::Fate::{Always, Nothing, Read, Together};
use super::draft::Draft;
use super::{Line, Program, Row, dataset, find, signing};

/// Where the configuration says that relative names begin.
pub(super) fn base_directory(program: Program, lines: &[Line]) -> Option<PathBuf> {
    let name = if program == Program::Yenma { "Service.Chdir" } else { "BaseDirectory" };
    find(lines, name).map(|line| PathBuf::from(&line.value)).filter(|path| path.is_absolute())
}

/// What several options say together.
pub(super) fn together(draft: &mut Draft, lines: &[Line]) {
    let mode = find(lines, "Mode");
    if mode.is_some_and(|mode| !mode.value.contains(['s', 'S'])) {
        let options = lines.iter().filter(|line| SIGNING.iter().any(|name| name.eq_ignore_ascii_case(&line.name)));
        options.for_each(|line| draft.note(line, "import-not-signing"));
    } else {
        origins(draft, lines);
        signing::take(draft, lines);
        signing::fields(draft, lines);
    }
    for line in ["SubDomains", "MultipleSignatures"].iter().filter_map(|name| find(lines, name)) {
        // What they say is in the rules.
        if line.boolean().is_some() { draft.always(line) } else { draft.bad(line) }
    }
    match mode {
        Some(mode) if !mode.value.contains(['v', 'V']) => draft.note(mode, "import-no-switch"),
        Some(mode) => draft.always(mode),
        None => {}
    }
}

/// Which mail is outgoing.
fn origins(draft: &mut Draft, lines: &[Line]) {
    if let Some(line) = find(lines, "InternalHosts") {
        let hosts = dataset::read(draft, line);
        dataset::networks(draft, hosts, "outgoing", "networks");
    }
    let mut macros = BTreeMap::<String, Vec<String>>::new();
    let mut from = None;
    if let Some(line) = find(lines, "MTA") {
        let names = dataset::read(draft, line).map(|set| set.entries).unwrap_or_default();
        macros.entry("{daemon_name}".to_owned()).or_default().extend(names.into_iter().map(|entry| entry.name));
        from = Some(line);
    }
    if let Some(line) = find(lines, "MacroList") {
        for entry in dataset::read(draft, line).map(|set| set.entries).unwrap_or_default() {
            // `name=a|b`, and `name|a|b` in files of old.
            let whole = entry.value.map_or(entry.name.clone(), |value| format!("{}|{value}", entry.name));
            let mut parts = whole.split('|').map(str::trim).filter(|part| !part.is_empty());
            let (name, values) = (parts.next().unwrap_or_default(), parts.map(str::to_owned).collect::<Vec<_>>());
            if values.is_empty() {
                draft.note_with(&entry.line, "import-macro-any", &[("value", name.into())]);
                continue;
            }
            // Long names stand in braces: `{daemon_name}`.
            let plain = name.trim_start_matches('{').trim_end_matches('}');
            let name = if plain.len() > 1 { format!("{{{plain}}}") } else { plain.to_owned() };
            macros.entry(name).or_default().extend(values);
        }
        if from.is_some() {
            draft.always(line);
        }
        from = from.or(Some(line));
    }
    macros.retain(|_, values| !values.is_empty());
    if let (Some(line), false) = (from, macros.is_empty()) {
        let list = |values: Vec<String>| toml::Value::Array(values.into_iter().map(toml::Value::from).collect());
        let table: toml::Table = macros.into_iter().map(|(name, values)| (name, list(values))).collect();
        draft.set("outgoing", "macros", table, line);
    }
}

/// `inet:8891@localhost`
pub(super) fn socket(draft: &mut Draft, line: &Line) {
    draft.text_of("receiver", "listen", line);
}

/// `user:group`: the group is that of the socket.
pub(super) fn user(draft: &mut Draft, line: &Line) {
    let (user, group) =
        line.value.split_once(':').map_or((line.value.as_str(), None), |(user, group)| (user, Some(group)));
    draft.set("daemon", "user", user.trim(), line);
    if let Some(group) = group {
        draft.set("receiver", "socket_group", group.trim(), line);
    }
}

/// What the mask leaves of reading and writing: nobody executes a socket.
pub(super) fn umask(draft: &mut Draft, line: &Line) {
    match u32::from_str_radix(&line.value, 8) {
        Ok(mask) if mask <= 0o777 => draft.set("receiver", "socket_mode", format!("{:04o}", 0o666 & !mask), line),
        _ => draft.bad(line),
    }
}

/// `HOSTNAME` is our default.
pub(super) fn authserv_id(draft: &mut Draft, line: &Line) {
    if line.value == "HOSTNAME" { draft.always(line) } else { draft.text_of("receiver", "authserv_id", line) }
}

pub(super) fn dns_timeout(draft: &mut Draft, line: &Line) {
    // Theirs waits for ever with 0; ours always comes to an end.
    if line.value == "0" { draft.note(line, "import-no-resolver") } else { draft.seconds_of("dns", "timeout", line) }
}

pub(super) fn pid_file(draft: &mut Draft, line: &Line) {
    draft.text_of("daemon", "pid_file", line);
}

/// `accept`, `tempfail`, and their first letters.
fn on_failure(draft: &mut Draft, line: &Line) {
    match line.value.to_ascii_lowercase().as_str() {
        "a" | "accept" => draft.set("receiver", "on_failure", "accept", line),
        "t" | "tempfail" => draft.set("receiver", "on_failure", "tempfail", line),
        _ => draft.note(line, "import-no-verdict"),
    }
}

/// What becomes of a signature that is broken or missing: nothing, in either program, if mail is accepted.
fn on_verdict(draft: &mut Draft, line: &Line) {
    let accepts = matches!(line.value.to_ascii_lowercase().as_str(), "a" | "accept");
    if accepts { draft.always(line) } else { draft.note(line, "import-no-verdict") }
}

fn canonicalization(draft: &mut Draft, line: &Line) {
    // A single word is for the header; the body is then simple.
    let both = if line.value.contains('/') { line.value.clone() } else { format!("{}/simple", line.value) };
    draft.set("signing", "canonicalization", both.to_ascii_lowercase(), line);
}

fn algorithm(draft: &mut Draft, line: &Line) {
    // RFC 8301 §3.1: rsa-sha1 must not be used to sign.
    let modern = ["rsa-sha256", "ed25519-sha256"].iter().any(|name| name.eq_ignore_ascii_case(&line.value));
    draft.note(line, if modern { "import-by-key" } else { "import-no-standard" });
}

fn key_bits(draft: &mut Draft, line: &Line) {
    if line.value == "1024" { draft.always(line) } else { draft.note(line, "import-no-standard") }
}

fn nameservers(draft: &mut Draft, line: &Line) {
    let servers = line.value.split(',').map(str::trim).filter(|server| !server.is_empty());
    servers.clone().for_each(|server| draft.add("dns", "resolvers", server, line));
    if servers.count() == 0 {
        draft.bad(line);
    }
}

fn peers(draft: &mut Draft, line: &Line) {
    let hosts = dataset::read(draft, line);
    dataset::networks(draft, hosts, "policy.exceptions", "networks");
}

fn senders(draft: &mut Draft, line: &Line) {
    for entry in dataset::read(draft, line).map(|set| set.entries).unwrap_or_default() {
        match entry.name.to_ascii_lowercase().as_str() {
            name @ ("from" | "sender") => draft.add("signing", "senders", name, &entry.line),
            name => draft.note_with(&entry.line, "import-no-sender", &[("value", name.into())]),
        }
    }
}

fn expiry(draft: &mut Draft, line: &Line) {
    if line.value == "0" { draft.always(line) } else { draft.seconds_of("signing", "expire_in", line) }
}

fn foreign_results(draft: &mut Draft, line: &Line) {
    match line.boolean() {
        Some(all) => draft.set("results", "foreign", if all { "remove" } else { "keep" }, line),
        None => draft.bad(line),
    }
}

fn safe_keys(draft: &mut Draft, line: &Line) {
    if line.boolean() == Some(true) { draft.always(line) } else { draft.note(line, "import-unsafe-keys") }
}

/// What has no meaning when nothing is signed.
const SIGNING: &[&str] = &[
    "Domain",
    "Selector",
    "KeyFile",
    "KeyTable",
    "SigningTable",
    "SubDomains",
    "MultipleSignatures",
    "InternalHosts",
    "MacroList",
    "MTA",
    "SignHeaders",
    "OmitHeaders",
    "OversignHeaders",
];

// A table: every option, in the order of the manual.
pub(super) const OPTIONS: &[Row] = &[
    Row("AllowSHA1Only", Nothing("import-no-standard")),
    Row("AlwaysAddARHeader", Always),
    Row("AuthservID", Read(authserv_id)),
    Row("AuthservIDWithJobID", Nothing("import-no-field")),
    Row("AutoRestart", Nothing("import-no-service")),
    Row("AutoRestartCount", Nothing("import-no-service")),
    Row("AutoRestartRate", Nothing("import-no-service")),
    Row("Background", Nothing("import-no-service")),
    Row("BaseDirectory", Nothing("import-base")),
    Row("BodyLengthDB", Nothing("import-no-length")),
    Row("BodyLengths", Nothing("import-no-length")),
    Row("BogusKey", Nothing("import-no-standard")),
    Row("CaptureUnknownErrors", Nothing("import-no-verdict")),
    Row("Canonicalization", Read(canonicalization)),
    Row("ChangeRootDirectory", Nothing("import-no-service")),
    Row("ClockDrift", Nothing("import-no-standard")),
    Row("Diagnostics", Nothing("import-no-debug")),
    Row("DiagnosticDirectory", Nothing("import-no-debug")),
    Row("DisableCryptoInit", Nothing("import-no-debug")),
    Row("DNSConnect", Nothing("import-no-resolver")),
    Row("DNSTimeout", Read(dns_timeout)),
    Row("Domain", Together),
    Row("DomainKeysCompat", Nothing("import-no-standard")),
    Row("DontSignMailTo", Nothing("import-no-recipients")),
    Row("EnableCoredumps", Nothing("import-no-service")),
    Row("ExemptDomains", Nothing("import-no-exemption")),
    Row("ExternalIgnoreList", Nothing("import-no-external")),
    Row("FinalPolicyScript", Nothing("import-no-script")),
    Row("FixCRLF", Nothing("import-no-rewriting")),
    Row("IdentityHeader", Nothing("import-no-identity")),
    Row("IdentityHeaderRemove", Nothing("import-no-identity")),
    Row("IgnoreMalformedMail", Nothing("import-no-required-fields")),
    Row("Include", Nothing("import-include")),
    Row("InternalHosts", Together),
    Row("KeepAuthResults", Nothing("import-own-results")),
    Row("KeepTemporaryFiles", Nothing("import-no-debug")),
    Row("KeyFile", Together),
    Row("KeyTable", Together),
    Row("LDAPAuthMechanism", Nothing("import-no-database")),
    Row("LDAPAuthName", Nothing("import-no-database")),
    Row("LDAPAuthRealm", Nothing("import-no-database")),
    Row("LDAPAuthUser", Nothing("import-no-database")),
    Row("LDAPBindPassword", Nothing("import-no-database")),
    Row("LDAPBindUser", Nothing("import-no-database")),
    Row("LDAPDisableCache", Nothing("import-no-database")),
    Row("LDAPKeepaliveIdle", Nothing("import-no-database")),
    Row("LDAPKeepaliveInterval", Nothing("import-no-database")),
    Row("LDAPKeepaliveProbes", Nothing("import-no-database")),
    Row("LDAPTimeout", Nothing("import-no-database")),
    Row("LDAPUseTLS", Nothing("import-no-database")),
    Row("LocalADSP", Nothing("import-no-standard")),
    Row("LogResults", Nothing("import-no-log")),
    Row("LogWhy", Nothing("import-no-log")),
    Row("MacroList", Together),
    Row("MaximumHeaders", Nothing("import-limits")),
    Row("MaximumSignaturesToVerify", Nothing("import-limits")),
    Row("MaximumSignedBytes", Nothing("import-no-length")),
    Row("MilterDebug", Nothing("import-no-log")),
    Row("Minimum", Nothing("import-no-cover")),
    Row("MinimumKeyBits", Read(key_bits)),
    Row("Mode", Together),
    Row("MTA", Together),
    Row("MTACommand", Nothing("import-no-reports")),
    Row("MultipleSignatures", Together),
    Row("MustBeSigned", Nothing("import-no-cover")),
    Row("Nameservers", Read(nameservers)),
    Row("NoHeaderB", Nothing("import-no-field")),
    Row("OmitHeaders", Together),
    Row("On-BadSignature", Read(on_verdict)),
    Row("On-Default", Read(on_verdict)),
    Row("On-DNSError", Read(on_failure)),
    Row("On-InternalError", Read(on_failure)),
    Row("On-KeyNotFound", Read(on_verdict)),
    Row("On-NoSignature", Read(on_verdict)),
    Row("On-PolicyError", Read(on_verdict)),
    Row("On-Security", Read(on_verdict)),
    Row("On-SignatureError", Read(on_verdict)),
    Row("OversignHeaders", Together),
    Row("PeerList", Read(peers)),
    Row("PidFile", Read(pid_file)),
    Row("POPDBFile", Nothing("import-no-database")),
    Row("Quarantine", Nothing("import-no-verdict")),
    Row("QueryCache", Nothing("import-no-resolver")),
    Row("RedirectFailuresTo", Nothing("import-no-rewriting")),
    Row("RemoveARAll", Read(foreign_results)),
    Row("RemoveARFrom", Nothing("import-remove-from")),
    Row("RemoveOldSignatures", Nothing("import-no-rewriting")),
    Row("ReplaceHeaders", Nothing("import-no-rewriting")),
    Row("ReplaceRules", Nothing("import-no-rewriting")),
    Row("ReportAddress", Nothing("import-no-reports")),
    Row("ReportBccAddress", Nothing("import-no-reports")),
    Row("RequestReports", Nothing("import-no-reports")),
    Row("RequiredHeaders", Nothing("import-no-required-fields")),
    Row("RequireSafeKeys", Read(safe_keys)),
    Row("ResignAll", Nothing("import-no-recipients")),
    Row("ResignMailTo", Nothing("import-no-recipients")),
    Row("ResolverConfiguration", Nothing("import-no-resolver")),
    Row("ResolverTracing", Nothing("import-no-resolver")),
    Row("ScreenPolicyScript", Nothing("import-no-script")),
    Row("SelectCanonicalizationHeader", Nothing("import-no-rewriting")),
    Row("Selector", Together),
    Row("SenderHeaders", Read(senders)),
    Row("SenderMacro", Nothing("import-no-database")),
    Row("SendReports", Nothing("import-no-reports")),
    Row("SetupPolicyScript", Nothing("import-no-script")),
    Row("SignatureAlgorithm", Read(algorithm)),
    Row("SignatureTTL", Read(expiry)),
    Row("SignHeaders", Together),
    Row("SigningTable", Together),
    Row("SMTPURI", Nothing("import-no-reports")),
    Row("Socket", Read(socket)),
    Row("SoftStart", Nothing("import-no-service")),
    Row("SoftwareHeader", Nothing("import-no-field")),
    Row("Statistics", Nothing("import-ledger")),
    Row("StatisticsName", Nothing("import-ledger")),
    Row("StatisticsPolicyScript", Nothing("import-no-script")),
    Row("StatisticsPrefix", Nothing("import-ledger")),
    Row("AnonymousStatistics", Nothing("import-ledger")),
    Row("StrictHeaders", Nothing("import-no-required-fields")),
    Row("StrictTestMode", Nothing("import-no-debug")),
    Row("SubDomains", Together),
    Row("Syslog", Nothing("import-no-log")),
    Row("SyslogFacility", Nothing("import-no-log")),
    Row("SyslogName", Nothing("import-no-log")),
    Row("SyslogSuccess", Nothing("import-no-log")),
    Row("TemporaryDirectory", Nothing("import-no-debug")),
    Row("TestDNSData", Nothing("import-no-debug")),
    Row("TestPublicKeys", Nothing("import-no-debug")),
    Row("TrustAnchorFile", Nothing("import-no-dnssec")),
    Row("TrustSignaturesFrom", Nothing("import-no-cover")),
    Row("UMask", Read(umask)),
    Row("UnboundConfigFile", Nothing("import-no-resolver")),
    Row("UnprotectedKey", Nothing("import-no-dnssec")),
    Row("UnprotectedPolicy", Nothing("import-no-dnssec")),
    Row("UserID", Read(user)),
    Row("VBR-Certifiers", Nothing("import-no-vbr")),
    Row("VBR-PurgeFields", Nothing("import-no-vbr")),
    Row("VBR-TrustedCertifiers", Nothing("import-no-vbr")),
    Row("VBR-TrustedCertifiersOnly", Nothing("import-no-vbr")),
    Row("VBR-Type", Nothing("import-no-vbr")),
    Row("WeakSyntaxChecks", Nothing("import-no-standard")),
];
