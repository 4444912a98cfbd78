//! A name's result as a line of JSON, and back.

use std::borrow::Cow;
use std::collections::BTreeMap;

use audit::survey::Examined;
use audit::survey::fields::Field;
use mailtext::Domain;
use serde::de::{MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;

/// The values of group columns, by column.
pub(crate) type Groups = Vec<(Box<str>, Box<str>)>;

/// The line of a name, with its end. Keys stand in alphabetical order on every level.
pub(crate) fn line(examined: &Examined, groups: &[(Box<str>, Box<str>)]) -> String {
    let mut fields = examined.to_fields();
    fields.push(("domain", Field::Text(examined.name.as_str().into())));
    // Of two names with a level in common, the order of the whole is the order on that level: nothing sorts before a dot.
    fields.sort_unstable_by_key(|(name, _)| *name);
    let groups: BTreeMap<&str, &str> = groups.iter().map(|(column, value)| (&**column, &**value)).collect();
    let mut writer = Writer { line: Vec::with_capacity(LINE_BYTES_USUAL), levels: Vec::new() };
    let place = fields.partition_point(|(name, _)| *name < GROUPS);
    let (before, after) = fields.split_at(place);
    before.iter().for_each(|(name, field)| writer.field(name, field));
    writer.key(GROUPS);
    writer.json(&groups);
    after.iter().for_each(|(name, field)| writer.field(name, field));
    writer.end()
}

/// Reads a line; `None` when it is none.
pub(crate) fn read(line: &str) -> Option<(Examined, Groups)> {
    let object: Node<'_> = serde_json::from_str(line).ok()?;
    let Some(Node::Text(name)) = object.get("domain") else {
        return None;
    };
    let name = Domain::query(name).ok()?;
    let groups = match object.get(GROUPS) {
        Some(Node::Object(members)) => members.as_slice(),
        _ => &[],
    };
    let groups = groups.iter().filter_map(|(column, value)| match value {
        Node::Text(value) => Some((Box::from(&**column), Box::from(&**value))),
        _ => None,
    });
    let groups = groups.collect();
    Some((Examined::of_fields(name, &|name| field(&object, name)), groups))
}

/// How many questions of a line were not answered; nothing else of it is looked at.
pub(super) fn unanswered_count(line: &str) -> u64 {
    #[derive(Deserialize)]
    struct Counted {
        #[serde(default)]
        errors_count: u64,
    }
    serde_json::from_str(line).map_or(0, |counted: Counted| counted.errors_count)
}

/// The value of a field.
pub(super) fn value(field: Field) -> Value {
    match field {
        Field::Nothing => Value::Null,
        Field::Text(text) => Value::from(&*text),
        Field::Number(number) => number.into(),
        Field::Flag(flag) => flag.into(),
        Field::List(list) => list.iter().map(|text| Value::from(&**text)).collect(),
    }
}

/// Writes fields whose names come in order; each dot of a name is a level.
struct Writer {
    line: Vec<u8>,
    levels: Vec<&'static str>,
}

impl Writer {
    fn field(&mut self, name: &'static str, field: &Field) {
        self.key(name);
        match field {
            Field::Nothing => self.json(&()),
            Field::Text(text) => self.json(text),
            Field::Number(number) => self.json(number),
            Field::Flag(flag) => self.json(flag),
            Field::List(list) => self.json(list),
        }
    }

    /// Ends the levels that this name is not in, begins those that it is in, and writes its last part.
    fn key(&mut self, name: &'static str) {
        let mut parts = name.split('.');
        let last = parts.next_back().unwrap_or(name);
        let shared = parts.clone().zip(&self.levels).take_while(|(part, level)| part == *level).count();
        while self.levels.len() > shared {
            self.levels.pop();
            self.line.push(b'}');
        }
        for part in parts.skip(shared) {
            self.name(part);
            self.levels.push(part);
            self.line.push(b'{');
        }
        self.name(last);
    }

    fn name(&mut self, part: &str) {
        match self.line.last() {
            None => self.line.push(b'{'),
            Some(b'{') => {}
            Some(_) => self.line.push(b','),
        }
        self.line.push(b'"');
        self.line.extend_from_slice(part.as_bytes());
        self.line.extend_from_slice(b"\":");
    }

    /// Writing into memory cannot fail, nor can a value whose names are all text.
    fn json(&mut self, value: &impl Serialize) {
        let written = serde_json::to_writer(&mut self.line, value);
        debug_assert!(written.is_ok(), "{written:?}");
    }

    fn end(mut self) -> String {
        self.levels.drain(..).for_each(|_| self.line.push(b'}'));
        self.line.extend_from_slice(b"}\n");
        // Of texts, and of what stands between them in ASCII.
        String::from_utf8(self.line).unwrap_or_default()
    }
}

/// JSON as it stands in the line, in what a line may hold; what is deeper or other than that is nothing.
enum Node<'a> {
    Nothing,
    Flag(bool),
    Number(u64),
    Text(Cow<'a, str>),
    List(Vec<Self>),
    Object(Vec<(Cow<'a, str>, Self)>),
}

impl Node<'_> {
    /// Of several members with one name the last counts.
    fn get(&self, name: &str) -> Option<&Self> {
        match self {
            Self::Object(members) => members.iter().rev().find(|(key, _)| key == name).map(|(_, value)| value),
            _ => None,
        }
    }
}

fn field(object: &Node<'_>, name: &str) -> Option<Field> {
    let node = name.split('.').try_fold(object, |object, level| object.get(level))?;
    Some(match node {
        Node::Nothing | Node::Object(_) => Field::Nothing,
        Node::Flag(flag) => Field::Flag(*flag),
        Node::Number(number) => Field::Number(*number),
        Node::Text(text) => Field::Text(Box::from(&**text)),
        Node::List(list) => Field::List(list.iter().filter_map(text).collect()),
    })
}

fn text(node: &Node<'_>) -> Option<Box<str>> {
    match node {
        Node::Text(text) => Some(Box::from(&**text)),
        _ => None,
    }
}

impl<'de> Deserialize<'de> for Node<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Reader)
    }
}

