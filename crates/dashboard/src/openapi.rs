//! What programs may ask, as OpenAPI: made of the tables of screens and deeds, so that it cannot say anything else.

use serde_json::{Map, Value, json};

use crate::desk::API;
use crate::screen::{DEEDS, Deed, Entry, Kind, Parameter, SCREENS};
use crate::who::Role;

/// The description.
#[must_use]
pub fn description() -> Value {
    let mut paths = Map::new();
    for entry in SCREENS.iter().filter(|entry| entry.needs > Role::Nobody) {
        let path = if entry.path == "/" { "/overview" } else { entry.path };
        add(&mut paths, path, "get", asked(entry));
    }
    for deed in DEEDS.iter().filter(|deed| deed.needs > Role::Nobody) {
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
    let language = json!({ "name": "lang", "in": "query", "schema": { "type": "string", "enum": ["en", "ja"] } });
    let own = entry
        .parameters
        .iter()
        .map(|parameter| json!({ "name": parameter.name, "in": "query", "schema": schema(parameter) }));
    json!({
        "operationId": format!("get-{}", entry.id),
        "tags": [entry.needs.as_str()],
        "parameters": object.into_iter().chain(own).chain([language]).collect::<Vec<_>>(),
        "responses": responses(),
    })
}

fn done(deed: &Deed) -> Value {
    let fields: Map<String, Value> =
        deed.parameters.iter().map(|parameter| (parameter.name.to_owned(), schema(parameter))).collect();
    json!({
        "operationId": deed.id,
        "tags": [deed.needs.as_str()],
        "requestBody": { "content": { "application/json": { "schema": { "type": "object", "properties": fields } } } },
        "responses": responses(),
    })
}

fn schema(parameter: &Parameter) -> Value {
    match parameter.kind {
        Kind::Day => json!({ "type": "string", "format": "date" }),
        Kind::Number => json!({ "type": "integer", "minimum": 0 }),
        Kind::Domain => json!({ "type": "string", "format": "idn-hostname" }),
        Kind::Text => json!({ "type": "string" }),
        Kind::Word(words) => json!({ "type": "string", "enum": words }),
    }
}

/// The answers: what was asked for, or why not.
fn responses() -> Value {
    let error = || json!({ "application/json": { "schema": { "$ref": "#/components/schemas/Error" } } });
    let because = |why: &str| json!({ "description": why, "content": error() });
    json!({
        "200": { "description": "as asked", "content": { "application/json": { "schema": {} } } },
        "400": because("a parameter cannot be read"),
        "401": because("no token, or none that is good"),
        "403": because("the token's person may not"),
        "404": because("there is no such thing, or it is not kept here"),
        "409": because("it cannot be done as things are"),
        "413": because("the request is too large"),
        "503": because("a store does not answer"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_screen_and_every_deed_is_described() {
        let description = description();
        let paths = description["paths"].as_object().unwrap();
        let count = |method: &str| paths.values().filter(|path| path.get(method).is_some()).count();
        assert_eq!(count("get"), SCREENS.iter().filter(|entry| entry.needs > Role::Nobody).count());
        assert_eq!(count("post"), DEEDS.iter().filter(|deed| deed.needs > Role::Nobody).count());
        let overview = &paths["/overview"]["get"]["parameters"];
        assert_eq!(
            overview[0],
            json!({ "name": "from", "in": "query", "schema": { "type": "string", "format": "date" } })
        );
        // Asking changes nothing; only posting does.
        assert!(paths["/senders/mark"].get("get").is_none());
    }
}
