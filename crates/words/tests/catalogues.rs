//! The catalogues against each other, against the sources that emit ids, and against the rules of our Japanese.

// Helpers of tests may panic and read files; clippy spares only the tests themselves.
#![allow(clippy::unwrap_used, clippy::panic, clippy::disallowed_methods, clippy::disallowed_macros)]

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use sekisho_words as words;

use words::{Argument, Language, Words};

type Set = BTreeSet<String>;

const FILES: [&str; 50] = [
    "mailtext",
    "lookup",
    "spf",
    "dkim",
    "dmarc",
    "arc",
    "domainkeys",
    "tree",
    "sender-id",
    "bimi",
    "client",
    "fetch",
    "auth",
    "policy",
    "outgoing",
    "rotation",
    "keys",
    "verify",
    "cli",
    "serve",
    "config",
    "import",
    "feedback",
    "insight",
    "rules",
    "reports",
    "people",
    "check",
    "audit-publication",
    "audit-spf",
    "audit-dkim",
    "audit-dmarc",
    "audit-bimi",
    "audit-hosts",
    "audit-legacy",
    "audit-transport",
    "audit-message",
    "audit-guideline",
    "audit-records",
    "audit-profile",
    "audit-change",
    "survey",
    "survey-run",
    "page",
    "page-reports",
    "page-inbox",
    "page-mail",
    "page-desk",
    "page-people",
    "page-survey",
];

/// The catalogue files that hold the sentences of each pure crate, and the least number of ids that it emits.
const CRATES: [(&str, &[&str], usize); 10] = [
    ("mailtext", &["mailtext"], 70),
    ("lookup", &["fetch"], 17),
    ("spf", &["spf", "tree", "sender-id"], 60),
    ("dkim", &["dkim", "arc", "domainkeys"], 120),
    ("dmarc", &["dmarc"], 60),
    ("bimi", &["bimi"], 100),
    ("policy", &["policy"], 35),
    ("outgoing", &["outgoing", "rotation"], 54),
    ("feedback", &["feedback"], 55),
    ("insight", &["insight"], 110),
];

/// One message of a catalogue.
struct Message {
    id: String,
    text: String,
}

impl Message {
    fn arguments(&self) -> Set {
        names_after(&self.text, "$")
    }

    /// The arguments that may be left out.
    fn optional(&self) -> Set {
        names_after(&self.text, "GIVEN($")
    }
}

/// The names that stand behind each `mark`.
fn names_after(text: &str, mark: &str) -> Set {
    let name = |rest: &str| -> String {
        rest.chars().take_while(|character| character.is_ascii_alphanumeric() || *character == '_').collect()
    };
    text.split(mark).skip(1).map(name).collect()
}

fn home() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).to_path_buf()
}

fn catalogue(language: Language, file: &str) -> Vec<Message> {
    let path = home().join(language.tag()).join(format!("{file}.ftl"));
    let source = std::fs::read_to_string(&path).unwrap();
    assert!(!source.contains('\t') && !source.contains('\r'), "{}: tabs or CR", path.display());
    let mut messages: Vec<Message> = Vec::new();
    for (number, line) in source.lines().enumerate() {
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        if line.starts_with([' ', '}']) {
            let last = messages.last_mut().unwrap();
            last.text.push('\n');
            last.text.push_str(line);
        } else {
            let Some((id, text)) = line.split_once(" = ") else {
                panic!("{}:{}: not a message: {line}", path.display(), number + 1)
            };
            messages.push(Message { id: id.to_owned(), text: text.to_owned() });
        }
    }
    messages
}

fn all(language: Language) -> Vec<Message> {
    FILES.iter().flat_map(|file| catalogue(language, file)).collect()
}

/// Files are read one by one, each when it is wanted.
#[test]
fn no_sentence_speaks_of_another_sentence() {
    for (language, file, text) in FILES.iter().flat_map(|file| {
        let text = |language: &str| {
            let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(language).join(format!("{file}.ftl"));
            std::fs::read_to_string(path).unwrap()
        };
        [("en", *file, text("en")), ("ja", *file, text("ja"))]
    }) {
        for (at, _) in text.match_indices('{') {
            let inside = text[at + 1..].trim_start();
            let is_reference = inside.starts_with(|first: char| first.is_ascii_lowercase() || first == '-');
            assert!(!is_reference, "{language}/{file}.ftl: {}", inside.lines().next().unwrap());
        }
    }
}

