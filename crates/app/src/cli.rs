//! What can be written on the command line: the table from which help, completions and man pages are made.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum, ValueHint};

use crate::common::Needs;
use crate::config::verbs::ConfigArguments;
use crate::control::StatusArguments;
use crate::demo::DemoArguments;
use crate::desk::check::CheckArguments;
use crate::desk::record::RecordArguments;
use crate::keys::KeyArguments;
use crate::lists::ListArguments;
use crate::memory::replay::ReplayArguments;
use crate::memory::reputation::ReputationArguments;
use crate::reports::ReportArguments;
use crate::rules::PolicyArguments;
use crate::say::Language;
use crate::serve::ServeArguments;
use crate::stats::StatsArguments;
use crate::survey::SurveyArguments;
use crate::users::UserArguments;

/// The station where mail shows who it is from: SPF, DKIM, DMARC and all their kin, verified and explained.
///
/// Exit codes: 0 done; 1 done, and something asked about with --fail-on does not hold; 2 the command line is wrong;
/// 3 an input is unreadable or malformed (the others were still judged); 4 the configuration is wrong; 5 the network or
/// DNS is not usable; 6 the store; 70 an error of ours; 130 a signal ended a survey, which --resume goes on with.
#[derive(Parser, Debug)]
#[command(name = "sekisho", version, propagate_version = true, arg_required_else_help = true, max_term_width = 100)]
pub(crate) struct Cli {
    /// What stands before or behind every verb.
    #[command(flatten)]
    pub(crate) common: CommonArguments,
    /// The verb.
    #[command(subcommand)]
    pub(crate) verb: Verb,
}

/// What every verb takes.
#[derive(Args, Clone, Debug, Default)]
pub(crate) struct CommonArguments {
    /// Configuration file [default: /etc/sekisho/sekisho.toml if present]
    #[arg(long, value_name = "FILE", global = true, value_hint = ValueHint::FilePath)]
    pub(crate) config: Option<PathBuf>,
    /// State directory [default: /var/lib/sekisho for root, else $XDG_STATE_HOME/sekisho]
    #[arg(long, value_name = "DIR", global = true, value_hint = ValueHint::DirPath)]
    pub(crate) state: Option<PathBuf>,
    /// DNS server to ask, several times for several [default: the system's]
    #[arg(long, value_name = "ADDR:PORT", global = true)]
    pub(crate) resolver: Vec<String>,
    /// Time for one DNS question [default: 5s]
    #[arg(long, value_name = "TIME", global = true)]
    pub(crate) dns_timeout: Option<String>,
    /// Evaluate as if it were then: 2026-04-01T09:00:00Z, or seconds since 1970
    #[arg(long, value_name = "TIME", global = true)]
    pub(crate) at: Option<String>,
    /// Language of the output [default: by LC_ALL or LANG]
    #[arg(long, value_name = "LANGUAGE", global = true)]
    pub(crate) lang: Option<LanguageName>,
    /// Tell more on standard error; twice for still more
    #[arg(short, long, global = true, action = clap::ArgAction::Count)]
    pub(crate) verbose: u8,
}

/// The languages, as they are written.
#[derive(ValueEnum, Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum LanguageName {
    /// Japanese
    Ja,
    /// English
    En,
}

impl LanguageName {
    /// As it is written.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Ja => "ja",
            Self::En => "en",
        }
    }

    /// The language of this name; English where it is none.
    pub(crate) fn of(name: &str) -> Language {
        if name == Self::Ja.as_str() { Language::Japanese } else { Language::English }
    }
}

impl From<Language> for LanguageName {
    fn from(language: Language) -> Self {
        match language {
            Language::Japanese => Self::Ja,
            Language::English => Self::En,
        }
    }
}

