//! Golden conversations: `testdata/cases/milter/NN-name.in` is what the MTA sends and what the filter says to it, one
//! line each; `.want` what comes of it; `.why` where that is written. `SEKISHO_BLESS=1` rewrites `.want`.
//!
//! ```text
//! want steps=connect,body answers=body actions=0x1ff macros=mail:i,{auth_type} size=64K|256K|1M rejected
//! optneg 6 0x1ff 0x1fffff                      macro M i=ABC {auth_type}=PLAIN
//! connect "name" 4|6|L|U port address          helo "name"
//! mail "<a@b>" "SIZE=1"                        rcpt "<a@b>"
//! data                                         header "Name" " value"
//! eoh                                          body "text\r\n"*1000
//! eom ["text"]                                 abort, quit, quit_nc
//! unknown "LINE"                               raw "bytes"
//! ```
//! After `=>` comes what the filter does at the event of that line, separated by ` | `: `continue`, `accept`, `reject`,
//! `tempfail`, `discard`, `skip`, `shutdown`, `conn_fail`, `code 550 5.7.1 "line" …`, `progress`, `show name …`,
//! `add`, `insert N`, `change N`, `delete N …` with `"Name"` (and `" value"`), `body "text"`, `sender "<a>" ["args"]`,
//! `add_rcpt "<a>" ["args"]`, `del_rcpt "<a>"`, `quarantine "why"`.

#![allow(clippy::disallowed_methods, clippy::unwrap_used, clippy::panic)] // The cases are files; helpers may panic.

use std::fmt::Write as _;
use std::{fs, path::Path, sync::Arc};

use sekisho_milter::codec::{Command, Frame, Response, code, frame};
use sekisho_milter::{
    Actions, Address, Arguments, Edit, EnhancedCode, Event, Negotiated, Offer, PacketSize, Protocol,
    RejectedRecipients, Reply, ReplyText, Session, Stage, Step, Steps, Turn, Wanted,
};

#[test]
fn cases() {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../testdata/cases/milter");
    let mut paths: Vec<_> = fs::read_dir(&directory).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "in"));
    paths.sort();
    assert!(paths.len() >= 12, "cases are missing from {}", directory.display());
    let bless = std::env::var_os("SEKISHO_BLESS").is_some();
    for path in paths {
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        let why = fs::read_to_string(path.with_extension("why")).unwrap_or_default();
        assert!(!why.trim().is_empty(), "{name}: say why");
        let script = fs::read_to_string(&path).unwrap();
        let got = run(&script, usize::MAX);
        assert_eq!(run(&script, 1), got, "{name}: byte by byte");
        assert_eq!(run(&script, 7), got, "{name}: by seven bytes");
        let want = path.with_extension("want");
        if bless {
            fs::write(&want, &got).unwrap();
        } else {
            assert_eq!(fs::read_to_string(&want).unwrap_or_default(), got, "{name}");
        }
    }
}

/// What a line may hold: words, strings with escapes, and `*N` behind a string.
type Words = Vec<Vec<u8>>;

fn run(script: &str, piece_bytes: usize) -> String {
    let mut out = String::new();
    let mut lines = script.lines().filter(|line| !line.is_empty() && !line.starts_with('#')).peekable();
    let wanted = match lines.next_if(|line| line.starts_with("want ")) {
        Some(line) => parse_wanted(line),
        None => Wanted::default(),
    };
    let mut session = Session::new(Arc::new(wanted));
    for line in lines {
        writeln!(out, "> {line}").unwrap();
        let (sent, mut done) = line.split_once(" => ").unwrap_or((line, ""));
        for piece in command_bytes(&words(sent)).chunks(piece_bytes) {
            session.feed(piece);
            if !pump(&mut session, &mut done, &mut out) {
                out.push_str("end: error\n");
                return out;
            }
        }
        assert!(done.is_empty(), "no event for {line:?}");
    }
    let state = if session.is_idle() { "idle" } else { "not idle" };
    writeln!(out, "end: {state}").unwrap();
    out
}

/// Prints what happens until more bytes are needed; `false` if the session is over.
fn pump(session: &mut Session, done: &mut &str, out: &mut String) -> bool {
    loop {
        let aborted = match session.next_event() {
            Ok(Some(Turn { event, .. })) => {
                writeln!(out, "  {}", show_event(&event)).unwrap();
                event == Event::Abort
            }
            Ok(None) => {
                show_output(session, out);
                return true;
            }
            Err(error) => {
                writeln!(out, "  error {}: {error}", error.name()).unwrap();
                show_output(session, out);
                assert_eq!(session.next_event().map(|_| ()), Err(error), "the session says it for ever");
                return false;
            }
        };
        show_output(session, out);
        if !aborted {
            for action in std::mem::take(done).split(" | ").map(str::trim).filter(|action| !action.is_empty()) {
                act(session, &words(action), out);
                show_output(session, out);
            }
        }
    }
}

