//! What programs may ask, as OpenAPI: made of the tables of screens and deeds, so that it cannot say anything else.

use serde_json::{Map, Value, json};

use crate::desk::API;
use crate::screen::{DEEDS, Deed, Entry, Kind, Parameter, SCREENS};
use crate::shape::{Shape, of_deed, of_screen};
use crate::who::Role;

/// The description.
#[must_use]
pub fn description() -> Value {
    let mut paths = Map::new();
    for entry in SCREENS.iter().filter(|entry| entry.needs.is_some()) {
        let path = if entry.path == "/" { "/overview" } else { entry.path };
        add(&mut paths, path, "get", asked(entry));
    }
    for deed in DEEDS.iter().filter(|deed| deed.needs.is_some()) {
        add(&mut paths, deed.path, "post", done(deed));
    }
    json!({
        "openapi": "3.1.0",
        "info": { "title": "Sekisho", "version": env!("CARGO_PKG_VERSION"), "license": { "name": "Apache-2.0 OR MIT" } },
        "servers": [{ "url": API }],
        "security": [{ "token": [] }],
        "paths": paths,
        "components": {
            "securitySchemes": { "token": { "type": "http", "scheme": "bearer" } },
            "schemas": { "Error": {
                "type": "object",
                "required": ["error", "message"],
                "properties": { "error": { "type": "string" }, "message": { "type": "string" } },
            } },
        },
    })
}

/// Puts an operation where its path is: a screen and a deed may share one.
fn add(paths: &mut Map<String, Value>, path: &str, method: &str, operation: Value) {
    if let Value::Object(at) = paths.entry(path).or_insert_with(|| json!({})) {
        at.insert(method.to_owned(), operation);
    }
}

fn asked(entry: &Entry) -> Value {
    let object = entry.path.contains("{id}").then(
        || json!({ "name": "id", "in": "path", "required": true, "schema": { "type": "string", "minLength": 1 } }),
    );
    let language = json!({ "name": "lang", "in": "query", "schema": { "type": "string", "enum": ["", "en", "ja"] } });
    let own = entry
        .parameters
        .iter()
        .map(|parameter| json!({ "name": parameter.name, "in": "query", "schema": schema(parameter) }));
    json!({
        "operationId": format!("get-{}", entry.id),
        "tags": [entry.needs.map_or("nobody", Role::word)],
        "parameters": object.into_iter().chain(own).chain([language]).collect::<Vec<_>>(),
        "responses": responses(&of_screen(entry.id).map(Shape::schema).unwrap_or_default(), READING),
    })
}

fn done(deed: &Deed) -> Value {
    let fields: Map<String, Value> =
        deed.parameters.iter().map(|parameter| (parameter.name.to_owned(), member(parameter))).collect();
    let told = json!({
        "type": "object",
        "properties": { "done": { "const": deed.id }, "result": of_deed(deed.id).schema() },
        "required": ["done", "result"],
        "additionalProperties": false,
    });
    json!({
        "operationId": deed.id,
        "tags": [deed.needs.map_or("nobody", Role::word)],
        "requestBody": { "required": true, "content": { "application/json": { "schema": { "type": "object", "properties": fields } } } },
        "responses": responses(&told, &[READING, DOING].concat()),
    })
}

/// What a parameter of an address may be. One that is left empty asks for nothing, as a field of a form does.
fn schema(parameter: &Parameter) -> Value {
    let or_empty = |schema: Value| json!({ "anyOf": [schema, { "const": "" }] });
    match parameter.kind {
        Kind::Day => or_empty(json!({ "type": "string", "format": "date" })),
        Kind::Number => or_empty(json!({ "type": "integer", "minimum": 0 })),
        Kind::Domain | Kind::Text => json!({ "type": "string" }),
        Kind::Word(words) => or_empty(json!({ "type": "string", "enum": words })),
        Kind::Words(words) => json!({ "type": "array", "items": or_empty(json!({ "type": "string", "enum": words })) }),
    }
}

/// What a member of a deed's object may be: as in a form all is text, a number is taken as it is written, and `true` is `yes`.
fn member(parameter: &Parameter) -> Value {
    match parameter.kind {
        Kind::Number => {
            json!({ "anyOf": [{ "type": "integer", "minimum": 0 }, { "type": "string", "pattern": "^[0-9]*$" }] })
        }
        Kind::Word(_) | Kind::Day => schema(parameter),
        Kind::Words(_) | Kind::Domain | Kind::Text => json!({ "type": ["string", "number", "boolean"] }),
    }
}

/// The answers: what was asked for, or why not, with the words that `error` may be.
fn responses(shape: &Value, troubles: Troubles<'_>) -> Value {
    let mut all = Map::new();
    let content = |schema: Value| json!({ "application/json": { "schema": schema } });
    all.insert("200".to_owned(), json!({ "description": "as asked", "content": content(shape.clone()) }));
    for (status, words, why) in troubles {
        let error = json!({ "allOf": [
            { "$ref": "#/components/schemas/Error" }, { "properties": { "error": { "enum": words } } },
        ] });
        all.insert((*status).to_owned(), json!({ "description": why, "content": content(error) }));
    }
    Value::Object(all)
}

type Troubles<'a> = &'a [(&'a str, &'a [&'a str], &'a str)];

/// Why a screen is not shown.
const READING: Troubles<'_> = &[
    ("400", &["bad_parameter"], "a parameter cannot be read"),
    ("401", &["unauthenticated"], "no token, or none that is good"),
    ("403", &["forbidden"], "the token's person may not, or the request is for another host"),
    ("404", &["not_found", "not_kept"], "there is no such thing, or it is not kept here"),
    ("409", &["failed"], "it cannot be done as things are"),
    ("413", &["too_large"], "the request is too large"),
    ("503", &["store_failed"], "a store does not answer"),
];
/// What else may stand in the way of a deed.
const DOING: Troubles<'_> = &[("403", &["forbidden", "stale_form"], "the token's person may not")];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_screen_and_every_deed_is_described() {
        let description = description();
        let paths = description["paths"].as_object().unwrap();
        let count = |method: &str| paths.values().filter(|path| path.get(method).is_some()).count();
        assert_eq!(count("get"), SCREENS.iter().filter(|entry| entry.needs.is_some()).count());
        assert_eq!(count("post"), DEEDS.iter().filter(|deed| deed.needs.is_some()).count());
        let overview = &paths["/overview"]["get"]["parameters"];
        assert_eq!(
            overview[0],
            json!({ "name": "from", "in": "query", "schema":
                { "anyOf": [{ "type": "string", "format": "date" }, { "const": "" }] } })
        );
        // Asking changes nothing; only posting does.
        assert!(paths["/senders/mark"].get("get").is_none());
    }
}
