//! The IMAP client against a small server that can be told to break off anywhere, and against servers that mean harm.

#![allow(missing_docs, clippy::unwrap_used, clippy::panic)] // As in every test of this crate.

mod mail_support;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use mail_support::{Act, Authority, MailServerOfTest, Tls, eventually, say, self_signed};
use sekisho_net::imap::{
    After, Content, Disposed, Flag, ImapAccount, ImapError, ImapNotice, ImapSession, Mailbox, MailboxMessage,
    MailboxReader, watch_mailbox,
};
use sekisho_net::limits::{
    IMAP_RESPONSE_BYTES_MAX, IMAP_SEARCH_COUNT_MAX, IMAP_SHORT_PIECE_COUNT_MAX, TOKEN_BYTES_MAX,
};
use sekisho_net::mail_server::{ConnectError, Login, Lost, MailServer, Secret, Security};
use tokio::sync::oneshot;

const ALL: &str = "IMAP4rev1 IDLE MOVE UIDPLUS AUTH=PLAIN SASL-IR";

/// What a server keeps.
#[derive(Clone, Debug, Default)]
struct Box_ {
    uid_validity: u32,
    messages: BTreeMap<u32, (Vec<u8>, BTreeSet<String>)>,
    folders: BTreeMap<String, Vec<Vec<u8>>>,
}

type Shared = Arc<Mutex<Box_>>;

fn mailbox(texts: &[&str]) -> Shared {
    let messages = texts.iter().zip(1..);
    let messages = messages.map(|(text, uid)| (uid * 10, (text.as_bytes().to_vec(), BTreeSet::new()))).collect();
    Arc::new(Mutex::new(Box_ { uid_validity: 7, messages, folders: BTreeMap::new() }))
}

/// An IMAP server over a mailbox.
fn imap(capabilities: &'static str, mailbox: &Shared) -> impl FnMut(&str) -> Act + Send + use<> {
    let mailbox = Arc::clone(mailbox);
    let mut idle = None;
    move |line| {
        if line.is_empty() {
            return say("* OK IMAP4rev1 ready\r\n");
        }
        if line == "DONE" {
            return Act::Say(format!("{} OK idled\r\n", idle.take().unwrap()).into_bytes());
        }
        let (tag, command) = line.split_once(' ').unwrap_or((line, ""));
        let mut mailbox = mailbox.lock().unwrap();
        let words: Vec<_> = command.split(' ').collect();
        let data = match words.as_slice() {
            ["CAPABILITY"] => format!("* CAPABILITY {capabilities}\r\n").into_bytes(),
            ["SELECT", ..] => {
                let (exists, next) = (mailbox.messages.len(), mailbox.messages.keys().max().map_or(1, |uid| uid + 1));
                let validity = mailbox.uid_validity;
                format!("* FLAGS (\\Seen \\Deleted)\r\n* {exists} EXISTS\r\n* OK [UIDVALIDITY {validity}] is\r\n* OK [UIDNEXT {next}] is\r\n").into_bytes()
            }
            ["UID", "SEARCH", keys @ ..] => search(&mailbox, keys),
            ["UID", "FETCH", uid, .., piece] => fetch(&mailbox, uid.parse().unwrap(), piece),
            ["UID", "STORE", uid, "+FLAGS.SILENT", flag] => {
                let flag = flag.trim_matches(['(', ')']).to_owned();
                if let Some(message) = mailbox.messages.get_mut(&uid.parse().unwrap()) {
                    message.1.insert(flag);
                }
                Vec::new()
            }
            ["UID", verb @ ("COPY" | "MOVE"), uid, folder] => {
                let message = mailbox.messages.get(&uid.parse().unwrap()).map(|message| message.0.clone());
                let Some(folder) = mailbox.folders.get_mut(folder.trim_matches('"')) else {
                    return Act::Say(format!("{tag} NO [TRYCREATE] no such folder\r\n").into_bytes());
                };
                folder.extend(message);
                if *verb == "MOVE" { expunge(&mut mailbox, |of, _| of.to_string() == *uid) } else { Vec::new() }
            }
            ["CREATE", folder] => {
                mailbox.folders.insert(folder.trim_matches('"').to_owned(), Vec::new());
                Vec::new()
            }
            ["UID", "EXPUNGE", uid] => {
                expunge(&mut mailbox, |of, flags| of.to_string() == *uid && flags.contains("\\Deleted"))
            }
            ["EXPUNGE"] => expunge(&mut mailbox, |_, flags| flags.contains("\\Deleted")),
            ["IDLE"] => {
                idle = Some(tag.to_owned());
                return say("+ idling\r\n");
            }
            ["LOGOUT"] => return Act::Cut(format!("* BYE see you\r\n{tag} OK\r\n").into_bytes()),
            ["NOOP"] => format!("* {} EXISTS\r\n", mailbox.messages.len()).into_bytes(),
            _ => Vec::new(),
        };
        Act::Say([data, format!("{tag} OK done\r\n").into_bytes()].concat())
    }
}