fn show_output(session: &mut Session, out: &mut String) {
    let bytes = session.take_output();
    let mut rest = &bytes[..];
    while let Frame::Packet { code, data } = frame(rest, |_| u32::MAX).unwrap() {
        rest = &rest[5 + data.len()..];
        let response = Response::parse(code, data).unwrap();
        writeln!(out, "  < {} {}", char::from(code), show_response(&response)).unwrap();
    }
    assert!(rest.is_empty(), "half a packet in the output");
}

fn act(session: &mut Session, words: &Words, out: &mut String) {
    let text = |i: usize| words.get(i).map_or("", |word| std::str::from_utf8(word).unwrap());
    let number = |i: usize| text(i).parse::<u32>().unwrap();
    let optional = |i: usize| words.get(i).map(Vec::as_slice);
    let result = match text(0) {
        "show" => {
            for name in &words[1..] {
                let value = session.macros().get(name).map_or("undefined".into(), quote);
                writeln!(out, "  macro {} is {value}", String::from_utf8_lossy(name)).unwrap();
            }
            return;
        }
        "progress" => session.progress().map_err(|error| error.to_string()),
        "delete" => {
            let occurrences: Vec<_> = (1..words.len() - 1).map(number).collect();
            session.delete_headers(words.last().unwrap(), &occurrences).map_err(|error| error.to_string())
        }
        "add" => edit(session, Edit::AddHeader { name: &words[1], value: &words[2] }),
        "insert" => edit(session, Edit::InsertHeader { index: number(1), name: &words[2], value: &words[3] }),
        "change" => edit(session, Edit::ChangeHeader { occurrence: number(1), name: &words[2], value: &words[3] }),
        "body" => edit(session, Edit::ReplaceBody(&words[1])),
        "sender" => edit(session, Edit::ChangeSender { sender: &words[1], arguments: optional(2) }),
        "add_rcpt" => edit(session, Edit::AddRecipient { recipient: &words[1], arguments: optional(2) }),
        "del_rcpt" => edit(session, Edit::DeleteRecipient { recipient: &words[1] }),
        "quarantine" => edit(session, Edit::Quarantine { reason: &words[1] }),
        "code" => {
            let lines: Vec<_> = (3..words.len()).map(text).collect();
            let reply = ReplyText::new(text(1).parse().unwrap(), enhanced(text(2)), &lines).unwrap();
            session.reply(Reply::Code(&reply)).map_err(|error| error.to_string())
        }
        other => session.reply(reply_named(other)).map_err(|error| error.to_string()),
    };
    if let Err(error) = result {
        writeln!(out, "  {} refused: {error}", text(0)).unwrap();
    }
}

fn edit(session: &mut Session, edit: Edit<'_>) -> Result<(), String> {
    session.edit(edit).map_err(|error| error.to_string())
}

fn enhanced(text: &str) -> Option<EnhancedCode> {
    let mut parts = text.split('.').map(|part| part.parse::<u16>().unwrap());
    let (class, subject, detail) = (parts.next()?, parts.next()?, parts.next()?);
    Some(EnhancedCode { class: u8::try_from(class).unwrap(), subject, detail })
}

fn reply_named(name: &str) -> Reply<'static> {
    match name {
        "continue" => Reply::Continue,
        "accept" => Reply::Accept,
        "reject" => Reply::Reject,
        "tempfail" => Reply::TemporaryFailure,
        "discard" => Reply::Discard,
        "skip" => Reply::Skip,
        "shutdown" => Reply::Shutdown,
        "conn_fail" => Reply::ConnectionFailure,
        other => panic!("unknown action {other:?}"),
    }
}

fn parse_wanted(line: &str) -> Wanted {
    let mut wanted = Wanted::default();
    for word in line.split_whitespace().skip(1) {
        match word.split_once('=').unwrap_or((word, "")) {
            ("steps", list) => wanted.steps = steps(list),
            ("answers", list) => wanted.answers = steps(list),
            ("actions", bits) => wanted.actions = Actions::from_bits(hex(bits)),
            ("macros", list) => {
                let (stage, names) = list.split_once(':').unwrap();
                wanted.macros.push((stage_named(stage), names.replace(',', " ")));
            }
            ("size", "64K") => wanted.packet_size = PacketSize::K64,
            ("size", "256K") => wanted.packet_size = PacketSize::K256,
            ("size", "1M") => wanted.packet_size = PacketSize::M1,
            ("rejected", _) => wanted.rejected_recipients = RejectedRecipients::Shown,
            other => panic!("unknown wish {other:?}"),
        }
    }
    wanted
}

