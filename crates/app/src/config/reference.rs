//! What can be written in the configuration: every key with its form, its default and an example. From this table are
//! made `config default`, `config show` and docs/configuration.md; the sentences are in `words`, `config.ftl`, under
//! `config-SECTION-KEY`. Tests hold the table and the keys that are read to each other, and the defaults to what the
//! program does when a key is absent.

/// A section: `[receiver]`, or one of several, `[[dns_list]]`.
pub(super) struct Section {
    /// Its name.
    pub(super) name: &'static str,
    /// How often it may stand there.
    pub(super) times: Times,
    /// Its keys.
    pub(super) rows: &'static [Row],
}

/// How often a section may stand in a file.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Times {
    /// Once.
    Once,
    /// As often as there is something to say.
    Several,
}

/// A key.
pub(super) struct Row {
    /// Its name; `"example.jp"` stands for any name.
    pub(super) name: &'static str,
    /// What it takes.
    pub(super) form: Form,
    /// What is without it.
    pub(super) default: Default,
}

/// What a key takes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Form {
    /// A text.
    Text,
    /// `true` or `false`.
    Boolean,
    /// A number.
    Number,
    /// `5s`, `500ms`, `14d`.
    Duration,
    /// One of these words.
    OneOf(&'static [&'static str]),
    /// A place to listen at, or several.
    Listen,
    /// A place to listen at.
    ListenOne,
    /// Mail addresses.
    Addresses,
    /// Permission bits in octal.
    Mode,
    /// An address with a port.
    Address,
    /// DNS servers.
    Servers,
    /// A domain name.
    Domain,
    /// Domain names; with a dot in front, all below them.
    Domains,
    /// Networks.
    Networks,
    /// `"all"`, or names.
    Users,
    /// A file, beside the configuration where it has no directory.
    File,
    /// A file, from the root.
    Path,
    /// A text with places for values.
    Template,
    /// Return codes of a list.
    Codes,
    /// Zones with an action for each.
    Lists,
    /// A mark for subjects.
    Subject,
    /// Header fields.
    Fields,
    /// Names of header fields.
    Names,
    /// Names under which receivers give results.
    Receivers,
    /// `true`, `false`, or names.
    Logins,
    /// Names of users of SMTP AUTH.
    LoginNames,
    /// Macros of the MTA, with values for each.
    Macros,
    /// Places to listen at.
    Listeners,
    /// Where a sender's address is taken from.
    Senders,
    /// Canonicalisations of header and body.
    Canonicalization,
    /// A domain name, or the author's.
    KeyDomain,
    /// Addresses and domains.
    Patterns,
    /// Names of keys.
    Keys,
    /// A day.
    Date,
    /// Domain names, each for itself.
    Audited,
    /// Selectors of keys.
    Selectors,
    /// Domains with days for each.
    DaysOf,
    /// Kinds of alerts.
    Kinds,
    /// How far a clock is ahead of UTC.
    Offset,
    /// Hours of a day.
    Hours,
    /// A moment of the week.
    Weekly,
    /// A program and its arguments.
    Command,
    /// Scopes of OAuth.
    Scopes,
    /// Groups, with what each may do.
    Groups,
}

/// What is without the key.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Default {
    /// As if this were written.
    Is(&'static str),
    /// What this phrase says (`config-default-…`); with an example of what could be written.
    Told(&'static str, &'static str),
}

/// The actions, from the mildest.
pub(super) const ACTIONS: &[&str] = &["accept", "label", "quarantine", "tempfail", "reject", "discard"];
const POLICIES: &[&str] = &["none", "quarantine", "reject"];
const STAGES: &[&str] = &["observe", "filter", "block"];
const HOLDING: &[&str] = &["fields", "hold", "both"];

const fn is(name: &'static str, form: Form, default: &'static str) -> Row {
    Row { name, form, default: Default::Is(default) }
}

const fn told(name: &'static str, form: Form, default: &'static str, example: &'static str) -> Row {
    Row { name, form, default: Default::Told(default, example) }
}

const fn action(name: &'static str, default: &'static str) -> Row {
    is(name, Form::OneOf(ACTIONS), default)
}

const fn usual_text(name: &'static str) -> Row {
    told(name, Form::Template, "usual", "\"5.7.1 {author}: see https://www.example.jp/mail\"")
}

/// All of them.
pub(super) fn sections() -> impl Iterator<Item = &'static Section> {
    SECTIONS.iter()
}