fn search(mailbox: &Box_, keys: &[&str]) -> Vec<u8> {
    let mut found: Vec<u32> = mailbox.messages.keys().copied().collect();
    let has = |uid: &u32, flag: &str| mailbox.messages[uid].1.contains(flag);
    match keys {
        ["DELETED"] => found.retain(|uid| has(uid, "\\Deleted")),
        ["UID", range, rest @ ..] => {
            let (from, to) = range.split_once(':').unwrap();
            let last = found.last().copied().unwrap_or(0);
            let from: u32 = from.parse().unwrap();
            let to = to.parse().unwrap_or(last);
            // RFC 3501 §6.4.8: `*` is the last message, and a range has no order.
            let range = from.min(to)..=from.max(to);
            found.retain(|uid| range.contains(uid));
            if let ["UNKEYWORD", keyword] = rest {
                found.retain(|uid| !has(uid, keyword));
            }
        }
        other => panic!("{other:?}"),
    }
    let found: Vec<_> = found.iter().map(u32::to_string).collect();
    format!("* SEARCH {}\r\n", found.join(" ")).trim_end().as_bytes().iter().chain(b"\r\n").copied().collect()
}

fn fetch(mailbox: &Box_, uid: u32, piece: &str) -> Vec<u8> {
    let Some((bytes, _)) = mailbox.messages.get(&uid) else { return Vec::new() };
    let range = piece.strip_prefix("BODY.PEEK[]<").unwrap().strip_suffix(">)").unwrap();
    let (origin, length) = range.split_once('.').unwrap();
    let origin = origin.parse::<usize>().unwrap();
    let rest = bytes.get(origin..).unwrap_or_default();
    let part = &rest[..rest.len().min(length.parse().unwrap())];
    let head = format!("* 1 FETCH (UID {uid} RFC822.SIZE {} BODY[]<{origin}> {{{}}}\r\n", bytes.len(), part.len());
    [head.as_bytes(), part, b" FLAGS ())\r\n"].concat()
}

fn expunge(mailbox: &mut Box_, goes: impl Fn(u32, &BTreeSet<String>) -> bool) -> Vec<u8> {
    let mut told = Vec::new();
    mailbox.messages.retain(|uid, (_, flags)| {
        let goes = goes(*uid, flags);
        if goes {
            told.extend_from_slice(b"* 1 EXPUNGE\r\n");
        }
        !goes
    });
    told
}

fn account(port: u16) -> ImapAccount {
    let login = Login::password("user", Secret::new("sesame"));
    let mut account = ImapAccount::new(MailServer::new("localhost", port, Security::Loopback), login);
    account.command_timeout = Duration::from_secs(30);
    account.idle_interval = Duration::from_secs(1200);
    (account.retry_first, account.retry_max) = (Duration::from_millis(1), Duration::from_millis(2));
    account
}

/// Keeps what it reads, and says of each message what its text says.
struct Reader {
    mailbox: Shared,
    read: Arc<Mutex<Vec<(u32, Content)>>>,
    notices: Arc<Mutex<Vec<ImapNotice>>>,
    /// UIDVALIDITY and UID of what was read last, when that is to be known.
    last: Option<Option<(u32, u32)>>,
    /// Whether what is read may have flags already.
    may_have_flags: bool,
}

impl Reader {
    fn of(mailbox: &Shared) -> Self {
        Self {
            mailbox: Arc::clone(mailbox),
            read: Arc::default(),
            notices: Arc::default(),
            last: None,
            may_have_flags: false,
        }
    }
}

impl MailboxReader for Reader {
    async fn opened(&mut self, mailbox: &Mailbox) -> u32 {
        self.last.map_or(1, |last| mailbox.first_after(last))
    }

    async fn message(&mut self, message: MailboxMessage) -> After {
        let kept = self.mailbox.lock().unwrap().messages.get(&message.uid).cloned();
        let text = match &message.content {
            Content::Whole(bytes) => {
                let (there, flags) = kept.expect("it is still there");
                assert_eq!(&there, bytes);
                assert!(self.may_have_flags || flags.is_empty(), "nobody has touched it: {flags:?}");
                String::from_utf8_lossy(bytes).into_owned()
            }
            Content::TooLarge { .. } => "keep".to_owned(),
        };
        self.read.lock().unwrap().push((message.uid, message.content));
        if let Some(last) = &mut self.last {
            *last = Some((self.mailbox.lock().unwrap().uid_validity, message.uid));
        }
        match text.split(' ').next().unwrap() {
            "seen" => After::Flag(Flag::Seen),
            "flagged" => After::Flag(Flag::Flagged),
            "keyword" => After::Flag(Flag::Keyword("$Sekisho".to_owned())),
            "bad" => After::Flag(Flag::Keyword("a b".to_owned())),
            "move" => After::Move("読了/a".to_owned()),
            "delete" => After::Delete,
            "again" if self.read.lock().unwrap().len() < 3 => After::Again,
            _ => After::Keep,
        }
    }

    fn notice(&mut self, notice: ImapNotice) {
        self.notices.lock().unwrap().push(notice);
    }
}

/// Reads until this holds; what was read, and what was told.
async fn watch_until(
    account: ImapAccount,
    mut reader: Reader,
    what: &str,
    holds: impl FnMut() -> bool,
) -> (Vec<(u32, Content)>, Vec<ImapNotice>) {
    let (read, notices) = (Arc::clone(&reader.read), Arc::clone(&reader.notices));
    let (stop, stopped) = oneshot::channel();
    let task = tokio::spawn(async move {
        watch_mailbox(&account, &mut reader, async { drop(stopped.await) }).await;
    });
    eventually(what, holds).await;
    stop.send(()).unwrap();
    task.await.unwrap();
    let (read, notices) = (read.lock().unwrap().clone(), notices.lock().unwrap().clone());
    (read, notices)
}

