//! What every store of people does, asked of each.

use people::limits::{GRANT_COUNT_MAX, LOG_PAGE_LINE_COUNT_MAX, PERSON_COUNT_MAX, SESSION_COUNT_MAX, TOKEN_COUNT_MAX};
use people::log::verify_chain;
use people::*;
use store::MemoryRegistry;
use testkit::block_on;

use crate::samples::*;

/// Runs a test over every store.
macro_rules! over_all {
    ($($name:ident),* $(,)?) => {
        mod memory {$(
            #[test]
            fn $name() {
                let registry = super::MemoryRegistry::new();
                super::$name(&registry);
                super::the_log_holds(&registry);
            }
        )*}
        mod file {$(
            #[test]
            fn $name() {
                let (_folder, registry) = super::file();
                super::$name(&registry);
                super::the_log_holds(&registry);
            }
        )*}
    };
}

over_all!(
    people_come_back_as_they_were,
    a_change_wants_the_version_that_was_read,
    a_name_and_a_subject_are_one_persons,
    somebody_who_may_do_everything_stays,
    so_many_people_and_no_more,
    a_change_that_is_refused_leaves_no_line,
    sessions_come_back_with_their_person,
    sessions_end_with_what_let_them_in,
    all_sessions_end_but_one,
    the_session_that_is_quiet_for_longest_goes,
    nobody_gets_no_session,
    tokens_come_back_with_their_person,
    so_many_tokens_and_no_more,
    a_token_goes_by_its_id_and_its_person,
    the_first_run_is_made_once,
    a_late_or_other_token_makes_no_first_run,
    what_has_ended_is_swept,
    the_log_is_numbered_and_asked_in_pages,
    the_log_is_asked_by_everything,
    a_long_line_is_cut,
);

fn put(registry: &impl Registry, person: &Person) -> Result<u64, RegistryError> {
    block_on(registry.put_person(person.clone(), line("person-put", person.name.as_str())))
}

fn get(registry: &impl Registry, text: &str) -> Option<Person> {
    block_on(registry.person(&name(text))).unwrap()
}

/// The whole log, oldest first, page by page.
fn whole_log(registry: &impl Registry) -> Vec<LogLine> {
    let (mut lines, mut after) = (Vec::new(), None);
    loop {
        let query = LogQuery { order: LogOrder::OldestFirst, after, limit: 7, ..LogQuery::default() };
        let page = block_on(registry.log(query)).unwrap();
        lines.extend(page.lines);
        match page.next {
            Some(next) => after = Some(next),
            None => return lines,
        }
    }
}

fn the_log_holds(registry: &impl Registry) {
    let lines = whole_log(registry);
    assert_eq!(verify_chain(&lines).unwrap().number, lines.len() as u64);
}

fn people_come_back_as_they_were(registry: &impl Registry) {
    let full = Person {
        language: Some(Language::Japanese),
        zone: Some("Asia/Tokyo".into()),
        theme: Theme::Dark,
        is_disabled: true,
        subject: Some(Subject { issuer: "https://id.example/".into(), subject: "42".into() }),
        grants: vec![
            Grant::parse("viewer").unwrap(),
            Grant::parse("operator:example.jp,xn--eckwd4c7c.example").unwrap(),
        ],
        ..person("花子@example.jp", "viewer")
    };
    let bare = Person::new(name("taro"), 7);
    assert_eq!((put(registry, &full), put(registry, &bare)), (Ok(1), Ok(1)));
    let (full, bare) = (Person { version: 1, ..full }, Person { version: 1, ..bare });
    assert_eq!(get(registry, "花子@EXAMPLE.jp").as_ref(), Some(&full));
    assert_eq!(block_on(registry.people()).unwrap(), [bare.clone(), full.clone()]);
    assert_eq!(get(registry, "jiro"), None);
    let subject = full.subject.clone().unwrap();
    assert_eq!(block_on(registry.person_of(&subject)).unwrap(), Some(full));
    let other = Subject { subject: "43".into(), ..subject };
    assert_eq!(block_on(registry.person_of(&other)).unwrap(), None);
    let removed = block_on(registry.remove_person(&bare.name, 1, line("person-remove", "taro")));
    assert_eq!((removed, get(registry, "taro")), (Ok(()), None));
}