impl Section {
    /// `[receiver]` or `[[dns_list]]`.
    pub(super) fn head(&self) -> String {
        match self.times {
            Times::Once => format!("[{}]", self.name),
            Times::Several => format!("[[{}]]", self.name),
        }
    }

    /// The id of its sentence.
    pub(super) fn id(&self) -> String {
        format!("config-{}", self.name).replace(['.', '_'], "-")
    }

    /// The id of the sentence of one of its keys.
    pub(super) fn id_of(&self, row: &Row) -> String {
        let name = if self.has_names_for_keys() { "name" } else { row.name };
        format!("{}-{name}", self.id()).replace('_', "-")
    }

    /// Whether its keys are names that the operator knows.
    pub(super) fn has_names_for_keys(&self) -> bool {
        self.name == super::OWN_POLICIES
    }
}

impl Form {
    /// The id of its phrase; words to choose from need none.
    pub(super) fn id(self) -> Option<&'static str> {
        Some(match self {
            Self::OneOf(_) => return None,
            Self::Text => "config-form-text",
            Self::Boolean => "config-form-boolean",
            Self::Number => "config-form-number",
            Self::Duration => "config-form-duration",
            Self::Listen => "config-form-listen",
            Self::ListenOne => "config-form-listen-one",
            Self::Addresses => "config-form-addresses",
            Self::Mode => "config-form-mode",
            Self::Address => "config-form-address",
            Self::Servers => "config-form-servers",
            Self::Domain => "config-form-domain",
            Self::Domains => "config-form-domains",
            Self::Networks => "config-form-networks",
            Self::Users => "config-form-users",
            Self::File => "config-form-file",
            Self::Path => "config-form-path",
            Self::Template => "config-form-template",
            Self::Codes => "config-form-codes",
            Self::Lists => "config-form-lists",
            Self::Subject => "config-form-subject",
            Self::Fields => "config-form-fields",
            Self::Names => "config-form-names",
            Self::Receivers => "config-form-receivers",
            Self::Logins => "config-form-logins",
            Self::LoginNames => "config-form-login-names",
            Self::Macros => "config-form-macros",
            Self::Listeners => "config-form-listeners",
            Self::Senders => "config-form-senders",
            Self::Canonicalization => "config-form-canonicalization",
            Self::KeyDomain => "config-form-key-domain",
            Self::Patterns => "config-form-patterns",
            Self::Keys => "config-form-keys",
            Self::Date => "config-form-date",
            Self::Audited => "config-form-audited",
            Self::Selectors => "config-form-selectors",
            Self::DaysOf => "config-form-days-of",
            Self::Kinds => "config-form-kinds",
            Self::Offset => "config-form-offset",
            Self::Hours => "config-form-hours",
            Self::Weekly => "config-form-weekly",
            Self::Command => "config-form-command",
            Self::Scopes => "config-form-scopes",
            Self::Groups => "config-form-groups",
        })
    }
}

impl Default {
    /// What could be written: the default, where it can be.
    pub(super) fn example(self) -> &'static str {
        match self {
            Self::Is(text) | Self::Told(_, text) => text,
        }
    }
}