fn steps(list: &str) -> Steps {
    let named: Vec<_> = list
        .split(',')
        .map(|name| {
            let found = Step::ALL.into_iter().find(|step| format!("{step:?}").eq_ignore_ascii_case(name));
            found.unwrap_or_else(|| panic!("unknown step {name:?}"))
        })
        .collect();
    Steps::of(&named)
}

fn stage_named(name: &str) -> Stage {
    Stage::ALL.into_iter().find(|stage| format!("{stage:?}").eq_ignore_ascii_case(name)).unwrap()
}

fn hex(text: &str) -> u32 {
    u32::from_str_radix(text.strip_prefix("0x").unwrap(), 16).unwrap()
}

fn command_bytes(words: &Words) -> Vec<u8> {
    let text = |i: usize| std::str::from_utf8(&words[i]).unwrap();
    let list: Vec<u8> = words.iter().skip(2).flat_map(|word| [word, &b"\0"[..]].concat()).collect();
    let mut definitions = Vec::new();
    let mut bytes = Vec::new();
    let command = match text(0) {
        "raw" => return words[1].clone(),
        "optneg" => Command::Negotiate(Offer {
            version: text(1).parse().unwrap(),
            actions: Actions::from_bits(hex(text(2))),
            protocol: Protocol::from_bits(hex(text(3))),
        }),
        "macro" => {
            for word in &words[2..] {
                let equals = word.iter().position(|byte| *byte == b'=').unwrap();
                definitions.extend([&word[..equals], b"\0", &word[equals + 1..], b"\0"].concat());
            }
            Command::Macro { command_code: words[1][0], definitions: &definitions }
        }
        "connect" => Command::Connect { hostname: &words[1], address: address(words) },
        "helo" => Command::Helo { name: &words[1] },
        "mail" => Command::Mail { sender: &words[1], arguments: Arguments::new(&list) },
        "rcpt" => Command::Recipient { recipient: &words[1], arguments: Arguments::new(&list) },
        "data" => Command::Data,
        "header" => Command::Header { name: &words[1], value: &words[2] },
        "eoh" => Command::EndOfHeaders,
        "body" => Command::Body(&words[1]),
        "eom" => Command::EndOfMessage { last_chunk: words.get(1).map_or(b"", Vec::as_slice) },
        "abort" => Command::Abort,
        "quit" => Command::Quit,
        "quit_nc" => Command::QuitNewConnection,
        "unknown" => Command::Unknown { line: &words[1] },
        other => panic!("unknown command {other:?}"),
    };
    command.encode(&mut bytes);
    bytes
}

fn address(words: &Words) -> Address<'_> {
    let text = |i: usize| std::str::from_utf8(&words[i]).unwrap();
    match text(2) {
        "4" => Address::Inet { ip: text(4).parse().unwrap(), port: text(3).parse().unwrap() },
        "6" => Address::Inet6 { ip: text(4).parse().unwrap(), port: text(3).parse().unwrap() },
        "L" => Address::Unix(&words[4]),
        _ => Address::Unknown,
    }
}

fn words(line: &str) -> Words {
    let mut words = Words::new();
    let mut rest = line.trim_start();
    while let Some(first) = rest.chars().next() {
        if first == '"' {
            let (mut word, mut after) = quoted(&rest[1..]);
            if let Some(times) = after.strip_prefix('*') {
                let end = times.find(' ').unwrap_or(times.len());
                word = word.repeat(times[..end].parse().unwrap());
                after = &times[end..];
            }
            words.push(word);
            rest = after.trim_start();
        } else {
            let end = rest.find(' ').unwrap_or(rest.len());
            words.push(rest.as_bytes()[..end].to_vec());
            rest = rest[end..].trim_start();
        }
    }
    words
}

fn quoted(text: &str) -> (Vec<u8>, &str) {
    let mut word = Vec::new();
    let mut chars = text.char_indices();
    while let Some((at, letter)) = chars.next() {
        match letter {
            '"' => return (word, &text[at + 1..]),
            '\\' => word.push(match chars.next().unwrap().1 {
                'r' => b'\r',
                'n' => b'\n',
                't' => b'\t',
                '0' => 0,
                'x' => {
                    let digits: String = [chars.next().unwrap().1, chars.next().unwrap().1].into_iter().collect();
                    u8::from_str_radix(&digits, 16).unwrap()
                }
                other => u8::try_from(other).unwrap(),
            }),
            other => word.extend_from_slice(other.encode_utf8(&mut [0; 4]).as_bytes()),
        }
    }
    panic!("no closing quote in {text:?}")
}