#[test]
fn files_are_those_compiled_in() {
    for language in Language::ALL {
        let mut there: Vec<_> = std::fs::read_dir(home().join(language.tag()))
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        there.sort();
        let mut wanted = FILES.map(|file| format!("{file}.ftl"));
        wanted.sort();
        assert_eq!(there, wanted);
        let mut ids: Vec<_> = all(language).into_iter().map(|message| message.id).collect();
        ids.sort();
        assert_eq!(words::ids().collect::<Vec<_>>(), ids);
    }
}

#[test]
fn ids_occur_once_and_are_known_to_fluent() {
    for language in Language::ALL {
        let words = Words::new(language);
        let mut seen = BTreeSet::new();
        for id in words::ids() {
            assert!(seen.insert(id), "{id} twice");
            assert!(words.has(id), "{id}");
            assert_ne!(words.say(id, &[]), id, "Fluent does not see {id} ({})", language.tag());
        }
        assert!(seen.len() > 350, "{}", seen.len());
        for id in ["", "a", "spf-", "zzz", "spf-pass ", "unknown-id"] {
            assert!(!words.has(id), "{id:?}");
        }
    }
}

#[test]
fn both_languages_have_the_same_ids_and_arguments() {
    for file in FILES {
        let english = catalogue(Language::English, file);
        let japanese = catalogue(Language::Japanese, file);
        let ids = |messages: &[Message]| messages.iter().map(|message| message.id.clone()).collect::<Vec<_>>();
        assert_eq!(ids(&english), ids(&japanese), "{file}.ftl");
        for (english, japanese) in english.iter().zip(&japanese) {
            assert_eq!(english.arguments(), japanese.arguments(), "{}", english.id);
            assert_eq!(english.optional(), japanese.optional(), "{}", english.id);
            let choices = |message: &Message, argument: &str| {
                keys(&message.text)
                    .into_iter()
                    .filter(|key| key != "one")
                    .map(|key| (argument.to_owned(), key))
                    .collect::<Choices>()
            };
            assert_eq!(choices(english, ""), choices(japanese, ""), "{}: variants", english.id);
        }
    }
}

type Choices = BTreeSet<(String, String)>;

/// The variants of selections: `[records]`.
fn keys(text: &str) -> Vec<String> {
    let key = |line: &str| {
        let line = line.trim_start().trim_start_matches('*').strip_prefix('[')?;
        line.split_once(']').map(|(key, _)| key.to_owned())
    };
    text.lines().skip(1).filter_map(key).filter(|key| key != "other").collect()
}

/// Every argument alone and all together, of both kinds: nothing of Fluent's own is left in a sentence.
#[test]
fn nothing_is_left_unformatted() {
    for language in Language::ALL {
        let words = Words::new(language);
        for message in all(language) {
            let names: Vec<_> = message.arguments().into_iter().collect();
            let mut samples =
                vec![Argument::Text("x.example"), Argument::Number(0), Argument::Number(1), Argument::Number(7)];
            let keys = keys(&message.text);
            samples.extend(keys.iter().map(|key| Argument::Word(key)));
            for sample in samples {
                let arguments: Vec<_> = names.iter().map(|name| (name.as_str(), sample)).collect();
                let sentence = words.say(&message.id, &arguments);
                check(&message.id, &sentence);
                assert!(!sentence.contains('?') || message.text.contains('?'), "{}: {sentence}", message.id);
            }
            check(&message.id, &words.say(&message.id, &[]));
        }
    }
}

fn check(id: &str, sentence: &str) {
    for bad in ["{", "$", "GIVEN", "TIME(", "FIELD(", "ORDINAL(", "  ", " .", " ,", "..", "\u{2068}", "\u{2069}", "\n"]
    {
        let allowed = bad == "{" && id == "spf-flaw-macro-unclosed";
        assert!(allowed || !sentence.contains(bad), "{id}: {bad:?} in {sentence:?}");
    }
    assert!(!sentence.is_empty() && sentence.trim() == sentence, "{id}: {sentence:?}");
}