// A table: every section, in the order in which it is read.
const SECTIONS: &[Section] = &[
    Section {
        name: "receiver",
        times: Times::Once,
        rows: &[
            is("listen", Form::Listen, "\"inet:8894@127.0.0.1\""),
            told("socket_mode", Form::Mode, "umask", "\"0660\""),
            told("socket_owner", Form::Text, "process", "\"sekisho\""),
            told("socket_group", Form::Text, "process", "\"postfix\""),
            told("authserv_id", Form::Text, "host", "\"mx.example.jp\""),
            is("connections", Form::Number, "12000"),
            is("idle_timeout", Form::Duration, "\"7210s\""),
            is("stop_within", Form::Duration, "\"25s\""),
            is("stage", Form::OneOf(STAGES), "\"observe\""),
            told("blocked_authors", Form::Domains, "all", "[\".jp\"]"),
            is("quarantine", Form::OneOf(HOLDING), "\"fields\""),
            is("on_failure", Form::OneOf(&["accept", "tempfail"]), "\"accept\""),
            is("mixed_recipients", Form::OneOf(&["mildest", "strictest"]), "\"mildest\""),
        ],
    },
    Section {
        name: "daemon",
        times: Times::Once,
        rows: &[
            told("user", Form::Text, "as-started", "\"sekisho\""),
            told("pid_file", Form::Path, "none", "\"/run/sekisho/sekisho.pid\""),
            is("http", Form::Address, "\"127.0.0.1:8460\""),
            is("log", Form::OneOf(&["text", "json"]), "\"text\""),
        ],
    },
    Section {
        name: "ledger",
        times: Times::Once,
        rows: &[
            is("enabled", Form::Boolean, "true"),
            told("file", Form::File, "ledger", "\"/var/lib/sekisho/ledger.sqlite\""),
            is("durability", Form::OneOf(&["before-reply", "async"]), "\"before-reply\""),
            is("addresses", Form::OneOf(&["full", "hash", "none"]), "\"full\""),
            is("evidence", Form::OneOf(&["none", "notable", "all"]), "\"notable\""),
            is("keep_rows_days", Form::Number, "400"),
            is("keep_evidence_days", Form::Number, "30"),
            is("site", Form::Number, "0"),
        ],
    },
    Section {
        name: "dns",
        times: Times::Once,
        rows: &[
            told("resolvers", Form::Servers, "system", "[\"127.0.0.1:53\"]"),
            is("timeout", Form::Duration, "\"5s\""),
        ],
    },
    Section {
        name: "methods",
        times: Times::Once,
        rows: &[
            is("arc", Form::Boolean, "true"),
            is("iprev", Form::Boolean, "false"),
            is("null_mx", Form::Boolean, "false"),
            is("bimi", Form::Boolean, "false"),
            is("reports", Form::Boolean, "false"),
            is("atps", Form::Boolean, "false"),
            is("sender_id", Form::Boolean, "false"),
            is("domainkeys", Form::Boolean, "false"),
            is("adsp", Form::Boolean, "false"),
        ],
    },
    Section {
        name: "bimi",
        times: Times::Once,
        rows: &[
            told("roots", Form::File, "none", "\"roots.pem\""),
            is("fetch", Form::Boolean, "true"),
            is("evidence", Form::OneOf(&["required", "when-present", "ignored"]), "\"required\""),
        ],
    },
    Section {
        name: "dns_list",
        times: Times::Several,
        rows: &[
            told("zone", Form::Domain, "required", "\"list.example\""),
            told("kind", Form::OneOf(&["dnswl", "dnsbl", "rhsbl"]), "required", "\"dnsbl\""),
            told("public_zone", Form::Domain, "zone", "\"list.example\""),
            told("listed", Form::Codes, "every-code", "[\"127.0.0.2-127.0.0.9\"]"),
            told("refused", Form::Codes, "usual", "[\"127.0.0.255\"]"),
            is("text", Form::Boolean, "true"),
        ],
    },
    Section {
        name: "policy.dmarc",
        times: Times::Once,
        rows: &[
            action("none", "\"accept\""),
            action("quarantine", "\"quarantine\""),
            action("reject", "\"reject\""),
            action("temperror", "\"accept\""),
            action("spf_everyone", "\"accept\""),
            is("reject_alone", Form::OneOf(&["quarantine", "reject"]), "\"quarantine\""),
        ],
    },
    Section {
        name: "policy.from",
        times: Times::Once,
        rows: &[
            action("absent", "\"quarantine\""),
            action("repeated", "\"quarantine\""),
            action("malformed", "\"label\""),
            action("over_limit", "\"quarantine\""),
            action("with_policy", "\"reject\""),
        ],
    },
    Section {
        name: "policy.historic",
        times: Times::Once,
        rows: &[
            action("spf_fail", "\"accept\""),
            action("spf_softfail", "\"accept\""),
            action("spf_temperror", "\"accept\""),
            action("spf_permerror", "\"accept\""),
            action("adsp_fail", "\"accept\""),
            action("adsp_discard", "\"accept\""),
            action("adsp_nxdomain", "\"accept\""),
            action("sender_id_fail", "\"accept\""),
            action("domainkeys_fail", "\"accept\""),
        ],
    },
    Section {
        name: "policy.client",
        times: Times::Once,
        rows: &[
            action("null_mx", "\"accept\""),
            action("no_name", "\"accept\""),
            action("name_not_confirmed", "\"accept\""),
            action("arc_fail", "\"accept\""),
            told("lists", Form::Lists, "nothing", "{ \"list.example\" = \"reject\" }"),
        ],
    },
    Section {
        name: "policy.dsn",
        times: Times::Once,
        rows: &[action("of_others", "\"accept\""), action("of_nothing", "\"accept\"")],
    },
    Section { name: "policy.spam", times: Times::Once, rows: &[action("found", "\"accept\"")] },
    Section {
        name: "policy.memory",
        times: Times::Once,
        rows: &[
            is("remember", Form::Boolean, "false"),
            is("half_life_days", Form::Number, "14"),
            action("bad_domain", "\"accept\""),
            action("bad_client", "\"accept\""),
            is("bad_below", Form::Number, "200"),
            is("messages", Form::Number, "50"),
            action("replay", "\"accept\""),
            is("replay_count", Form::Number, "1000"),
            is("usual_count", Form::Number, "100"),
        ],
    },
    Section {
        name: "policy.exceptions",
        times: Times::Once,
        rows: &[
            is("networks", Form::Networks, "[]"),
            is("users", Form::Users, "\"all\""),
            is("forwarder_networks", Form::Networks, "[]"),
            is("forwarder_names", Form::Domains, "[]"),
            is("forwarder_domains", Form::Domains, "[]"),
            is("sealers", Form::Domains, "[]"),
            is("mailing_lists", Form::Domains, "[]"),
            is("allowed", Form::Domains, "[]"),
            is("denied", Form::Domains, "[]"),
            action("denied_action", "\"reject\""),
        ],
    },
    Section {
        name: "policy.domains",
        times: Times::Once,
        rows: &[told("\"example.jp\"", Form::OneOf(POLICIES), "nothing", "\"reject\"")],
    },
    Section {
        name: "results",
        times: Times::Once,
        rows: &[
            is("received_spf", Form::Boolean, "false"),
            is("explanation", Form::Boolean, "false"),
            is("foreign", Form::OneOf(&["keep", "remove"]), "\"keep\""),
            is("foreign_except", Form::Receivers, "[]"),
            told("spam_field", Form::Text, "none", "\"X-Spam-Flag\""),
            told("spam_score", Form::Text, "none", "\"5.0\""),
            told("spam_clients", Form::Networks, "every-client", "[\"127.0.0.1\"]"),
        ],
    },
    Section {
        name: "reports",
        times: Times::Once,
        rows: &[
            is("domains", Form::Domains, "[]"),
            told("file", Form::File, "reports", "\"reports.sqlite\""),
            told("senders", Form::File, "none", "\"senders.csv\""),
            told("lmtp", Form::ListenOne, "none", "\"inet:8461@127.0.0.1\""),
            told("recipients", Form::Addresses, "anybody", "[\"dmarc@example.jp\"]"),
            told("push", Form::ListenOne, "none", "\"inet:8462@127.0.0.1\""),
            told("push_tokens", Form::File, "required-with-push", "\"push-tokens\""),
            is("keep_days", Form::Number, "400"),
            told("keep_days_of", Form::DaysOf, "nothing", "{ \"example.jp\" = 1100, \"parked.example\" = 90 }"),
            is("keep_raw_days", Form::Number, "0"),
        ],
    },
    Section {
        name: "reports.send",
        times: Times::Once,
        rows: &[
            is("enabled", Form::Boolean, "true"),
            told("from", Form::Text, "required", "\"dmarc-reports@example.jp\""),
            told("submit", Form::Text, "required", "\"smtp://127.0.0.1:25\""),
            told("user", Form::Text, "none", "\"dmarc-reports\""),
            told("password_file", Form::File, "none", "\"submit-password\""),
            told("roots", Form::File, "public-roots", "\"roots.pem\""),
            told("name", Form::Text, "none", "\"DMARC reports\""),
            told("organization", Form::Text, "reporter", "\"Example Co., Ltd.\""),
            told("domain", Form::Domain, "from-domain", "\"example.jp\""),
            told("contact", Form::Text, "none", "\"https://www.example.jp/dmarc\""),
            is("every", Form::OneOf(&["day", "12h", "6h", "4h", "1h"]), "\"day\""),
            is("shape", Form::OneOf(&["rfc9990", "rfc7489"]), "\"rfc9990\""),
            is("except", Form::Domains, "[]"),
            is("never_to", Form::Patterns, "[]"),
            is("report_domains", Form::Domains, "[]"),
            is("spam_alone", Form::Boolean, "false"),
            is("envelope_to", Form::Boolean, "false"),
            told("bounces", Form::Text, "sender", "\"dmarc-bounces@example.jp\""),
            is("jitter", Form::Duration, "\"2h\""),
            is("retry", Form::Duration, "\"5m\""),
            is("give_up", Form::Duration, "\"3d\""),
            is("suppress", Form::Duration, "\"1d\""),
            is("suppress_most", Form::Duration, "\"90d\""),
            is("domain_reports", Form::Number, "24"),
            is("reports", Form::Number, "100000"),
            is("language", Form::OneOf(&["en", "ja"]), "\"en\""),
            is("in_doubt", Form::OneOf(&["sent", "again"]), "\"sent\""),
        ],
    },
    Section {
        name: "reports.alerts",
        times: Times::Once,
        rows: &[
            told("to", Form::Addresses, "or-webhook", "[\"postmaster@example.jp\"]"),
            told("from", Form::Text, "as-send", "\"sekisho@example.jp\""),
            told("submit", Form::Text, "as-send", "\"smtp://127.0.0.1:25\""),
            told("user", Form::Text, "none", "\"sekisho\""),
            told("password_file", Form::File, "none", "\"submit-password\""),
            told("webhook", Form::Text, "none", "\"https://hooks.example.jp/sekisho\""),
            told("webhook_token_file", Form::File, "none", "\"webhook-token\""),
            is("webhook_private", Form::Boolean, "false"),
            told("roots", Form::File, "public-roots", "\"roots.pem\""),
            is(
                "kinds",
                Form::Kinds,
                "[\"new-source\", \"pass-fell\", \"reporter-silent\", \"policy-changed\", \"key-gone\", \
                 \"reports-refused\", \"record-changed\", \"audit-worse\"]",
            ),
            is("language", Form::OneOf(&["en", "ja"]), "\"en\""),
            is("utc_offset", Form::Offset, "\"+00:00\""),
            told("quiet", Form::Hours, "none", "\"22:00-07:00\""),
            is("letters_per_day", Form::Number, "10"),
            is("digest", Form::Weekly, "\"monday 08:00\""),
            is("wait", Form::Duration, "\"12h\""),
            is("retry", Form::Duration, "\"1m\""),
            is("give_up", Form::Duration, "\"3d\""),
            is("learning_days", Form::Number, "7"),
            is("new_source_messages", Form::Number, "50"),
            is("pass_fall", Form::Number, "5"),
            is("pass_messages", Form::Number, "50"),
            is("silent_days", Form::Number, "4"),
            is("key_days", Form::Number, "7"),
            is("refused", Form::Number, "10"),
        ],
    },
    Section {
        name: "reports.failure",
        times: Times::Once,
        rows: &[
            is("dmarc", Form::Boolean, "false"),
            is("dkim", Form::Boolean, "false"),
            is("spf", Form::Boolean, "false"),
            is("only", Form::Domains, "[]"),
            told("header", Form::Names, "shown-fields", "[\"from\", \"message-id\"]"),
            told("key_file", Form::File, "redaction-key", "\"redaction.key\""),
            is("source_ip", Form::Boolean, "true"),
            is("to_each", Form::Number, "60"),
            is("in_all", Form::Number, "600"),
            is("alike", Form::Duration, "\"1h\""),
        ],
    },
    Section {
        name: "reports.milter",
        times: Times::Once,
        rows: &[
            told("addresses", Form::Addresses, "required", "[\"dmarc@example.jp\"]"),
            is("action", Form::OneOf(&["deliver", "swallow"]), "\"deliver\""),
            is("bytes", Form::Number, "67108864"),
        ],
    },
    Section { name: "reports.hosts", times: Times::Once, rows: &[is("lookup", Form::Boolean, "true")] },
    Section {
        name: "reports.geo",
        times: Times::Once,
        rows: &[
            told("country", Form::File, "none", "\"country.mmdb\""),
            told("asn", Form::File, "none", "\"asn.mmdb\""),
        ],
    },
    Section {
        name: "reports.imap",
        times: Times::Several,
        rows: &[
            told("name", Form::Text, "mailbox-name", "\"reports\""),
            told("server", Form::Text, "required", "\"imap.example.jp\""),
            told("port", Form::Number, "mailbox-port", "993"),
            is("security", Form::OneOf(&["tls", "starttls", "loopback"]), "\"tls\""),
            told("user", Form::Text, "required", "\"dmarc\""),
            told("password_file", Form::File, "or-token", "\"imap-password\""),
            told("token_file", Form::File, "none", "\"imap-token\""),
            told("roots", Form::File, "public-roots", "\"roots.pem\""),
            is("mailbox", Form::Text, "\"INBOX\""),
            is("after", Form::OneOf(&["keep", "seen", "move", "delete"]), "\"keep\""),
            told("move_to", Form::Text, "required-with-move", "\"Reports/read\""),
        ],
    },
    Section {
        name: "labels",
        times: Times::Once,
        rows: &[
            told("subject", Form::Subject, "none", "\"[meiwaku]\""),
            told(
                "fields",
                Form::Fields,
                "own-field",
                "[{ name = \"X-Sekisho-Verdict\", value = \"{action}; wanted={wanted}; reason={reason}; \
                 stage={stage}\", from = \"label\" }]",
            ),
        ],
    },
    Section {
        name: "replies",
        times: Times::Once,
        rows: &[
            usual_text("dmarc"),
            usual_text("dmarc_temperror"),
            usual_text("from"),
            usual_text("spf"),
            usual_text("spf_error"),
            usual_text("signing"),
            usual_text("sender_id"),
            usual_text("null_mx"),
            usual_text("reverse_name"),
            usual_text("arc"),
            usual_text("list"),
            usual_text("denied"),
            usual_text("own_policy"),
            usual_text("dsn"),
            usual_text("spam"),
            usual_text("reputation"),
            usual_text("replay"),
        ],
    },
    Section {
        name: "recipients",
        times: Times::Several,
        rows: &[
            told("domains", Form::Domains, "required", "[\"sub.example.jp\"]"),
            told("stage", Form::OneOf(STAGES), "receiver", "\"observe\""),
            told("quarantine", Form::OneOf(HOLDING), "receiver", "\"fields\""),
            told("blocked_authors", Form::Domains, "receiver", "[\".jp\"]"),
        ],
    },
    Section {
        name: "outgoing",
        times: Times::Once,
        rows: &[
            is("authenticated", Form::Logins, "true"),
            is("networks", Form::Networks, "[\"127.0.0.0/8\", \"::1\"]"),
            told("macros", Form::Macros, "nothing", "{ \"{daemon_name}\" = [\"ORIGINATING\"] }"),
            is("listeners", Form::Listeners, "[]"),
        ],
    },
    Section {
        name: "signing",
        times: Times::Once,
        rows: &[
            is("unsigned", Form::OneOf(&["accept", "tempfail", "reject"]), "\"accept\""),
            is("senders", Form::Senders, "[\"from\"]"),
            is("canonicalization", Form::Canonicalization, "\"relaxed/relaxed\""),
            told("expire_in", Form::Duration, "never", "\"14d\""),
            is("identity", Form::OneOf(&["none", "domain", "author"]), "\"none\""),
            is("oversign", Form::OneOf(&["recommended", "if-present", "from"]), "\"recommended\""),
            is("also", Form::Names, "[]"),
            is("except", Form::Names, "[]"),
            told("key_table", Form::File, "none", "\"keys.table\""),
            told("rule_table", Form::File, "none", "\"rules.table\""),
            is("key_readers", Form::OneOf(&["owner", "group"]), "\"owner\""),
        ],
    },
    Section {
        name: "signing.key",
        times: Times::Several,
        rows: &[
            told("domain", Form::KeyDomain, "required", "\"example.jp\""),
            told("selector", Form::Domain, "required", "\"s2026\""),
            told("file", Form::File, "required", "\"keys/example.jp.pem\""),
            told("name", Form::Text, "key-name", "\"main\""),
            told("algorithm", Form::OneOf(&["rsa-sha256", "ed25519-sha256"]), "key-file", "\"rsa-sha256\""),
        ],
    },
    Section {
        name: "signing.rule",
        times: Times::Several,
        rows: &[
            told("from", Form::Patterns, "required", "[\"example.jp\", \"*.example.jp\"]"),
            told("keys", Form::Keys, "required", "[\"main\"]"),
            told("users", Form::LoginNames, "every-client", "[\"taro\", \"*@example.jp\"]"),
            told("networks", Form::Networks, "every-client", "[\"192.0.2.0/24\"]"),
        ],
    },
    Section {
        name: "keys",
        times: Times::Once,
        rows: &[
            is("enabled", Form::Boolean, "true"),
            told("directory", Form::Path, "state", "\"/var/lib/sekisho/keys\""),
            is("algorithm", Form::OneOf(&["both", "rsa", "ed25519"]), "\"both\""),
            is("selector", Form::Template, "\"{algorithm}-{year}{month}-{n}\""),
            is("slot_selector", Form::Template, "\"{algorithm}{n}\""),
            is("rotate_after", Form::Duration, "\"180d\""),
            is("queue", Form::Duration, "\"5d\""),
            is("retry", Form::Duration, "\"1d\""),
            is("ttl", Form::Duration, "\"1h\""),
            is("revoked", Form::Duration, "\"14d\""),
            is("quiet", Form::Duration, "\"7d\""),
            is("check", Form::Duration, "\"6h\""),
            told("disclose", Form::File, "never", "\"/srv/www/dkim-keys\""),
            told("provider_zone", Form::Domain, "none", "\"dkim.provider.example\""),
            is("slots", Form::Number, "3"),
            told("identity_file", Form::File, "none", "\"keys.identity\""),
        ],
    },
    Section {
        name: "keys.zone",
        times: Times::Several,
        rows: &[
            told("zone", Form::Domain, "required", "\"example.jp\""),
            told("publish", Form::OneOf(&["print", "update", "zone-file", "hook"]), "required", "\"update\""),
            told("server", Form::Address, "required-by-way", "\"192.0.2.53:53\""),
            told("tsig_file", Form::File, "none", "\"tsig.key\""),
            told("file", Form::File, "required-by-way", "\"/etc/bind/dkim.example.jp.inc\""),
            told("reload", Form::Command, "none", "[\"/usr/sbin/rndc\", \"reload\", \"example.jp\"]"),
            told("hook", Form::Command, "required-by-way", "[\"/usr/local/bin/dns-hook\"]"),
            is("timeout", Form::Duration, "\"60s\""),
            told("servers", Form::Servers, "name-servers", "[\"192.0.2.53\", \"198.51.100.53\"]"),
        ],
    },
    Section {
        name: "audit",
        times: Times::Once,
        rows: &[
            is("domains", Form::Audited, "[]"),
            is("every", Form::Duration, "\"6h\""),
            is("selectors", Form::Selectors, "[]"),
            is("keep_days", Form::Number, "400"),
        ],
    },
    Section {
        name: "dashboard",
        times: Times::Once,
        rows: &[
            is("enabled", Form::Boolean, "true"),
            told("hosts", Form::Audited, "loopback", "[\"desk.example.jp\"]"),
            told("zone", Form::Text, "utc", "\"Asia/Tokyo\""),
            is("tls", Form::OneOf(&["none", "own", "proxy", "insecure"]), "\"none\""),
            told("certificate", Form::File, "none", "\"/etc/letsencrypt/live/desk.example.jp/fullchain.pem\""),
            told("key", Form::File, "none", "\"/etc/letsencrypt/live/desk.example.jp/privkey.pem\""),
            told("proxies", Form::Networks, "nobody", "[\"127.0.0.1\"]"),
            told("proxy_header", Form::Text, "nobody", "\"remote-user\""),
        ],
    },
    Section {
        name: "dashboard.openid",
        times: Times::Once,
        rows: &[
            told("issuer", Form::Text, "required", "\"https://id.example.jp/realms/mail\""),
            told("name", Form::Text, "issuer-host", "\"Example\""),
            told("client_id", Form::Text, "required", "\"sekisho\""),
            told("client_secret_file", Form::File, "none", "\"openid-secret\""),
            told("url", Form::Text, "required", "\"https://desk.example.jp\""),
            is("scopes", Form::Scopes, "[\"profile\", \"email\"]"),
            is("claim", Form::Text, "\"groups\""),
            told("groups", Form::Groups, "none", "[{ name = \"postmasters\", grant = \"admin\" }]"),
            is("admit", Form::OneOf(&["known", "groups"]), "\"known\""),
            is("private", Form::Boolean, "false"),
            told("roots", Form::File, "public-roots", "\"roots.pem\""),
        ],
    },
    Section {
        name: "audit.statement",
        times: Times::Several,
        rows: &[
            told("requirement", Form::Text, "required", "\"4-3\""),
            told("met", Form::Boolean, "required", "true"),
            told("by", Form::Text, "required", "\"関守 太郎\""),
            told("date", Form::Date, "required", "2026-11-01"),
            is("note", Form::Text, "\"\""),
        ],
    },
];
