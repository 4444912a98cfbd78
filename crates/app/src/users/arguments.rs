//! What `user` takes.

use clap::{Args, Subcommand, ValueEnum};

use crate::cli::{LanguageName, SpfFormat};

/// `user`
#[derive(Args, Debug)]
pub(crate) struct UserArguments {
    #[command(subcommand)]
    pub(super) verb: UserVerb,
}

/// What is wanted of people.
#[derive(Subcommand, Debug)]
pub(super) enum UserVerb {
    /// Everybody, and what they may do
    List {
        /// Form of the output
        #[arg(long, value_name = "FORMAT", default_value = "text")]
        format: SpfFormat,
    },
    /// Let somebody in; the password is asked for, or read from standard input
    Add(AddArguments),
    /// Change what somebody may do, or how pages are shown
    Set(SetArguments),
    /// Forget somebody, with sessions and tokens; the log stays
    Remove {
        /// The name
        #[arg(value_name = "NAME")]
        name: String,
    },
    /// Set a password, which is asked for, or read from standard input; all sessions end
    Password(PasswordArguments),
    /// Tokens, with which programs ask the API
    Token {
        #[command(subcommand)]
        verb: TokenVerb,
    },
    /// Make a token for the first run, good once and for a day; who opens the dashboard with it becomes the first admin
    Setup {
        /// Form of the output
        #[arg(long, value_name = "FORMAT", default_value = "text")]
        format: SpfFormat,
    },
    /// Who is signed in, from where; or end that
    Sessions(SessionsArguments),
    /// Who did what, the newest first
    Log(LogArguments),
}

#[derive(Args, Debug)]
pub(super) struct AddArguments {
    /// The name: letters, digits, and . _ - + @
    #[arg(value_name = "NAME")]
    pub(super) name: String,
    /// What the person may do: viewer, operator or admin; with :DOMAIN,DOMAIN with these domains and those below alone
    #[arg(long, value_name = "ROLE[:DOMAINS]", required = true)]
    pub(super) grant: Vec<String>,
    /// Ask for no password: the person comes in by OpenID Connect, or with a token
    #[arg(long)]
    pub(super) no_password: bool,
    #[command(flatten)]
    pub(super) looks: Looks,
    #[command(flatten)]
    pub(super) identity: Identity,
}

#[derive(Args, Debug)]
pub(super) struct SetArguments {
    /// The name
    #[arg(value_name = "NAME")]
    pub(super) name: String,
    /// What the person may do from now on, in the place of all that was
    #[arg(long, value_name = "ROLE[:DOMAINS]")]
    pub(super) grant: Vec<String>,
    /// Let the person in no more; sessions end
    #[arg(long, conflicts_with = "enable")]
    pub(super) disable: bool,
    /// Let the person in again
    #[arg(long)]
    pub(super) enable: bool,
    #[command(flatten)]
    pub(super) looks: Looks,
    #[command(flatten)]
    pub(super) identity: Identity,
    /// Take the identity at the provider away
    #[arg(long, conflicts_with = "subject")]
    pub(super) no_subject: bool,
}

/// How pages are shown.
#[derive(Args, Debug)]
pub(super) struct Looks {
    /// Language of the pages [default: the browser's]
    #[arg(long, value_name = "LANGUAGE")]
    pub(super) language: Option<LanguageName>,
    /// Time zone of the pages, such as Asia/Tokyo [default: the server's]
    #[arg(long, value_name = "ZONE")]
    pub(super) zone: Option<String>,
    /// Colours of the pages
    #[arg(long, value_name = "THEME")]
    pub(super) theme: Option<ThemeName>,
}

/// Who somebody is for a provider of OpenID Connect.
#[derive(Args, Debug)]
pub(super) struct Identity {
    /// Issuer at OpenID Connect, as its tokens name it
    #[arg(long, value_name = "URL", requires = "subject")]
    pub(super) issuer: Option<String>,
    /// Subject there
    #[arg(long, value_name = "TEXT", requires = "issuer")]
    pub(super) subject: Option<String>,
}

/// The colours, as they are written.
#[derive(ValueEnum, Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum ThemeName {
    /// As the system has it
    Auto,
    /// Dark on light
    Light,
    /// Light on dark
    Dark,
}

#[derive(Args, Debug)]
pub(super) struct PasswordArguments {
    /// The name
    #[arg(value_name = "NAME")]
    pub(super) name: String,
    /// Take the password away
    #[arg(long)]
    pub(super) none: bool,
}

/// What is wanted of tokens.
#[derive(Subcommand, Debug)]
pub(super) enum TokenVerb {
    /// Make a token, and print it; it is not shown again
    Add(TokenArguments),
    /// The tokens that there are
    List {
        /// Of this person [default: all]
        #[arg(value_name = "NAME")]
        name: Option<String>,
        /// Form of the output
        #[arg(long, value_name = "FORMAT", default_value = "text")]
        format: SpfFormat,
    },
    /// Forget a token: nothing comes in with it any more
    Remove {
        /// Whose
        #[arg(value_name = "NAME")]
        name: String,
        /// Which, as the list names it
        #[arg(value_name = "ID")]
        id: String,
    },
}

#[derive(Args, Debug)]
pub(super) struct TokenArguments {
    /// Whose
    #[arg(value_name = "NAME")]
    pub(super) name: String,
    /// What for
    #[arg(long, value_name = "TEXT", default_value = "")]
    pub(super) label: String,
    /// What it may do, of what the person may [default: viewer]
    #[arg(long, value_name = "ROLE[:DOMAINS]")]
    pub(super) grant: Vec<String>,
    /// How long it is good, at most 366d
    #[arg(long, value_name = "TIME", default_value = "90d")]
    pub(super) expire_in: String,
    /// Form of the output
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub(super) format: SpfFormat,
}

#[derive(Args, Debug)]
pub(super) struct SessionsArguments {
    /// Of this person [default: all]
    #[arg(value_name = "NAME")]
    pub(super) name: Option<String>,
    /// End them
    #[arg(long, requires = "name")]
    pub(super) end: bool,
    /// Form of the output
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub(super) format: SpfFormat,
}

#[derive(Args, Debug)]
pub(super) struct LogArguments {
    /// What this person did; system:NAME for whoever typed a command
    #[arg(long, value_name = "NAME")]
    pub(super) by: Option<String>,
    /// What was done: sign-in, person-put, …
    #[arg(long, value_name = "WORD")]
    pub(super) verb: Option<String>,
    /// To what: a name, a domain, an id
    #[arg(long, value_name = "TEXT")]
    pub(super) object: Option<String>,
    /// From this time on: 2026-04-01, 2026-04-01T09:00:00Z
    #[arg(long, value_name = "TIME")]
    pub(super) from: Option<String>,
    /// Before this time
    #[arg(long, value_name = "TIME")]
    pub(super) to: Option<String>,
    /// How many lines at most
    #[arg(long, value_name = "NUMBER", default_value = "100")]
    pub(super) limit: u64,
    /// Check instead that no line was changed or taken away; prints the last digest, which is worth keeping elsewhere
    #[arg(long, conflicts_with_all = ["by", "verb", "object", "from", "to"])]
    pub(super) check: bool,
    /// Form of the output
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub(super) format: SpfFormat,
}