fn a_change_wants_the_version_that_was_read(registry: &impl Registry) {
    assert_eq!(put(registry, &person("taro", "viewer")), Ok(1));
    let read = get(registry, "taro").unwrap();
    let first = Person { zone: Some("UTC".into()), ..read.clone() };
    assert_eq!(put(registry, &first), Ok(2));
    assert_eq!(put(registry, &Person { is_disabled: true, ..read.clone() }), Err(RegistryError::Conflict));
    let wrong = |version| block_on(registry.remove_person(&read.name, version, line("person-remove", "taro")));
    assert_eq!(wrong(1), Err(RegistryError::Conflict));
    assert_eq!(get(registry, "taro").unwrap(), Person { version: 2, ..first });
    assert_eq!(wrong(2), Ok(()));
    assert_eq!(wrong(2), Err(RegistryError::NotFound));
    assert_eq!(put(registry, &read), Err(RegistryError::NotFound), "a change of somebody who is gone makes nobody");
}

fn a_name_and_a_subject_are_one_persons(registry: &impl Registry) {
    let subject = Some(Subject { issuer: "https://id.example".into(), subject: "1".into() });
    let taro = Person { subject: subject.clone(), ..person("taro", "viewer") };
    assert_eq!(put(registry, &taro), Ok(1));
    assert_eq!(put(registry, &person("Taro", "admin")), Err(RegistryError::Taken));
    assert_eq!(put(registry, &Person { subject, ..person("jiro", "viewer") }), Err(RegistryError::Taken));
    assert_eq!(put(registry, &person("jiro", "viewer")), Ok(1));
    assert_eq!(put(registry, &person("saburo", "viewer")), Ok(1), "no subject is nobody's");
}

fn somebody_who_may_do_everything_stays(registry: &impl Registry) {
    assert!(!block_on(registry.has_keeper()).unwrap());
    put(registry, &person("boss", "admin")).unwrap();
    put(registry, &person("local", "admin:example.jp")).unwrap();
    put(registry, &Person { password: None, ..person("paper", "admin") }).unwrap();
    assert!(block_on(registry.has_keeper()).unwrap());
    let boss = get(registry, "boss").unwrap();
    for change in [
        Person { is_disabled: true, ..boss.clone() },
        Person { password: None, ..boss.clone() },
        Person { grants: vec![Grant::parse("admin:example.jp").unwrap()], ..boss.clone() },
        Person { grants: vec![Grant::all(Role::Operator)], ..boss.clone() },
    ] {
        assert_eq!(put(registry, &change), Err(RegistryError::LastKeeper));
    }
    let remove = |version| block_on(registry.remove_person(&boss.name, version, line("person-remove", "boss")));
    assert_eq!(remove(1), Err(RegistryError::LastKeeper));
    put(registry, &person("second", "admin")).unwrap();
    assert_eq!(remove(1), Ok(()));
    assert!(block_on(registry.has_keeper()).unwrap());
}

fn so_many_people_and_no_more(registry: &impl Registry) {
    let many = (0..PERSON_COUNT_MAX).map(|number| person(&format!("p{number}"), "viewer"));
    // One by one, each of them would look at all before: the limit itself is asked of the rules that all stores ask.
    let mut people: Vec<Person> = many.collect();
    assert!(matches!(rules::put(&people, &person("more", "viewer")), Err(RegistryError::TooMany { .. })));
    let change = Person { version: 1, ..people[0].clone() };
    people[0].version = 1;
    assert_eq!(rules::put(&people, &change), Ok(2), "who is there may be changed");
    people.pop();
    assert_eq!(rules::put(&people, &person("more", "viewer")), Ok(1));
    let grants = vec![Grant::all(Role::Viewer); GRANT_COUNT_MAX + 1];
    let many = Person { grants, ..person("taro", "viewer") };
    assert!(matches!(put(registry, &many), Err(RegistryError::TooMany { .. })));
    let fits = Person { grants: many.grants[1..].to_vec(), ..many };
    assert_eq!(put(registry, &fits), Ok(1));
}