fn disposed(notices: &[ImapNotice]) -> Vec<(u32, Disposed)> {
    let of = |notice: &ImapNotice| match notice {
        ImapNotice::Disposed { uid, disposed } => Some((*uid, *disposed)),
        _ => None,
    };
    notices.iter().filter_map(of).collect()
}

async fn serve(capabilities: &'static str, mailbox: &Shared) -> MailServerOfTest {
    let mailbox = Arc::clone(mailbox);
    MailServerOfTest::start(Tls::None, move |_| imap(capabilities, &mailbox)).await
}

const UTF7: &str = "&iq1Ohg-/a";

#[tokio::test]
async fn each_message_is_read_and_then_dealt_with_as_its_reader_says() {
    let texts = ["keep 1", "seen 2", "keyword 3", "move 4", "delete 5", "flagged 6", "bad 7"];
    for capabilities in [ALL, "IMAP4rev1 IDLE UIDPLUS", "IMAP4rev1"] {
        let mailbox = mailbox(&texts);
        let server = serve(capabilities, &mailbox).await;
        let mut account = account(server.port);
        account.poll_interval = Duration::from_secs(1200);
        let reader = Reader::of(&mailbox);
        let notices = Arc::clone(&reader.notices);
        let is_last = |notice: &ImapNotice| matches!(notice, ImapNotice::NotDisposed { uid: 70, .. });
        let all = move || notices.lock().unwrap().iter().any(is_last);
        let (read, notices) = watch_until(account, reader, "all are read", all).await;
        let want: Vec<_> =
            texts.iter().zip(1..).map(|(text, uid)| (uid * 10, Content::Whole(text.as_bytes().to_vec()))).collect();
        assert_eq!(read, want);
        let want = [
            (10, Disposed::Kept),
            (20, Disposed::Flagged),
            (30, Disposed::Flagged),
            (40, Disposed::Moved),
            (50, Disposed::Deleted),
            (60, Disposed::Flagged),
        ];
        assert_eq!(disposed(&notices), want, "{capabilities}");
        let mailbox = mailbox.lock().unwrap();
        let left: Vec<_> = mailbox
            .messages
            .iter()
            .map(|(uid, (_, flags))| (*uid, flags.iter().cloned().collect::<Vec<_>>().join(" ")))
            .collect();
        let want = [(10, ""), (20, "\\Seen"), (30, "$Sekisho"), (60, "\\Flagged"), (70, "")];
        assert_eq!(left, want.map(|(uid, flags)| (uid, flags.to_owned())), "{capabilities}");
        assert_eq!(mailbox.folders[UTF7], [b"move 4".to_vec()]);
    }
}

#[tokio::test]
async fn what_is_no_keyword_is_told_and_the_next_message_is_read() {
    let mailbox = mailbox(&["bad 1", "seen 2"]);
    let server = serve(ALL, &mailbox).await;
    let reader = Reader::of(&mailbox);
    let read = Arc::clone(&reader.notices);
    let (_, notices) =
        watch_until(account(server.port), reader, "the second", move || disposed(&read.lock().unwrap()).len() == 1)
            .await;
    let error = ImapError::BadKeyword("a b".to_owned());
    assert!(notices.contains(&ImapNotice::NotDisposed { uid: 10, error }), "{notices:?}");
}

#[tokio::test]
async fn others_that_are_marked_as_deleted_are_not_removed_with_ours() {
    let mailbox = mailbox(&["delete 1", "move 2", "other 3"]);
    mailbox.lock().unwrap().messages.get_mut(&30).unwrap().1.insert("\\Deleted".to_owned());
    let server = serve("IMAP4rev1", &mailbox).await;
    let reader = Reader { may_have_flags: true, ..Reader::of(&mailbox) };
    let told = Arc::clone(&reader.notices);
    let (_, notices) =
        watch_until(account(server.port), reader, "all", move || disposed(&told.lock().unwrap()).len() == 3).await;
    let want = [(10, Disposed::MarkedDeleted), (20, Disposed::MarkedDeleted), (30, Disposed::Kept)];
    assert_eq!(disposed(&notices), want);
    assert_eq!(mailbox.lock().unwrap().messages.len(), 3);
    assert_eq!(mailbox.lock().unwrap().folders[UTF7].len(), 1);
}

