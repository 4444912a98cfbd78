//! Just enough of Rust's lexis to look for things in source text: comments and literals blanked out, functions and test
//! modules found by their braces.

use std::ops::Range;

/// A function with a body.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Function {
    pub(crate) name: String,
    /// Line of the `fn` keyword, from 1.
    pub(crate) line: usize,
    /// From the `fn` keyword to the closing brace, both lines counted.
    pub(crate) lines: usize,
    /// Inside a module under `#[cfg(test)]`.
    pub(crate) in_tests: bool,
}

/// The source with every comment, string and character literal replaced by spaces; each character keeps its line.
pub(crate) fn blanked(source: &str) -> Vec<char> {
    let mut text: Vec<char> = source.chars().collect();
    let mut at = 0;
    while at < text.len() {
        let end = literal_end(&text, at);
        if end > at {
            text[at..end].iter_mut().filter(|c| **c != '\n').for_each(|c| *c = ' ');
            at = end;
        } else {
            at += 1;
        }
    }
    text
}

/// Functions with a body, in the order in which they begin; inner ones are counted for themselves too.
pub(crate) fn functions(source: &str) -> Vec<Function> {
    let text = blanked(source);
    let tests = test_modules(source, &text);
    let mut found = Vec::new();
    for at in word_positions(&text, "fn") {
        let name: String =
            text[at + 2..].iter().skip_while(|c| c.is_whitespace()).take_while(|c| is_word(**c)).collect();
        let Some(body) = body(&text, at).filter(|_| !name.is_empty()) else { continue };
        let lines = text[at..body.end].iter().filter(|c| **c == '\n').count() + 1;
        found.push(Function { name, line: line_of(&text, at), lines, in_tests: tests.iter().any(|t| t.contains(&at)) });
    }
    found
}

/// Lines, from 1, that lie in a module under `#[cfg(test)]`.
pub(crate) fn test_lines(source: &str) -> Vec<Range<usize>> {
    let text = blanked(source);
    let modules = test_modules(source, &text);
    modules.into_iter().map(|module| line_of(&text, module.start)..line_of(&text, module.end) + 1).collect()
}

/// Whether the source names `word` outside comments and literals.
pub(crate) fn names(source: &[char], word: &str) -> bool {
    word_positions(source, word).next().is_some()
}

fn test_modules(source: &str, text: &[char]) -> Vec<Range<usize>> {
    let source: Vec<char> = source.chars().collect();
    let attribute: Vec<char> = "#[cfg(test)]".chars().collect();
    let starts = (0..source.len()).filter(|at| text[*at] == '#' && source[*at..].starts_with(&attribute));
    let modules = starts.filter_map(|at| {
        let after = at + attribute.len();
        let word: String =
            text[after..].iter().skip_while(|c| c.is_whitespace()).take_while(|c| is_word(**c)).collect();
        let body = body(text, after).filter(|_| word == "mod")?;
        Some(at..body.end)
    });
    modules.collect()
}

/// The braces' inside and themselves of the item that begins at `at`; none when it ends with a semicolon.
fn body(text: &[char], at: usize) -> Option<Range<usize>> {
    let mut depth = 0_usize;
    let mut start = None;
    for (offset, c) in text[at..].iter().enumerate() {
        match c {
            '(' | '[' => depth += 1,
            ')' | ']' => depth = depth.checked_sub(1)?,
            '{' => {
                start = start.or((depth == 0).then_some(at + offset));
                depth += 1;
            }
            '}' => {
                depth = depth.checked_sub(1)?;
                if let Some(start) = start.filter(|_| depth == 0) {
                    return Some(start..at + offset + 1);
                }
            }
            ';' if depth == 0 => return None,
            _ => {}
        }
    }
    None
}

/// Where the comment or literal that begins at `at` ends; `at` when none begins there.
fn literal_end(text: &[char], at: usize) -> usize {
    let rest = &text[at..];
    match rest {
        ['/', '/', ..] => at + rest.iter().position(|c| *c == '\n').unwrap_or(rest.len()),
        ['/', '*', ..] => block_comment_end(text, at),
        ['"', ..] => quoted_end(text, at + 1),
        ['r', '"' | '#', ..] if !after_word(text, at) || text[at - 1] == 'b' => raw_string_end(text, at),
        // A lifetime has no closing quote after its first character.
        ['\'', '\\', ..] => text[at + 2..].iter().skip(1).position(|c| *c == '\'').map_or(at, |end| at + end + 4),
        ['\'', _, '\'', ..] => at + 3,
        _ => at,
    }
}