fn a_change_that_is_refused_leaves_no_line(registry: &impl Registry) {
    put(registry, &person("boss", "admin")).unwrap();
    let count = whole_log(registry).len();
    assert_eq!(count, 1);
    put(registry, &person("boss", "admin")).unwrap_err();
    block_on(registry.remove_person(&name("boss"), 1, line("person-remove", "boss"))).unwrap_err();
    block_on(registry.put_token(token(1, "jiro", "viewer"), line("token-put", "jiro"))).unwrap_err();
    block_on(registry.put_setup(Setup::new(&secret(1), 5), line("setup-put", ""))).unwrap_err();
    assert!(!block_on(registry.remove_token(&name("boss"), "none", line("token-remove", "none"))).unwrap());
    assert_eq!(whole_log(registry).len(), count);
}

fn sessions_come_back_with_their_person(registry: &impl Registry) {
    put(registry, &person("taro", "viewer")).unwrap();
    put(registry, &person("jiro", "viewer")).unwrap();
    for (number, of, now_s) in [(1, "taro", 50), (2, "taro", 60), (3, "jiro", 55)] {
        block_on(registry.put_session(session(number, of, now_s))).unwrap();
    }
    let (found, whose) = block_on(registry.session(&secret(1).digest())).unwrap().unwrap();
    assert_eq!((&found, &whose), (&session(1, "taro", 50), &get(registry, "taro").unwrap()));
    assert_eq!(block_on(registry.session(&secret(9).digest())).unwrap(), None);
    block_on(registry.touch_session(&secret(1).digest(), 300)).unwrap();
    block_on(registry.touch_session(&secret(1).digest(), 200)).unwrap();
    block_on(registry.touch_session(&secret(9).digest(), 200)).unwrap();
    let its = block_on(registry.sessions(&name("taro"))).unwrap();
    assert_eq!(its, [Session { used_s: 300, ..session(1, "taro", 50) }, session(2, "taro", 60)]);
    let end = || block_on(registry.end_session(&secret(1).digest())).unwrap();
    assert_eq!((end(), end()), (true, false));
    assert_eq!(block_on(registry.sessions(&name("taro"))).unwrap(), [session(2, "taro", 60)]);
}

fn sessions_end_with_what_let_them_in(registry: &impl Registry) {
    put(registry, &person("boss", "admin")).unwrap();
    let subject = |text: &str| Some(Subject { issuer: "https://id.example".into(), subject: text.into() });
    put(registry, &Person { subject: subject("1"), ..person("taro", "viewer") }).unwrap();
    let count = || block_on(registry.sessions(&name("taro"))).unwrap().len();
    let change = |change: &dyn Fn(Person) -> Person| {
        block_on(registry.put_session(session(1, "taro", 50))).unwrap();
        block_on(registry.put_session(session(2, "boss", 50))).unwrap();
        put(registry, &change(get(registry, "taro").unwrap())).unwrap();
        let left = count();
        block_on(registry.end_sessions(&name("taro"), None)).unwrap();
        block_on(registry.end_sessions(&name("boss"), None)).unwrap();
        left
    };
    assert_eq!(change(&|person| Person { zone: Some("UTC".into()), ..person }), 1);
    assert_eq!(change(&|person| Person { grants: Vec::new(), ..person }), 1, "rights are looked at each time");
    assert_eq!(change(&|person| Person { password: Some(kept(b'b')), ..person }), 0);
    assert_eq!(change(&|person| Person { subject: subject("2"), ..person }), 0);
    assert_eq!(change(&|person| Person { is_disabled: true, ..person }), 0);
    assert_eq!(block_on(registry.put_session(session(1, "taro", 50))), Err(RegistryError::NotFound));
    let back = Person { is_disabled: false, ..get(registry, "taro").unwrap() };
    put(registry, &back).unwrap();
    block_on(registry.put_session(session(1, "taro", 50))).unwrap();
    block_on(registry.put_token(token(4, "taro", "viewer"), line("token-put", "4"))).unwrap();
    let version = get(registry, "taro").unwrap().version;
    block_on(registry.remove_person(&name("taro"), version, line("person-remove", "taro"))).unwrap();
    assert_eq!(count(), 0);
    assert_eq!(block_on(registry.session(&secret(1).digest())).unwrap(), None);
    assert_eq!(block_on(registry.token(&secret(4).digest())).unwrap(), None);
    put(registry, &person("taro", "viewer")).unwrap();
    assert_eq!(count(), 0, "somebody new of the same name inherits nothing");
    assert_eq!(block_on(registry.tokens(&name("taro"))).unwrap(), []);
}