/// A message may be given twice, for between its reader's answer and the server's a connection can be cut. It is never
/// lost: for each line that is said, the connection is cut once before the server has done it, and once after.
#[tokio::test]
async fn a_connection_that_is_cut_anywhere_loses_nothing() {
    for capabilities in ["IMAP4rev1 IDLE", ALL] {
        let mut cut_count = 0;
        for (at, is_done) in (0..).flat_map(|at| [(at, false), (at, true)]) {
            let mailbox = mailbox(&["move 1", "delete 2", "keyword 3"]);
            let has_cut = Arc::new(Mutex::new(false));
            let server = serve_and_cut(capabilities, &mailbox, at, is_done, &has_cut).await;
            let reader = Reader { may_have_flags: true, ..Reader::of(&mailbox) };
            let seen = Arc::clone(&mailbox);
            let is_over = move || {
                let mailbox = seen.lock().unwrap();
                let left: Vec<_> =
                    mailbox.messages.iter().map(|(uid, (_, flags))| (*uid, flags.contains("$Sekisho"))).collect();
                left == [(30, true)]
            };
            let heard = server.heard.clone();
            let idles = move || heard.lock().unwrap().last().is_some_and(|line| line.ends_with(" IDLE"));
            let mut account = account(server.port);
            account.skip_keyword = Some("$Sekisho".to_owned());
            let (read, notices) = watch_until(account, reader, "all is done", move || is_over() && idles()).await;
            let uids: BTreeSet<_> = read.iter().map(|(uid, _)| *uid).collect();
            assert_eq!(uids, BTreeSet::from([10, 20, 30]), "{at} {is_done}");
            assert!(read.len() <= 4, "{at} {is_done}: one is given twice at most: {read:?}");
            let copies = mailbox.lock().unwrap().folders[UTF7].len();
            assert!((1..=2).contains(&copies), "{at} {is_done}: {copies}");
            if !*has_cut.lock().unwrap() {
                break;
            }
            let failures = notices.iter().filter(|notice| matches!(notice, ImapNotice::Failed { .. })).count();
            assert_eq!(failures, 1, "{at} {is_done}: {notices:?}");
            cut_count += 1;
        }
        assert!(cut_count > 20, "{capabilities}: {cut_count} places");
    }
}

/// A server whose first connection is cut at this line, when the line was done or before.
async fn serve_and_cut(
    capabilities: &'static str,
    mailbox: &Shared,
    at: usize,
    is_done: bool,
    has_cut: &Arc<Mutex<bool>>,
) -> MailServerOfTest {
    let (mailbox, has_cut) = (Arc::clone(mailbox), Arc::clone(has_cut));
    MailServerOfTest::start(Tls::None, move |number| {
        let (mut inner, has_cut) = (imap(capabilities, &mailbox), Arc::clone(&has_cut));
        let mut line_count = 0;
        move |line: &str| {
            line_count += 1;
            if number > 0 || line_count - 1 != at {
                return inner(line);
            }
            *has_cut.lock().unwrap() = true;
            match if is_done { inner(line) } else { say("") } {
                // All but the last bytes.
                Act::Say(bytes) => Act::Cut(bytes[..bytes.len().saturating_sub(4)].to_vec()),
                other => other,
            }
        }
    })
    .await
}

async fn open_with(
    capabilities: &'static str,
    change: impl Fn(&mut ImapAccount),
) -> (Result<ImapSession, ImapError>, Vec<String>) {
    let server = serve(capabilities, &mailbox(&["keep"])).await;
    let mut account = account(server.port);
    change(&mut account);
    let opened = ImapSession::open(&account).await;
    (opened, server.heard())
}

#[tokio::test]
async fn passwords_and_tokens_are_said_in_the_way_the_server_knows() {
    let password = |text: &'static str| {
        move |account: &mut ImapAccount| {
            account.login = Login::password("us\"er", Secret::new(text));
        }
    };
    for (capabilities, want) in [
        ("IMAP4rev1 AUTH=PLAIN SASL-IR", "S2 AUTHENTICATE PLAIN AHVzImVyAHNlc2FtZQ=="),
        ("IMAP4rev1", "S2 LOGIN \"us\\\"er\" \"sesame\""),
    ] {
        let (opened, heard) = open_with(capabilities, password("sesame")).await;
        opened.unwrap();
        assert_eq!(heard[2], want);
    }
    let (opened, heard) = open_with("IMAP4rev1 LOGINDISABLED", password("sesame")).await;
    assert_eq!(opened.err(), Some(ImapError::NoMechanism));
    assert_eq!(heard.len(), 2);

    let file = std::env::temp_dir().join(format!("sekisho-net-token-{}", std::process::id()));
    let path = file.clone();
    let token = move |account: &mut ImapAccount| {
        account.login = Login::TokenFile { user: "u@example.jp".to_owned(), path: path.clone() };
    };
    let (opened, _) = open_with("IMAP4rev1 AUTH=XOAUTH2 SASL-IR", &token).await;
    assert!(matches!(opened.err(), Some(ImapError::Token { .. })), "there is no file");
    let long = |length| "x".repeat(length);
    for (text, is_one) in [
        (String::new(), false),
        ("a b".to_owned(), false),
        ("a\nb".to_owned(), false),
        (long(TOKEN_BYTES_MAX + 1), false),
        (long(TOKEN_BYTES_MAX), true),
        (long(TOKEN_BYTES_MAX - 1), true),
        ("ya29.token\n".to_owned(), true),
    ] {
        std::fs::write(&file, &text).unwrap();
        let (opened, heard) = open_with("IMAP4rev1 AUTH=XOAUTH2 SASL-IR", &token).await;
        assert_eq!(opened.is_ok(), is_one, "{} bytes", text.len());
        let is_one = text.starts_with("ya29");
        let want = "S2 AUTHENTICATE XOAUTH2 dXNlcj11QGV4YW1wbGUuanABYXV0aD1CZWFyZXIgeWEyOS50b2tlbgEB";
        assert_eq!(heard.contains(&want.to_owned()), is_one);
    }
    let (opened, heard) = open_with("IMAP4rev1 AUTH=XOAUTH2 AUTH=OAUTHBEARER SASL-IR", &token).await;
    opened.unwrap();
    assert!(
        heard[2].starts_with("S2 AUTHENTICATE OAUTHBEARER bixhPXVAZXhhbXBsZS5qcCwBaG9zdD1sb2NhbGhvc3QB"),
        "{}",
        heard[2]
    );
    let (opened, _) = open_with("IMAP4rev1 AUTH=PLAIN", &token).await;
    assert_eq!(opened.err(), Some(ImapError::NoMechanism), "a token is no password");
    std::fs::remove_file(&file).unwrap();
}