fn block_comment_end(text: &[char], at: usize) -> usize {
    let (mut depth, mut i) = (0, at);
    while i < text.len() {
        match text[i..] {
            ['/', '*', ..] => (depth, i) = (depth + 1, i + 2),
            ['*', '/', ..] => (depth, i) = (depth - 1, i + 2),
            _ => i += 1,
        }
        if depth == 0 {
            return i;
        }
    }
    text.len()
}

fn quoted_end(text: &[char], mut at: usize) -> usize {
    while at < text.len() {
        match text[at] {
            '\\' => at += 2,
            '"' => return at + 1,
            _ => at += 1,
        }
    }
    text.len()
}

fn raw_string_end(text: &[char], at: usize) -> usize {
    let hashes = text[at + 1..].iter().take_while(|c| **c == '#').count();
    let open = at + 1 + hashes;
    // `r#name` is an identifier.
    if text.get(open) != Some(&'"') {
        return at;
    }
    let closes =
        |i: &usize| text[*i] == '"' && text[i + 1..].iter().take(hashes).filter(|c| **c == '#').count() == hashes;
    (open + 1..text.len()).find(closes).map_or(text.len(), |i| i + 1 + hashes)
}

fn word_positions<'a>(text: &'a [char], word: &'a str) -> impl Iterator<Item = usize> + 'a {
    let word: Vec<char> = word.chars().collect();
    (0..text.len()).filter(move |at| {
        text[*at..].starts_with(&word)
            && !after_word(text, *at)
            && !text.get(at + word.len()).is_some_and(|next| is_word(*next))
    })
}

fn after_word(text: &[char], at: usize) -> bool {
    at > 0 && is_word(text[at - 1])
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

fn line_of(text: &[char], at: usize) -> usize {
    text[..at].iter().filter(|c| **c == '\n').count() + 1
}

#[cfg(test)]
mod tests {
    use super::*;

    fn blank(source: &str) -> String {
        blanked(source).into_iter().collect()
    }

    #[test]
    fn comments_and_literals_vanish_and_lifetimes_stay() {
        assert_eq!(blank("a // fn x {\nb"), format!("a {}\nb", " ".repeat(9)));
        assert_eq!(blank("/* a /* b */ c */d"), format!("{}d", " ".repeat(17)));
        assert_eq!(
            blank(r#"f("{\"", 'x', '\'', '\u{7b}')"#).trim_end(),
            format!("f({},{},{},{})", " ".repeat(5), " ".repeat(4), " ".repeat(5), " ".repeat(9))
        );
        assert_eq!(blank("fn f<'a>(x: &'a str)"), "fn f<'a>(x: &'a str)");
        assert_eq!(blank("x(r#\"{\"{\"#)"), format!("x({})", " ".repeat(8)));
        assert_eq!(blank("br\"{\" r#type"), "b     r#type");
    }

    #[test]
    fn functions_are_measured_from_fn_to_brace() {
        let source = "trait T { fn none(&self) -> [u8; 2]; }\n\npub(crate) async fn two(\n    x: fn(u8) -> u8,\n) {\n    if x { \"}\" }\n}\nfn one() {}\n";
        let found: Vec<_> = functions(source).into_iter().map(|f| (f.name, f.line, f.lines)).collect();
        assert_eq!(found, [("two".to_owned(), 3, 5), ("one".to_owned(), 8, 1)]);
    }

    #[test]
    fn functions_of_test_modules_are_marked() {
        let source = "fn a() {}\n#[cfg(test)]\nmod tests {\n    fn b() {}\n}\n#[cfg(test)]\nmod other;\nfn c() {}\n";
        let found: Vec<_> = functions(source).into_iter().map(|f| (f.name, f.in_tests)).collect();
        assert_eq!(found, [("a".to_owned(), false), ("b".to_owned(), true), ("c".to_owned(), false)]);
        assert_eq!(test_lines(source).first(), Some(&(2..6)));
    }

    #[test]
    fn names_are_whole_words_of_code() {
        let text = blanked("use spf::x; // dkim\nlet y = \"dmarc\"; authx::f();");
        assert!(names(&text, "spf"));
        assert!(!names(&text, "dkim") && !names(&text, "dmarc") && !names(&text, "auth"));
    }
}