fn all_sessions_end_but_one(registry: &impl Registry) {
    put(registry, &person("taro", "viewer")).unwrap();
    for number in 1..=4 {
        block_on(registry.put_session(session(number, "taro", u64::from(number)))).unwrap();
    }
    let but = secret(2).digest();
    assert_eq!(block_on(registry.end_sessions(&name("taro"), Some(&but))).unwrap(), 3);
    assert_eq!(block_on(registry.sessions(&name("taro"))).unwrap(), [session(2, "taro", 2)]);
}

fn the_session_that_is_quiet_for_longest_goes(registry: &impl Registry) {
    put(registry, &person("taro", "viewer")).unwrap();
    let max = u8::try_from(SESSION_COUNT_MAX).unwrap();
    for number in 0..max {
        block_on(registry.put_session(session(number, "taro", u64::from(number)))).unwrap();
    }
    block_on(registry.touch_session(&secret(0).digest(), 1_000)).unwrap();
    assert_eq!(block_on(registry.sessions(&name("taro"))).unwrap().len(), SESSION_COUNT_MAX);
    block_on(registry.put_session(session(max, "taro", 500))).unwrap();
    let its: Vec<_> = block_on(registry.sessions(&name("taro"))).unwrap().iter().map(|one| one.digest).collect();
    assert_eq!(its.len(), SESSION_COUNT_MAX);
    assert!(its.contains(&secret(0).digest()) && its.contains(&secret(max).digest()));
    assert!(!its.contains(&secret(1).digest()));
}

fn nobody_gets_no_session(registry: &impl Registry) {
    assert_eq!(block_on(registry.put_session(session(1, "nobody", 5))), Err(RegistryError::NotFound));
    let made = block_on(registry.put_token(token(1, "nobody", "viewer"), line("token-put", "nobody")));
    assert_eq!(made, Err(RegistryError::NotFound));
}

fn tokens_come_back_with_their_person(registry: &impl Registry) {
    put(registry, &person("taro", "operator:example.jp")).unwrap();
    let made = token(1, "taro", "operator");
    block_on(registry.put_token(made.clone(), line("token-put", &made.id))).unwrap();
    let (found, whose) = block_on(registry.token(&made.digest)).unwrap().unwrap();
    assert_eq!((&found, &whose), (&made, &get(registry, "taro").unwrap()));
    block_on(registry.touch_token(&made.digest, 300)).unwrap();
    block_on(registry.touch_token(&made.digest, 200)).unwrap();
    assert_eq!(block_on(registry.tokens(&name("taro"))).unwrap(), [Token { used_s: Some(300), ..made }]);
    assert_eq!(block_on(registry.token(&secret(2).digest())).unwrap(), None);
}

fn so_many_tokens_and_no_more(registry: &impl Registry) {
    put(registry, &person("taro", "viewer")).unwrap();
    for number in 0..TOKEN_COUNT_MAX {
        let made = token(u8::try_from(number).unwrap(), "taro", "viewer");
        block_on(registry.put_token(made, line("token-put", ""))).unwrap();
    }
    let more = block_on(registry.put_token(token(255, "taro", "viewer"), line("token-put", "")));
    assert_eq!(more, Err(RegistryError::TooMany { limit: TOKEN_COUNT_MAX }));
    let its = block_on(registry.tokens(&name("taro"))).unwrap();
    assert_eq!(its.len(), TOKEN_COUNT_MAX);
    block_on(registry.remove_token(&name("taro"), &its[0].id, line("token-remove", ""))).unwrap();
    let again = block_on(registry.put_token(its[1].clone(), line("token-put", "")));
    assert_eq!(again, Err(RegistryError::Taken));
    assert_eq!(block_on(registry.put_token(token(255, "taro", "viewer"), line("token-put", ""))), Ok(()));
}