/// A server that says this to a line that ends, or begins behind its tag, as told; otherwise it is a good one. `TAG` is
/// the line's tag.
async fn odd(acts: Vec<(&'static str, Act)>) -> MailServerOfTest {
    odd_with("IMAP4rev1 IDLE STARTTLS AUTH=PLAIN", Tls::None, acts).await
}

async fn odd_with(capabilities: &'static str, tls: Tls, acts: Vec<(&'static str, Act)>) -> MailServerOfTest {
    MailServerOfTest::start(tls, move |_| {
        let mailbox = mailbox(&["keep 1", "keep 2"]);
        let (mut inner, acts) = (imap(capabilities, &mailbox), acts.clone());
        move |line| {
            let (tag, command) = line.split_once(' ').unwrap_or((line, ""));
            let found = acts.iter().find(|(start, _)| match *start {
                "" => line.is_empty(),
                start => command.starts_with(start) || line == start,
            });
            let with_tag = |bytes: &[u8]| String::from_utf8_lossy(bytes).replace("TAG", tag).into_bytes();
            match found.map(|(_, act)| act) {
                None => inner(line),
                Some(Act::Say(bytes)) => Act::Say(with_tag(bytes)),
                Some(Act::StartTls(bytes)) => Act::StartTls(with_tag(bytes)),
                Some(act) => act.clone(),
            }
        }
    })
    .await
}

#[tokio::test]
async fn a_server_that_wants_to_be_asked_for_each_step_of_a_login() {
    let server = odd(vec![("AUTHENTICATE PLAIN", say("+ \r\n")), ("AHVzZXIAc2VzYW1l", say("S2 OK yes\r\n"))]).await;
    ImapSession::open(&account(server.port)).await.unwrap();
    // A refusal with a challenge, which is answered with nothing.
    let server = odd(vec![
        ("AUTHENTICATE PLAIN", say("+ \r\n")),
        ("AHVzZXIAc2VzYW1l", say("+ eyJzdGF0dXMiOiI0MDAifQ==\r\n")),
        ("\n", say("S2 NO [AUTHENTICATIONFAILED] no\r\n")),
    ])
    .await;
    let error = ImapSession::open(&account(server.port)).await.err();
    let code = Some("AUTHENTICATIONFAILED".to_owned());
    assert_eq!(error, Some(ImapError::Refused { command: "AUTHENTICATE", code, text: "no".to_owned() }));
    // A password that needs a literal.
    let server = odd_with(
        "IMAP4rev1",
        Tls::None,
        vec![("LOGIN \"user\" {3}", say("+ go on\r\n")), ("関", say("S2 OK yes\r\n"))],
    )
    .await;
    let mut with_literal = account(server.port);
    with_literal.login = Login::password("user", Secret::new("関"));
    ImapSession::open(&with_literal).await.unwrap();
}

#[tokio::test]
async fn tls_from_the_first_byte_and_after_starttls() {
    let authority = Authority::new();
    for security in [Security::Tls, Security::StartTls, Security::StartTlsIfOffered] {
        let acceptor = authority.tls("localhost");
        let (tls, acts) = match security {
            Security::Tls => (Tls::First(acceptor), vec![]),
            _ => (Tls::Later(acceptor), vec![("STARTTLS", Act::StartTls(b"TAG OK go\r\n".to_vec()))]),
        };
        let server = odd_with("IMAP4rev1 IDLE STARTTLS AUTH=PLAIN SASL-IR", tls, acts).await;
        let mut account = account(server.port);
        account.server.security = security;
        assert!(matches!(ImapSession::open(&account).await.err(), Some(ImapError::Connect(ConnectError::Tls { .. }))));
        account.server.roots.add_pem(authority.pem.as_bytes()).unwrap();
        let mut session = ImapSession::open(&account).await.unwrap();
        assert!(session.is_tls());
        assert_eq!(session.search_from(1).await.unwrap(), [10, 20]);
    }
}