/// The verbs.
#[derive(Subcommand, Debug)]
pub(crate) enum Verb {
    /// Run the milter that verifies and labels mail
    Serve(ServeArguments),
    /// Show the desk over a world that is made up: nothing leaves the machine, nothing stays but in a --state of yours
    Demo(DemoArguments),
    /// Verify all authentication of messages: SPF, DKIM, DMARC, ARC, BIMI, and the historic methods
    Verify(VerifyArguments),
    /// Make one SPF check; the first line of the output is the result
    Spf(SpfArguments),
    /// Sign a message with DKIM
    Sign(SignArguments),
    /// Validate the ARC chain of a message, and add one set to it
    Seal(SealArguments),
    /// Audit what domains publish: records, keys, the guideline's requirements, and what to publish instead
    Check(CheckArguments),
    /// Write records to publish: SPF, DMARC, keys, a parked domain's, a provider's
    Record(RecordArguments),
    /// DKIM keys and their life: made, published, rotated, revoked
    Key(KeyArguments),
    /// Reports of others about our mail: take them in, count them, advise
    Report(ReportArguments),
    /// Statistics of the mail that came here: shares of results, of mail kept away, of unsolicited mail
    Stats(StatsArguments),
    /// Surveys of many domains: their tables, and what changed between them
    Survey(SurveyArguments),
    /// Judge messages by the rules, or the mail of the ledger by other rules
    Policy(PolicyArguments),
    /// Reputations of the domains that messages authenticate
    Reputation(ReputationArguments),
    /// Signatures that came more than once
    Replay(ReplayArguments),
    /// Lists that change while the daemon runs: allowed, denied, trusted forwarders, trusted sealers
    List(ListArguments),
    /// People of the dashboard: what they may do, passwords, tokens, sessions, and the log of what they did
    User(UserArguments),
    /// Check the configuration, show it, or print one to begin with
    Config(ConfigArguments),
    /// Tell how the running daemon does
    Status(StatusArguments),
    /// Let the running daemon read its configuration again
    Reload,
    /// Print completions for a shell
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
    /// Print the manual page
    Man,
}

impl Verb {
    /// What the verb needs before it can begin.
    pub(crate) fn needs(&self) -> Needs {
        match self {
            Self::Demo(_)
            | Self::User(_)
            | Self::Config(_)
            | Self::Status(_)
            | Self::Reload
            | Self::Completions { .. }
            | Self::Man => Needs::Options,
            _ => Needs::Configuration,
        }
    }
}

/// `verify`
#[derive(Args, Debug)]
pub(crate) struct VerifyArguments {
    /// Message files, mbox files, Maildir directories; - for standard input
    #[arg(required = true, value_name = "FILE", value_hint = ValueHint::AnyPath)]
    pub(crate) files: Vec<PathBuf>,
    /// Address of the client that the message came from
    #[arg(long, value_name = "IP")]
    pub(crate) ip: Option<String>,
    /// Name that the client gave in HELO or EHLO
    #[arg(long, value_name = "NAME", allow_hyphen_values = true)]
    pub(crate) helo: Option<String>,
    /// Sender of the envelope; '<>' for none
    #[arg(long, value_name = "ADDRESS", allow_hyphen_values = true)]
    pub(crate) mail_from: Option<String>,
    /// Recipient of the envelope
    #[arg(long, value_name = "ADDRESS", allow_hyphen_values = true)]
    pub(crate) rcpt: Vec<String>,
    /// Name under which results are given [default: the host's name]
    #[arg(long, value_name = "ID", value_hint = ValueHint::Hostname)]
    pub(crate) authserv_id: Option<String>,
    /// Without --ip, take the client's address from the topmost Received field that has one
    #[arg(long)]
    pub(crate) trace: bool,
    /// Show each DNS answer and each rule, in order
    #[arg(long)]
    pub(crate) explain: bool,
    /// End with exit code 1 when one of these does not pass for a message
    #[arg(long, value_name = "METHODS", value_delimiter = ',')]
    pub(crate) fail_on: Vec<Method>,
    /// Fetch no documents over HTTPS, which BIMI would show
    #[arg(long)]
    pub(crate) no_fetch: bool,
    /// Write all DNS answers and documents used to this file
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) tape: Option<PathBuf>,
    /// Answer from such a file instead of DNS
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) replay: Option<PathBuf>,
    /// Accept what RFC 8301 forbids (rsa-sha1, short keys), for old mail; never silently, and never for DMARC
    #[arg(long)]
    pub(crate) legacy: bool,
    /// How DMARC finds the record that applies [default: treewalk]
    #[arg(long, value_name = "METHOD")]
    pub(crate) discovery: Option<Discovery>,
    /// Form of the output
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub(crate) format: VerifyFormat,
}

/// What `--fail-on` can ask about.
#[derive(ValueEnum, Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Method {
    /// SPF of the envelope sender
    Spf,
    /// At least one DKIM signature
    Dkim,
    /// DMARC
    Dmarc,
    /// The ARC chain
    Arc,
    /// The name of the client's address
    Iprev,
    /// The indicator of BIMI
    Bimi,
}

/// How DMARC finds its record.
#[derive(ValueEnum, Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Discovery {
    /// RFC 9989: the DNS tree walk
    Treewalk,
    /// RFC 7489: the public suffix list
    Psl,
}

/// The forms of `verify`'s output.
#[derive(ValueEnum, Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum VerifyFormat {
    /// For people
    Text,
    /// One JSON object per message and line
    Json,
    /// The Authentication-Results field
    Header,
}