fn a_token_goes_by_its_id_and_its_person(registry: &impl Registry) {
    for text in ["taro", "jiro"] {
        put(registry, &person(text, "viewer")).unwrap();
    }
    let made = token(1, "taro", "viewer");
    block_on(registry.put_token(made.clone(), line("token-put", ""))).unwrap();
    let remove = |of: &str| block_on(registry.remove_token(&name(of), &made.id, line("token-remove", ""))).unwrap();
    assert_eq!([remove("jiro"), remove("taro"), remove("taro")], [false, true, false]);
    assert_eq!(block_on(registry.token(&made.digest)).unwrap(), None);
}

fn the_first_run_is_made_once(registry: &impl Registry) {
    let setup = |number| block_on(registry.put_setup(Setup::new(&secret(number), 50), line("setup-put", "")));
    let run = |number, text: &str| {
        let boss = person(text, "admin");
        block_on(registry.use_setup(&secret(number).digest(), boss, 60, line("setup-use", text)))
    };
    assert_eq!(run(1, "boss"), Ok(SetupUse::Unknown));
    assert_eq!((setup(1), setup(2)), (Ok(()), Ok(())));
    assert_eq!(run(1, "boss"), Ok(SetupUse::Unknown), "the later one took its place");
    let bad = Person { zone: Some("x".repeat(1_000).into()), ..person("boss", "admin") };
    let refused = block_on(registry.use_setup(&secret(2).digest(), bad, 60, line("setup-use", "boss")));
    assert!(matches!(refused, Err(RegistryError::TooLong { .. })));
    assert_eq!(run(2, "boss"), Ok(SetupUse::Done { version: 1 }), "what was refused has not used it up");
    assert_eq!(run(2, "thief"), Ok(SetupUse::Settled));
    assert_eq!(setup(3), Err(RegistryError::Settled));
    assert_eq!(get(registry, "thief"), None);
    assert!(block_on(registry.has_keeper()).unwrap());
}

fn a_late_or_other_token_makes_no_first_run(registry: &impl Registry) {
    let setup = Setup::new(&secret(1), 50);
    block_on(registry.put_setup(setup.clone(), line("setup-put", ""))).unwrap();
    let run = |number, now_s| {
        let boss = person("boss", "admin");
        block_on(registry.use_setup(&secret(number).digest(), boss, now_s, line("setup-use", ""))).unwrap()
    };
    assert_eq!(run(2, 60), SetupUse::Unknown);
    assert_eq!(run(1, setup.ends_s), SetupUse::Late);
    assert_eq!(run(1, setup.ends_s - 1), SetupUse::Done { version: 1 });
}

fn what_has_ended_is_swept(registry: &impl Registry) {
    put(registry, &person("taro", "viewer")).unwrap();
    let lifetimes = Lifetimes { idle_s: 100, whole_s: 1_000 };
    for (number, now_s) in [(1, 0), (2, 50), (3, 51)] {
        let its = Session { ends_s: now_s + 1_000, ..session(number, "taro", now_s) };
        block_on(registry.put_session(its)).unwrap();
    }
    block_on(registry.put_token(Token { ends_s: 150, ..token(1, "taro", "viewer") }, line("token-put", ""))).unwrap();
    block_on(registry.put_token(Token { ends_s: 151, ..token(2, "taro", "viewer") }, line("token-put", ""))).unwrap();
    block_on(registry.put_setup(Setup { ends_s: 150, ..Setup::new(&secret(1), 0) }, line("setup-put", ""))).unwrap();
    let sweep = |now_s| block_on(registry.sweep(now_s, lifetimes)).unwrap();
    assert_eq!(sweep(99), Swept::default());
    assert_eq!(sweep(150), Swept { session_count: 2, token_count: 1, had_setup: true });
    assert_eq!(block_on(registry.sessions(&name("taro"))).unwrap().len(), 1);
    for now_s in [200, 300, 400, 500, 600, 700, 800, 900, 1_000, 1_050] {
        block_on(registry.touch_session(&secret(3).digest(), now_s)).unwrap();
    }
    assert_eq!(sweep(1_050), Swept { session_count: 0, token_count: 1, had_setup: false });
    assert_eq!(sweep(1_051).session_count, 1, "a session ends however much it is used");
}