#[test]
fn japanese_is_written_by_the_rules() {
    for message in all(Language::Japanese) {
        let Message { id, text } = &message;
        // Full-width forms of US-ASCII (digits, letters, punctuation), half-width katakana, the wide space.
        let wide = |character: char| matches!(character, '\u{ff01}'..='\u{ff9f}' | '\u{3000}');
        assert!(!text.chars().any(wide), "{id}: full-width digits, letters or punctuation");
        let plain: String = text.split('{').map(|part| part.split_once('}').map_or(part, |(_, rest)| rest)).collect();
        assert!(!plain.contains('“') && !plain.contains('”'), "{id}: English quotes");
        assert!(!["サーバー", "ユーザー", "ヘッダー", "フォルダー"].iter().any(|word| text.contains(word)), "{id}");
        let japanese = |character: char| matches!(character, '\u{3041}'..='\u{30fe}' | '\u{4e00}'..='\u{9fff}');
        let mut characters = text.chars().peekable();
        while let Some(character) = characters.next() {
            let Some(next) = characters.peek().copied() else { break };
            let touches = |first: char, second: char| japanese(first) && second.is_ascii_alphanumeric();
            assert!(!touches(character, next) && !touches(next, character), "{id}: no space in {character}{next}");
        }
    }
}

/// Problems are told to people: です・ます and a full stop.
#[test]
fn japanese_sentences_end_as_sentences() {
    let cells = |id: &str| {
        id.starts_with("failure-")
            || id.starts_with("fetch-")
            || id.starts_with("verify-")
            || id.starts_with("serve-postfix-")
            || ["config-form-", "config-default-", "config-column-", "config-title", "serve-status-", "serve-http"]
                .iter()
                .any(|start| id.starts_with(start))
            || id.contains("-label-")
            || id.ends_with("-asked")
    };
    let labels = [
        "spf-record",
        "verdict-pass",
        "verdict-fail",
        "verdict-none",
        "verdict-temperror",
        "verdict-permerror",
        "verdict-spoofing-suspected",
        "cli-standard-input",
        "cli-config-error",
        "serve-resolver",
        "serve-stage",
        "serve-ledger",
        "serve-configuration",
        "dmarc-record-found",
    ];
    let words = Words::new(Language::Japanese);
    for message in all(Language::Japanese) {
        if cells(&message.id) || labels.contains(&message.id.as_str()) {
            continue;
        }
        let names: Vec<_> = message.arguments().into_iter().collect();
        let arguments: Vec<_> = names.iter().map(|name| (name.as_str(), Argument::Text("例です。"))).collect();
        let sentence = words.say(&message.id, &arguments);
        assert!(sentence.ends_with('。'), "{}: {sentence}", message.id);
        let polite = ["です", "ます", "ません", "ました", "でした", "ませんでした", "ください", "ませんか"];
        let stripped = sentence.trim_end_matches('。');
        let stripped =
            stripped.rsplit_once('(').filter(|_| stripped.ends_with(')')).map_or(stripped, |(before, _)| before);
        assert!(polite.iter().any(|end| stripped.ends_with(end)), "{}: {sentence}", message.id);
    }
}

/// A rule's sentence may be chosen in the rule itself, so every literal of `audit` that begins like one is one.
#[test]
fn sentences_of_audits_are_those_that_its_rules_name() {
    let literal = |text: &str| literals(text).filter(|id| id.starts_with("audit-")).map(str::to_owned).collect::<Set>();
    let named: Set = sources("audit").iter().flat_map(|(_, text)| literal(text)).collect();
    let files = FILES.iter().filter(|file| file.starts_with("audit-"));
    let there: Set = files.flat_map(|file| catalogue(Language::English, file)).map(|message| message.id).collect();
    assert_eq!(named.difference(&there).collect::<Vec<_>>(), Vec::<&String>::new(), "without a sentence");
    assert_eq!(there.difference(&named).collect::<Vec<_>>(), Vec::<&String>::new(), "that no rule names");
    assert!(there.len() >= 6);
}