struct Reader;

impl<'de> Visitor<'de> for Reader {
    type Value = Node<'de>;

    fn expecting(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<Node<'de>, E> {
        Ok(Node::Nothing)
    }

    fn visit_bool<E>(self, flag: bool) -> Result<Node<'de>, E> {
        Ok(Node::Flag(flag))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Node<'de>, E> {
        Ok(Node::Number(number))
    }

    fn visit_i64<E>(self, _: i64) -> Result<Node<'de>, E> {
        Ok(Node::Nothing)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Node<'de>, E> {
        Ok(Node::Nothing)
    }

    fn visit_str<E>(self, text: &str) -> Result<Node<'de>, E> {
        Ok(Node::Text(Cow::Owned(text.to_owned())))
    }

    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Node<'de>, E> {
        Ok(Node::Text(Cow::Borrowed(text)))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Node<'de>, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element()? {
            list.push(item);
        }
        Ok(Node::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Node<'de>, A::Error> {
        let mut members = Vec::new();
        while let Some((Key(key), value)) = entries.next_entry()? {
            members.push((key, value));
        }
        Ok(Node::Object(members))
    }
}

/// A member's name, which is borrowed where it stands as it is.
struct Key<'a>(Cow<'a, str>);

impl<'de> Deserialize<'de> for Key<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match Node::deserialize(deserializer)? {
            Node::Text(text) => Ok(Self(text)),
            _ => Err(serde::de::Error::custom("a name that is no text")),
        }
    }
}

const GROUPS: &str = "groups";
const LINE_BYTES_USUAL: usize = 1_536;

#[cfg(test)]
mod tests {
    use super::*;
    use audit::survey::{Method, examine};

    #[test]
    fn what_is_written_is_read() {
        let zone = testkit::zone(
            "$ORIGIN example.jp.\n@ MX 10 mx\n@ TXT \"v=spf1 include:_spf.example.jp ip6:::/0 -all\"\n;! _mta-sts TXT timeout\n\
             _dmarc TXT \"v=DMARC1; p=reject; t=y; rua=mailto:a@example.jp\"\nx.y._domainkey TXT a\n;! _spf TXT servfail\n",
        );
        let examined = testkit::block_on(examine(&zone, &testkit::domain("example.jp"), &Method::default()));
        let groups: Groups = vec![("kind".into(), "a, \"b\"".into()), ("地域".into(), "北海道".into())];
        let line = line(&examined, &groups);
        assert_eq!(line.matches('\n').count(), 1);
        assert_eq!(read(&line), Some((examined, groups)));
        let object: Value = serde_json::from_str(&line).unwrap();
        assert_eq!(
            (&object["mail"], &object["dmarc"]["effective"], &object["dmarc"]["rua"]),
            (&"mx".into(), &"own".into(), &true.into())
        );
        assert_eq!((&object["spf"]["result"], &object["spf"]["all"]), (&"temperror".into(), &"-all".into()));
        assert_eq!(object["errors"].as_array().map(Vec::len), Some(2));
        assert_eq!(format!("{object}\n"), line, "in the order that a map has");
        assert_eq!(unanswered_count(&line), 2);
    }

    #[test]
    fn what_is_no_line_is_none() {
        for text in ["", "{}", "[]", "{\"domain\": 1}", "{\"domain\": \"a..b\"}", "{\"domain\": \"a.jp\""] {
            assert_eq!(read(text), None, "{text}");
        }
        assert!(read("{\"domain\": \"a.jp\", \"spf\": 7, \"groups\": [], \"errors\": [1]}").is_some());
    }
}