fn the_log_is_numbered_and_asked_in_pages(registry: &impl Registry) {
    for number in 1..=25_u64 {
        let added = block_on(registry.append(NewLine::new(number, "taro", "sign-in", ""))).unwrap();
        assert_eq!(added.number, number);
    }
    let page = |after, limit| block_on(registry.log(LogQuery { after, limit, ..LogQuery::default() })).unwrap();
    let numbers = |page: &LogPage| page.lines.iter().map(|line| line.number).collect::<Vec<_>>();
    let first = page(None, 10);
    assert_eq!((numbers(&first), first.next), ((16..=25).rev().collect(), Some(16)));
    let second = page(first.next, 10);
    assert_eq!((numbers(&second), second.next), ((6..=15).rev().collect(), Some(6)));
    let third = page(second.next, 10);
    assert_eq!((numbers(&third), third.next), ((1..=5).rev().collect(), None));
    assert_eq!(page(None, 25).next, None, "a page that is just full is the last one when nothing follows");
    assert_eq!(page(None, 0).lines.len(), 25);
    assert_eq!(page(None, LOG_PAGE_LINE_COUNT_MAX + 1).lines.len(), 25);
    assert_eq!(whole_log(registry).len(), 25);
}

fn the_log_is_asked_by_everything(registry: &impl Registry) {
    let add = |at_ms, who: &str, verb: &str, object: &str, outcome| {
        let address = "192.0.2.9".parse().unwrap();
        let line = NewLine::new(at_ms, who, verb, object).from(address).noting("a note").ending(outcome);
        block_on(registry.append(line)).unwrap();
    };
    add(10, "taro", "sign-in", "", Outcome::Done);
    add(20, "jiro", "sign-in", "", Outcome::Refused);
    add(30, "taro", "sender-approve", "example.jp", Outcome::Done);
    add(40, "taro", "sender-approve", "example.com", Outcome::Failed);
    let ask = |query: LogQuery| {
        let page = block_on(registry.log(LogQuery { order: LogOrder::OldestFirst, ..query })).unwrap();
        page.lines.iter().map(|line| line.number).collect::<Vec<_>>()
    };
    let all = LogQuery::default;
    assert_eq!(ask(all()), [1, 2, 3, 4]);
    assert_eq!(ask(LogQuery { who: Some("taro".into()), ..all() }), [1, 3, 4]);
    assert_eq!(ask(LogQuery { verb: Some("sign-in".into()), ..all() }), [1, 2]);
    assert_eq!(ask(LogQuery { object: Some("example.jp".into()), ..all() }), [3]);
    assert_eq!(ask(LogQuery { from_ms: Some(20), until_ms: Some(40), ..all() }), [2, 3]);
    assert_eq!(ask(LogQuery { who: Some("taro".into()), after: Some(1), from_ms: Some(40), ..all() }), [4]);
    assert_eq!(ask(LogQuery { who: Some("nobody' OR 1=1 --".into()), ..all() }), [0; 0]);
    let lines = whole_log(registry);
    let wanted = NewLine {
        at_ms: 40,
        who: "taro".into(),
        address: Some("192.0.2.9".parse().unwrap()),
        verb: "sender-approve".into(),
        object: "example.com".into(),
        note: "a note".into(),
        outcome: Outcome::Failed,
    };
    assert_eq!(lines[3].line, wanted);
}

fn a_long_line_is_cut(registry: &impl Registry) {
    let long = "関".repeat(4_000);
    let added = block_on(registry.append(NewLine::new(1, &long, &long, &long).noting(&long))).unwrap();
    let lengths = [&added.line.who, &added.line.verb, &added.line.object, &added.line.note].map(|text| text.len());
    assert_eq!(lengths, [510, 63, 510, 2_046]);
    assert_eq!(whole_log(registry), [added]);
}