/// The pages name their sentences where they say them; each literal that begins like one is one, and none is idle.
#[test]
fn sentences_of_pages_are_those_that_pages_name() {
    let is_one = |id: &&str| id.starts_with("page-") && !id.ends_with('-');
    // Every piece between two quotation marks, as a literal `'"'` turns what is inside and outside.
    let pieces = |text: &str| text.split('"').filter(is_one).filter(|id| is_id(id)).map(str::to_owned).collect::<Set>();
    let named: Set =
        ["dashboard", "app"].iter().flat_map(|name| sources(name)).flat_map(|(_, text)| pieces(&text)).collect();
    let files = FILES.iter().filter(|file| file.starts_with("page"));
    let there: Set = files.flat_map(|file| catalogue(Language::English, file)).map(|message| message.id).collect();
    assert_eq!(named.difference(&there).collect::<Vec<_>>(), Vec::<&String>::new(), "without a sentence");
    assert_eq!(there.difference(&named).collect::<Vec<_>>(), Vec::<&String>::new(), "that no page names");
}

fn sources(name: &str) -> Vec<(PathBuf, String)> {
    let mut found = Vec::new();
    let mut folders = vec![home().join("..").join(name).join("src")];
    while let Some(folder) = folders.pop() {
        let Ok(entries) = std::fs::read_dir(&folder) else { continue };
        for path in entries.map(|entry| entry.unwrap().path()) {
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let text = std::fs::read_to_string(&path).unwrap();
                found.push((path, text));
            }
        }
    }
    found
}

/// The string literals of `text`.
fn literals(text: &str) -> impl Iterator<Item = &str> {
    text.lines().filter(|line| !line.trim_start().starts_with("//")).flat_map(|line| line.split('"').skip(1).step_by(2))
}

fn is_id(text: &str) -> bool {
    let mut parts = text.split('-');
    text.contains('-')
        && parts
            .all(|part| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit()))
}

/// The bodies of `fn id(`, and the tables of ids, by rustfmt's indentation.
fn bodies(text: &str) -> Vec<String> {
    let mut bodies = Vec::new();
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        let indent = &line[..line.len() - line.trim_start().len()];
        let starts = line.contains("fn id(") || line.contains("const IDS") || line.contains("const TABLE");
        if !starts || line.ends_with("};") {
            continue;
        }
        let ends = [format!("{indent}}}"), format!("{indent}];"), format!("{indent}}};")];
        let mut body = line.to_owned();
        if !line.ends_with("];") {
            for line in lines.by_ref().take_while(|line| !ends.iter().any(|end| end == line)) {
                body.push('\n');
                body.push_str(line);
                if line.ends_with("];") {
                    break;
                }
            }
        }
        bodies.push(body);
    }
    bodies
}

fn emitted(name: &str) -> Set {
    let bodies = sources(name).into_iter().flat_map(|(_, text)| bodies(&text));
    bodies.flat_map(|body| literals(&body).filter(|id| is_id(id)).map(str::to_owned).collect::<Vec<_>>()).collect()
}

fn catalogued(file: &str) -> Set {
    catalogue(Language::English, file).into_iter().map(|message| message.id).collect()
}

/// Both ways: every id that a pure crate can emit has a sentence, and no sentence is without one that emits it.
#[test]
fn every_id_of_the_sources_has_a_sentence_and_none_is_idle() {
    for (name, files, least) in CRATES {
        let emitted = emitted(name);
        let catalogued: Set = files.iter().flat_map(|file| catalogued(file)).collect();
        assert!(emitted.len() >= least, "{name}: only {} ids found in the sources", emitted.len());
        assert_eq!(emitted.difference(&catalogued).collect::<Vec<_>>(), Vec::<&String>::new(), "{name}: missing");
        assert_eq!(catalogued.difference(&emitted).collect::<Vec<_>>(), Vec::<&String>::new(), "{name}: idle");
    }
    let everything: Set = words::ids().map(str::to_owned).collect();
    for name in ["lookup", "milter", "auth", "service", "net", "app"] {
        let missing: Vec<_> = emitted(name).into_iter().filter(|id| !everything.contains(id)).collect();
        assert_eq!(missing, Vec::<String>::new(), "{name}: missing");
    }
    let auth = emitted("auth");
    assert_eq!(
        ["auth", "client"].iter().flat_map(|file| catalogued(file)).filter(|id| !auth.contains(id)).collect::<Vec<_>>(),
        ["from-space-before-colon"],
        "auth: idle"
    );
}