/// `spf`
#[derive(Args, Debug)]
pub(crate) struct SpfArguments {
    /// Address of the client
    #[arg(long, value_name = "IP")]
    pub(crate) ip: String,
    /// Sender of the envelope; '<>' for none
    #[arg(long, value_name = "ADDRESS", allow_hyphen_values = true)]
    pub(crate) mail_from: Option<String>,
    /// Name that the client gave in HELO or EHLO
    #[arg(long, value_name = "NAME", allow_hyphen_values = true)]
    pub(crate) helo: Option<String>,
    /// Which identity is checked
    #[arg(long, value_name = "SCOPE", default_value = "mfrom")]
    pub(crate) scope: Scope,
    /// Judge this text as the domain's record, before it is published
    #[arg(long, value_name = "TXT")]
    pub(crate) record: Option<String>,
    /// Show each DNS answer and each rule, in order
    #[arg(long)]
    pub(crate) explain: bool,
    /// Form of the output
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub(crate) format: SpfFormat,
}

/// The identities of SPF and Sender ID.
#[derive(ValueEnum, Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Scope {
    /// The sender of the envelope
    Mfrom,
    /// The name in HELO or EHLO
    Helo,
    /// The purported responsible address of Sender ID, given with --mail-from (historic)
    Pra,
}

/// The forms of `spf`'s output.
#[derive(ValueEnum, Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum SpfFormat {
    /// For people; the first line is the result
    Text,
    /// One JSON object
    Json,
}

/// `sign`
#[derive(Args, Debug)]
pub(crate) struct SignArguments {
    /// The message [default: standard input]
    #[arg(value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) file: Option<PathBuf>,
    /// Signing domain (d=)
    #[arg(long, value_name = "DOMAIN")]
    pub(crate) domain: String,
    /// Selector (s=); one for all keys, or one for each in their order
    #[arg(long, value_name = "NAME", required = true)]
    pub(crate) selector: Vec<String>,
    /// Private key: PEM, or the base64 of an Ed25519 seed; several times for several signatures
    #[arg(long, value_name = "FILE", required = true, value_hint = ValueHint::FilePath)]
    pub(crate) key: Vec<PathBuf>,
    /// Algorithm [default: the key's]; one for all keys, or one for each in their order
    #[arg(long, value_name = "ALGORITHM")]
    pub(crate) algorithm: Vec<AlgorithmName>,
    /// Canonicalization of header and body (c=)
    #[arg(long, value_name = "HEADER/BODY", default_value = "relaxed/relaxed")]
    pub(crate) canonicalization: String,
    /// Fields to sign (h=), with commas or colons between [default: those of RFC 6376 §5.4.1]
    #[arg(long, value_name = "LIST")]
    pub(crate) header_fields: Option<String>,
    /// Identity (i=)
    #[arg(long, value_name = "IDENTITY", allow_hyphen_values = true)]
    pub(crate) identity: Option<String>,
    /// How long the signature holds (x=): 14d, 12h
    #[arg(long, value_name = "TIME")]
    pub(crate) expire_in: Option<String>,
}

/// `seal`
#[derive(Args, Debug)]
pub(crate) struct SealArguments {
    /// The message [default: standard input]
    #[arg(value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) file: Option<PathBuf>,
    /// Sealing domain (d=)
    #[arg(long, value_name = "DOMAIN")]
    pub(crate) domain: String,
    /// Selector (s=)
    #[arg(long, value_name = "NAME")]
    pub(crate) selector: String,
    /// Private key: PEM, or the base64 of an Ed25519 seed
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) key: PathBuf,
    /// Name under which results were given: whose Authentication-Results go into the set [default: the host's name]
    #[arg(long, value_name = "ID", value_hint = ValueHint::Hostname)]
    pub(crate) authserv_id: Option<String>,
    /// Canonicalization of header and body in the message signature (c=)
    #[arg(long, value_name = "HEADER/BODY", default_value = "relaxed/relaxed")]
    pub(crate) canonicalization: String,
    /// Fields that the message signature signs (h=), with commas or colons between [default: those of RFC 6376 §5.4.1]
    #[arg(long, value_name = "LIST")]
    pub(crate) header_fields: Option<String>,
    /// Validate by the answers in this file, which verify --tape has written, instead of DNS
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) replay: Option<PathBuf>,
}

/// The algorithms that are signed with.
#[derive(ValueEnum, Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum AlgorithmName {
    /// RSA with SHA-256
    #[value(name = "rsa-sha256")]
    RsaSha256,
    /// Ed25519 with SHA-256
    #[value(name = "ed25519-sha256")]
    Ed25519Sha256,
}