fn quote(bytes: &[u8]) -> String {
    if bytes.len() > 100 {
        return format!("\"{}…\" ({} bytes)", bytes[..20].escape_ascii(), bytes.len());
    }
    format!("\"{}\"", bytes.escape_ascii())
}

fn show_event(event: &Event<'_>) -> String {
    let path = |name: &str, path: &[u8], arguments: &Arguments<'_>| {
        let arguments: Vec<_> = arguments.iter().map(|argument| format!(" {}", quote(argument))).collect();
        format!("{name} {}{}", quote(path), arguments.concat())
    };
    match event {
        Event::Negotiated(agreed) => format!("negotiated {}", show_agreed(agreed)),
        Event::Connect { hostname, address } => {
            let address = match address {
                Address::Inet { ip, port } => format!("{ip} port {port}"),
                Address::Inet6 { ip, port } => format!("{ip} port {port}"),
                Address::Unix(path) => format!("socket {}", quote(path)),
                Address::Unknown => "unknown".to_owned(),
            };
            format!("connect {} {address}", quote(hostname))
        }
        Event::Helo { name } => format!("helo {}", quote(name)),
        Event::Mail { sender, arguments } => path("mail", sender, arguments),
        Event::Recipient { recipient, arguments } => path("recipient", recipient, arguments),
        Event::Data => "data".into(),
        Event::Header { name, value } => format!("header {} {}", quote(name), quote(value)),
        Event::EndOfHeaders => "end of headers".into(),
        Event::Body(chunk) => format!("body {}", quote(chunk)),
        Event::EndOfMessage { last_chunk } => format!("end of message {}", quote(last_chunk)),
        Event::Abort => "abort".into(),
        Event::Unknown { line } => format!("unknown {}", quote(line)),
        Event::QuitNewConnection => "quit, new connection".into(),
        Event::Quit => "quit".into(),
    }
}

fn show_agreed(agreed: &Negotiated) -> String {
    let (actions, protocol) = (agreed.actions.bits(), agreed.protocol.bits());
    let size = agreed.packet_size();
    format!(
        "version {} actions {actions:#x} protocol {protocol:#x} ({size:?}, {:?})",
        agreed.version,
        agreed.leading_space()
    )
}

fn show_response(response: &Response<'_>) -> String {
    match response {
        Response::Negotiate { chosen, symbol_lists } => {
            let lists: Vec<_> =
                symbol_lists.iter().map(|(stage, names)| format!(" {stage:?}: {}", quote(names))).collect();
            format!("negotiate {}{}", show_agreed(chosen), lists.concat())
        }
        Response::ReplyCode(text) => format!("reply {}", quote(text)),
        Response::Edit(edit) => show_edit(edit),
        other => format!("{other:?}").to_lowercase(),
    }
}

fn show_edit(edit: &Edit<'_>) -> String {
    let arguments = |arguments: &Option<&[u8]>| arguments.map_or(String::new(), |text| format!(" {}", quote(text)));
    match edit {
        Edit::AddHeader { name, value } => format!("add header {} {}", quote(name), quote(value)),
        Edit::InsertHeader { index, name, value } => {
            format!("insert header at {index} {} {}", quote(name), quote(value))
        }
        Edit::ChangeHeader { occurrence, name, value } => {
            format!("change header {occurrence} {} {}", quote(name), quote(value))
        }
        Edit::DeleteHeader { occurrence, name } => format!("delete header {occurrence} {}", quote(name)),
        Edit::ReplaceBody(body) => format!("replace body {}", quote(body)),
        Edit::ChangeSender { sender, arguments: more } => format!("change sender {}{}", quote(sender), arguments(more)),
        Edit::AddRecipient { recipient, arguments: more } => {
            format!("add recipient {}{}", quote(recipient), arguments(more))
        }
        Edit::DeleteRecipient { recipient } => format!("delete recipient {}", quote(recipient)),
        Edit::Quarantine { reason } => format!("quarantine {}", quote(reason)),
    }
}

#[test]
fn notation() {
    assert_eq!(words(r#"body "a\r\n\x41"*2 x"#), [&b"body"[..], b"a\r\nAa\r\nA", b"x"]);
    assert_eq!(command_bytes(&words("quit")), [0, 0, 0, 1, code::QUIT]);
}