/// The program names its sentences where it says them, not in a table: each literal that looks like one must be one.
#[test]
fn every_sentence_that_the_program_names_is_there() {
    const PREFIXES: [&str; 14] = [
        "cli-", "keys-", "verify-", "verdict-", "serve-", "config-", "import-", "failure-", "spf-", "rules-",
        "reports-", "people-", "survey-", "demo-",
    ];
    let everything: Set = words::ids().map(str::to_owned).collect();
    let (mut named, mut missing) = (Set::new(), Set::new());
    for (path, text) in sources("app") {
        let code = text.lines().filter(|line| !line.trim_start().starts_with("//"));
        // Every piece between two quotation marks, as a literal `'"'` turns what is inside and outside.
        let pieces = code.flat_map(|line| line.split('"'));
        for id in pieces.filter(|id| is_id(id) && PREFIXES.iter().any(|prefix| id.starts_with(prefix))) {
            named.insert(id.to_owned());
            if !everything.contains(id) {
                missing.insert(format!("{id} ({})", path.display()));
            }
        }
    }
    assert!(named.len() > 90, "only {} ids found in the program", named.len());
    assert_eq!(missing, Set::new(), "missing");
}

#[test]
fn every_failure_has_a_phrase() {
    let (_, text) = sources("lookup").into_iter().find(|(path, _)| path.ends_with("answer.rs")).unwrap();
    let (_, rest) = text.split_once("impl Failure {").unwrap();
    let (_, rest) = rest.split_once("fn word(").unwrap();
    let (body, _) = rest.split_once("\n    }\n").unwrap();
    let phrases: Set = literals(body).map(|word| format!("failure-{word}")).collect();
    assert_eq!(phrases.len(), 11);
    assert_eq!(phrases, catalogued("lookup"));
}

/// A sentence may only ask for arguments that its crate knows: `("domain", …)`.
#[test]
fn arguments_have_the_names_that_the_crates_give() {
    let own = CRATES.iter().map(|(name, files, _)| (*name, *files));
    for (name, files) in own.chain([("auth", &["auth", "client"][..])]) {
        // The facts of auth carry the weaknesses of dkim, with the signature's domain added.
        let with_auth = sources(name).into_iter().chain(sources("auth"));
        let text: String = with_auth.map(|(_, text)| text).collect();
        let text: String = text.split_whitespace().collect();
        for message in files.iter().flat_map(|file| catalogue(Language::English, file)) {
            for argument in message.arguments() {
                assert!(text.contains(&format!("(\"{argument}\",")), "{}: {argument} is unknown to {name}", message.id);
            }
        }
    }
}

/// The tables of src/texts.rs are what the app's author reads.
#[test]
fn the_tables_of_texts_are_true() {
    let text = std::fs::read_to_string(home().join("src/texts.rs")).unwrap();
    let mut told = BTreeMap::new();
    for line in text.lines().filter_map(|line| line.strip_prefix("//! | `")) {
        let (id, rest) = line.split_once("` |").unwrap();
        let arguments = rest.trim_end_matches('|').trim();
        let arguments: Set = arguments.split(", ").filter(|name| !name.is_empty()).map(str::to_owned).collect();
        assert!(told.insert(id.to_owned(), arguments).is_none(), "{id} twice");
    }
    let mut wanted = BTreeMap::new();
    for message in ["verify", "cli", "serve"].iter().flat_map(|file| catalogue(Language::English, file)) {
        let optional = message.optional();
        let shown = |name: String| if optional.contains(&name) { format!("({name})") } else { name };
        wanted.insert(message.id.clone(), message.arguments().into_iter().map(shown).collect::<Set>());
    }
    assert_eq!(told, wanted);
}