#[tokio::test]
async fn starttls_that_is_not_what_it_should_be() {
    let tls = || Tls::Later(self_signed("localhost"));
    for (capabilities, acts) in [
        ("IMAP4rev1 AUTH=PLAIN", vec![]),
        // Who is logged in without a word is logged in as somebody else.
        ("IMAP4rev1 STARTTLS", vec![("", say("* PREAUTH hello\r\n"))]),
    ] {
        let server = odd_with(capabilities, tls(), acts).await;
        for security in [Security::StartTls, Security::StartTlsIfOffered] {
            let mut account = account(server.port);
            account.server.security = security;
            assert_eq!(ImapSession::open(&account).await.err(), Some(ImapError::NoStartTls));
        }
        assert_eq!(server.heard().iter().filter(|line| line.contains("AUTHENTICATE")).count(), 0);
    }
    let acts = vec![("STARTTLS", Act::StartTls(b"TAG OK go\r\n* CAPABILITY IMAP4rev1 AUTH=PLAIN\r\n".to_vec()))];
    let server = odd_with("IMAP4rev1 STARTTLS", tls(), acts).await;
    let mut account = account(server.port);
    account.server.security = Security::StartTls;
    match ImapSession::open(&account).await.err() {
        Some(ImapError::Connect(ConnectError::Tls { reason, .. })) => assert!(reason.contains("went on talking")),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn servers_that_refuse_or_mean_harm() {
    let too_long = ImapError::Lost { command: "", lost: Lost::TooLong { bytes_max: IMAP_RESPONSE_BYTES_MAX } };
    let of = |command, error: &ImapError| match error {
        ImapError::Lost { lost, .. } => ImapError::Lost { command, lost: lost.clone() },
        ImapError::NotImap { .. } => ImapError::NotImap { command },
        other => other.clone(),
    };
    let not_imap = ImapError::NotImap { command: "" };
    for (act, want) in [
        (say("* BYE too many\r\n"), ImapError::Bye("too many".to_owned())),
        (say("220 mail.example.jp ESMTP\r\n"), of("greeting", &not_imap)),
        (Act::Endless(b"* OK ".to_vec()), of("greeting", &too_long)),
        (Act::Cut(b"* OK".to_vec()), ImapError::Lost { command: "greeting", lost: Lost::Closed }),
    ] {
        let server = odd(vec![("", act)]).await;
        assert_eq!(ImapSession::open(&account(server.port)).await.err(), Some(want));
    }
    for (act, want) in [
        (say("TAG OK selected\r\n"), ImapError::NoUidValidity),
        (say("TAG BAD what\r\n"), ImapError::Bad { command: "SELECT", text: "what".to_owned() }),
        (say("A99 OK selected\r\n"), of("SELECT", &not_imap)),
        (say("* 1 FETCH (BODY[] {4194304}\r\n"), of("SELECT", &too_long)),
        (say("* 1 FETCH (BODY[] {99999999999999999999}\r\n"), of("SELECT", &too_long)),
        (Act::Endless(b"* X {0}\r\n ".to_vec()), of("SELECT", &too_long)),
        (Act::Endless(b"{0}\r\n".to_vec()), of("SELECT", &not_imap)),
        (say(format!("* 1 FETCH {}\r\n", "(".repeat(1_000_000))), of("SELECT", &not_imap)),
        (Act::Cut(b"* BYE going\r\n".to_vec()), ImapError::Bye("going".to_owned())),
    ] {
        let what = format!("{act:?}").chars().take(80).collect::<String>();
        let server = odd(vec![("SELECT", act)]).await;
        assert_eq!(ImapSession::open(&account(server.port)).await.err(), Some(want), "{what}");
    }
    // A literal that just fits with the line behind it, and one that does not.
    let room = IMAP_RESPONSE_BYTES_MAX - "* X {4194290}".len();
    for (length, want) in [(room - 1, None), (room, Some(of("SELECT", &too_long)))] {
        let text = format!("* X {{{length}}}\r\n{}\r\n* OK [UIDVALIDITY 7] is\r\nTAG OK\r\n", "x".repeat(length));
        let server = odd(vec![("SELECT", say(text))]).await;
        assert_eq!(ImapSession::open(&account(server.port)).await.err(), want, "{length}");
    }
    // Chatter without an end is cut off by the clock.
    let server = odd(vec![("SELECT", Act::Endless(b"* OK still here\r\n".to_vec()))]).await;
    let mut hasty = account(server.port);
    hasty.command_timeout = Duration::from_millis(1500);
    let error = ImapSession::open(&hasty).await.err();
    assert_eq!(error, Some(ImapError::Lost { command: "SELECT", lost: Lost::Silent }));
}

#[tokio::test]
async fn messages_in_pieces() {
    let text = "0123456789".repeat(10);
    let mailbox = mailbox(&[&text]);
    let server = serve(ALL, &mailbox).await;
    for piece_bytes in [1, 7, 10, 99, 100, 101] {
        for bytes_max in [99, 100, 101] {
            let account = ImapAccount { piece_bytes, message_bytes_max: bytes_max, ..account(server.port) };
            let mut session = ImapSession::open(&account).await.unwrap();
            let message = session.fetch(10).await.unwrap().unwrap();
            let want = match bytes_max {
                99 => Content::TooLarge { bytes: 100 },
                _ => Content::Whole(text.clone().into_bytes()),
            };
            assert_eq!(message, MailboxMessage { uid: 10, content: want }, "{piece_bytes} {bytes_max}");
            assert_eq!(session.fetch(11).await.unwrap(), None, "one that is not there");
            session.log_out().await;
        }
    }
}

#[tokio::test]
async fn pieces_that_are_odd() {
    let body = |text: &str| format!("* 1 FETCH (UID 10 RFC822.SIZE {{SIZE}} {text})\r\nTAG OK\r\n");
    let bytes_max = 1000;
    for (text, size, want) in [
        // The whole, where a piece was asked for.
        ("BODY[] {3}\r\nabc", 3, Ok(Some(Content::Whole(b"abc".to_vec())))),
        ("BODY[]<0> {3}\r\nabc", 3, Ok(Some(Content::Whole(b"abc".to_vec())))),
        // A size that is not true.
        ("BODY[]<0> {3}\r\nabc", 2, Ok(Some(Content::Whole(b"abc".to_vec())))),
        ("BODY[]<0> {3}\r\nabc", 1001, Ok(Some(Content::TooLarge { bytes: 1001 }))),
        ("BODY[]<0> NIL", 3, Ok(Some(Content::Whole(Vec::new())))),
        // A piece of somewhere else, and of something else.
        ("BODY[]<1> {3}\r\nabc", 3, Err(ImapError::NotImap { command: "UID FETCH" })),
        ("BODY[TEXT]<0> {3}\r\nabc", 3, Ok(None)),
        ("UID 11 BODY[]<0> {3}\r\nabc", 3, Ok(None)),
        // Larger than there is room for, whatever its size was said to be.
        (&format!("BODY[] {{1001}}\r\n{}", "a".repeat(1001)), 3, Ok(Some(Content::TooLarge { bytes: 1001 }))),
    ] {
        let server = odd(vec![("UID FETCH", say(body(text).replace("{SIZE}", &size.to_string())))]).await;
        let account = ImapAccount { message_bytes_max: bytes_max, ..account(server.port) };
        let mut session = ImapSession::open(&account).await.unwrap();
        let got = session.fetch(10).await.map(|message| message.map(|message| message.content));
        assert_eq!(got, want, "{}", &text[..text.len().min(40)]);
    }
}

#[tokio::test]
async fn crumbs_come_to_an_end() {
    let server = MailServerOfTest::start(Tls::None, |_| {
        let mut inner = imap(ALL, &mailbox(&["keep"]));
        move |line: &str| match line.split_once("BODY.PEEK[]<") {
            None => inner(line),
            Some((head, rest)) => {
                let (origin, tag) = (rest.split('.').next().unwrap(), head.split(' ').next().unwrap());
                say(format!("* 1 FETCH (UID 10 RFC822.SIZE 900000 BODY[]<{origin}> {{1}}\r\na)\r\n{tag} OK\r\n"))
            }
        }
    })
    .await;
    let mut session = ImapSession::open(&account(server.port)).await.unwrap();
    let error = session.fetch(10).await.err();
    assert_eq!(error, Some(ImapError::NotImap { command: "UID FETCH" }));
    let count = server.heard().iter().filter(|line| line.contains("BODY.PEEK")).count();
    assert!((IMAP_SHORT_PIECE_COUNT_MAX..IMAP_SHORT_PIECE_COUNT_MAX + 1000).contains(&count), "{count}");
}

#[tokio::test]
async fn a_mailbox_that_is_larger_than_an_answer_is_searched_range_by_range() {
    let size = u32::try_from(IMAP_SEARCH_COUNT_MAX).unwrap();
    // UIDs with a gap that is larger than a range: 5, and then as many as one answer may have and some more.
    let first = 3 * size;
    let server = MailServerOfTest::start(Tls::None, move |_| {
        let mut inner = imap(ALL, &mailbox(&["keep"]));
        move |line: &str| {
            let (tag, command) = line.split_once(' ').unwrap_or((line, ""));
            if command.starts_with("SELECT") {
                return say(format!(
                    "* {} EXISTS\r\n* OK [UIDVALIDITY 7] is\r\n* OK [UIDNEXT {}] is\r\n{tag} OK\r\n",
                    size + 8,
                    first + size + 7
                ));
            }
            let Some(range) = command.strip_prefix("UID SEARCH UID ") else { return inner(line) };
            let (from, to) = range.split_once(':').unwrap();
            let (from, to) = (from.parse().unwrap(), to.parse().unwrap_or(u32::MAX));
            let all = std::iter::once(5).chain(first..first + size + 7);
            let found: Vec<_> = all.filter(|uid| (from..=to).contains(uid)).map(|uid| uid.to_string()).collect();
            say(format!("* SEARCH {}\r\n{tag} OK\r\n", found.join(" ")))
        }
    })
    .await;
    let mut session = ImapSession::open(&account(server.port)).await.unwrap();
    let (mut next, mut found) = (1, Vec::new());
    loop {
        let uids = session.search_from(next).await.unwrap();
        let Some(last) = uids.last() else { break };
        next = last + 1;
        found.extend(uids);
    }
    let want: Vec<_> = std::iter::once(5).chain(first..first + size + 7).collect();
    assert!(found == want, "{} of {}", found.len(), want.len());
}

#[tokio::test]
async fn uids_that_mean_nothing_any_more_are_told_and_everything_is_read_again() {
    let mailbox = mailbox(&["keep 1", "keep 2"]);
    let kept = Arc::clone(&mailbox);
    let server = MailServerOfTest::start(Tls::None, move |number| {
        let (mut inner, kept) = (imap(ALL, &kept), Arc::clone(&kept));
        move |line: &str| {
            // Nothing but the first wait ends: the mailbox is made anew behind it.
            if number == 0 && line.ends_with(" IDLE") {
                kept.lock().unwrap().uid_validity = 8;
                return Act::Cut(Vec::new());
            }
            inner(line)
        }
    })
    .await;
    let reader = Reader { last: Some(Some((7, 10))), ..Reader::of(&mailbox) };
    let seen = Arc::clone(&reader.read);
    let (read, notices) =
        watch_until(account(server.port), reader, "both again", move || seen.lock().unwrap().len() == 3).await;
    let uids: Vec<_> = read.iter().map(|(uid, _)| *uid).collect();
    assert_eq!(uids, [20, 10, 20], "first what is behind 10, then everything");
    assert!(notices.contains(&ImapNotice::UidValidityChanged { before: 7, now: 8 }), "{notices:?}");
}

#[tokio::test]
async fn new_messages_are_read_with_idle_and_without() {
    for capabilities in ["IMAP4rev1 IDLE", "IMAP4rev1"] {
        let mailbox = mailbox(&["keep 1"]);
        let kept = Arc::clone(&mailbox);
        let server = MailServerOfTest::start(Tls::None, move |_| {
            let (mut inner, kept) = (imap(capabilities, &kept), Arc::clone(&kept));
            move |line: &str| {
                let is_wait = line.ends_with(" IDLE") || line.ends_with(" NOOP");
                if is_wait && kept.lock().unwrap().messages.len() == 1 {
                    kept.lock().unwrap().messages.insert(20, (b"keep 2".to_vec(), BTreeSet::new()));
                    return match inner(line) {
                        Act::Say(bytes) => Act::Say([&bytes[..], b"* 2 EXISTS\r\n"].concat()),
                        other => other,
                    };
                }
                inner(line)
            }
        })
        .await;
        let mut account = account(server.port);
        account.poll_interval = Duration::from_millis(20);
        let reader = Reader::of(&mailbox);
        let seen = Arc::clone(&reader.read);
        let (read, notices) = watch_until(account, reader, "both", move || seen.lock().unwrap().len() == 2).await;
        assert_eq!(read[1], (20, Content::Whole(b"keep 2".to_vec())));
        assert!(!notices.iter().any(|notice| matches!(notice, ImapNotice::Failed { .. })), "{notices:?}");
        assert_eq!(server.count("connected"), 1);
    }
}

#[tokio::test]
async fn idle_is_ended_and_begun_anew() {
    let mailbox = mailbox(&["keep 1"]);
    let server = serve(ALL, &mailbox).await;
    let mut account = account(server.port);
    account.idle_interval = Duration::from_millis(20);
    let heard = server.heard.clone();
    let count = move || heard.lock().unwrap().iter().filter(|line| *line == "DONE").count();
    let (_, notices) = watch_until(account, Reader::of(&mailbox), "three times", move || count() >= 3).await;
    assert!(!notices.iter().any(|notice| matches!(notice, ImapNotice::Failed { .. })), "{notices:?}");
    assert_eq!(server.count("connected"), 1);
}

#[tokio::test]
async fn a_message_that_could_not_be_dealt_with_is_given_again_before_those_behind_it() {
    let mailbox = mailbox(&["again 1", "keep 2"]);
    let server = serve(ALL, &mailbox).await;
    let reader = Reader::of(&mailbox);
    let seen = Arc::clone(&reader.read);
    let (read, notices) =
        watch_until(account(server.port), reader, "the second", move || seen.lock().unwrap().len() == 4).await;
    let uids: Vec<_> = read.iter().map(|(uid, _)| *uid).collect();
    assert_eq!(uids, [10, 10, 10, 20]);
    let count = notices.iter().filter(|notice| matches!(notice, ImapNotice::Again { uid: 10, .. })).count();
    assert_eq!(count, 2);
}

/// Waits in the middle of a message for what the test says.
struct Slow {
    begun: Option<oneshot::Sender<()>>,
    go_on: Option<oneshot::Receiver<()>>,
    ended: Arc<Mutex<bool>>,
}

impl MailboxReader for Slow {
    async fn opened(&mut self, _: &Mailbox) -> u32 {
        1
    }

    async fn message(&mut self, _: MailboxMessage) -> After {
        self.begun.take().unwrap().send(()).unwrap();
        self.go_on.take().unwrap().await.unwrap();
        *self.ended.lock().unwrap() = true;
        After::Delete
    }

    fn notice(&mut self, _: ImapNotice) {}
}

#[tokio::test]
async fn who_has_begun_with_a_message_ends_it_before_the_end() {
    let mailbox = mailbox(&["delete 1", "delete 2"]);
    let server = serve(ALL, &mailbox).await;
    let (begun, has_begun) = oneshot::channel();
    let (go, go_on) = oneshot::channel();
    let ended = Arc::new(Mutex::new(false));
    let mut reader = Slow { begun: Some(begun), go_on: Some(go_on), ended: Arc::clone(&ended) };
    let (stop, stopped) = oneshot::channel();
    let account = account(server.port);
    let task = tokio::spawn(async move { watch_mailbox(&account, &mut reader, async { drop(stopped.await) }).await });
    has_begun.await.unwrap();
    stop.send(()).unwrap();
    go.send(()).unwrap();
    task.await.unwrap();
    assert!(*ended.lock().unwrap());
    let left: Vec<_> = mailbox.lock().unwrap().messages.keys().copied().collect();
    assert_eq!(left, [20], "the first was dealt with to its end, the second was not begun with");
    assert!(server.heard().last().unwrap().ends_with("LOGOUT"));
}

#[tokio::test]
async fn nobody_there_is_tried_again_until_the_end() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    drop(listener);
    let mailbox = mailbox(&[]);
    let reader = Reader::of(&mailbox);
    let told = Arc::clone(&reader.notices);
    let (_, notices) = watch_until(account(port), reader, "five times", move || told.lock().unwrap().len() >= 5).await;
    for notice in notices {
        match notice {
            ImapNotice::Failed { error: ImapError::Connect(ConnectError::Unreachable { .. }), pause } => {
                assert!(pause <= Duration::from_millis(2));
            }
            other => panic!("{other:?}"),
        }
    }
}
