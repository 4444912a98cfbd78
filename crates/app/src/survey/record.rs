//! A name's result as a line of JSON, and back.

use audit::survey::Examined;
use audit::survey::fields::Field;
use mailtext::Domain;
use serde_json::{Map, Value};

/// The values of group columns, by column.
pub(crate) type Groups = Vec<(Box<str>, Box<str>)>;

/// The line of a name, with its end.
pub(crate) fn line(examined: &Examined, groups: &[(Box<str>, Box<str>)]) -> String {
    let mut object = Map::new();
    object.insert("domain".to_owned(), examined.name.as_str().into());
    let groups = groups.iter().map(|(column, value)| (column.to_string(), Value::from(&**value)));
    object.insert("groups".to_owned(), Value::Object(groups.collect()));
    for (name, field) in examined.to_fields() {
        put(&mut object, name, value(field));
    }
    let mut line = Value::Object(object).to_string();
    line.push('\n');
    line
}

/// Reads a line; `None` when it is none.
pub(crate) fn read(line: &str) -> Option<(Examined, Groups)> {
    let object: Value = serde_json::from_str(line).ok()?;
    let name = Domain::query(object.get("domain")?.as_str()?).ok()?;
    let groups = object.get("groups").and_then(Value::as_object);
    let groups = groups
        .into_iter()
        .flatten()
        .filter_map(|(column, value)| Some((Box::from(column.as_str()), Box::from(value.as_str()?))));
    let groups = groups.collect();
    Some((Examined::of_fields(name, &|name| get(&object, name)), groups))
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

/// Each dot of a name is a level.
fn put(object: &mut Map<String, Value>, name: &str, value: Value) {
    match name.split_once('.') {
        None => {
            object.insert(name.to_owned(), value);
        }
        Some((first, rest)) => {
            let inner = object.entry(first).or_insert_with(|| Value::Object(Map::new()));
            if let Some(inner) = inner.as_object_mut() {
                put(inner, rest, value);
            }
        }
    }
}

fn get(object: &Value, name: &str) -> Option<Field> {
    let value = name.split('.').try_fold(object, |object, level| object.get(level))?;
    Some(match value {
        Value::Null | Value::Object(_) => Field::Nothing,
        Value::Bool(flag) => Field::Flag(*flag),
        Value::Number(number) => Field::Number(number.as_u64()?),
        Value::String(text) => Field::Text(text.as_str().into()),
        Value::Array(list) => Field::List(list.iter().filter_map(Value::as_str).map(Box::from).collect()),
    })
}

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
    }

    #[test]
    fn what_is_no_line_is_none() {
        for text in ["", "{}", "[]", "{\"domain\": 1}", "{\"domain\": \"a..b\"}", "{\"domain\": \"a.jp\""] {
            assert_eq!(read(text), None, "{text}");
        }
        assert!(read("{\"domain\": \"a.jp\", \"spf\": 7, \"groups\": [], \"errors\": [1]}").is_some());
    }
}
