//! Every crate's head says what it will never do: the `//!` comment of its lib.rs or main.rs contains "never".

use crate::house::{Complaint, House, Outcome};

pub(crate) fn check(house: &House) -> Outcome<Vec<Complaint>> {
    let roots = house.texts(is_root);
    let silent = roots.iter().filter(|(_, text)| !says_never(text));
    Ok(silent.map(|(path, _)| Complaint::new(path, 1, "the head does not say what this crate will never do")).collect())
}

/// A crate's first file; when there is a lib.rs, main.rs is only its door.
fn is_root(path: &str) -> bool {
    let parts: Vec<&str> = path.split('/').collect();
    matches!(
        parts[..],
        ["crates", _, "src", "lib.rs"] | ["crates", "app", "src", "main.rs"] | ["xtask", "src", "main.rs"]
    )
}

fn says_never(text: &str) -> bool {
    let mut head = text.lines().take_while(|line| line.starts_with("//") || line.trim().is_empty());
    head.any(|line| line.starts_with("//!") && line.to_lowercase().contains("never"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_head_counts_and_nothing_else() {
        assert!(says_never("//! A crate.\n//!\n//! # What it will never do\n\nuse x;\n"));
        assert!(!says_never("//! A crate.\n\nuse x;\n//! never\n"));
        assert!(!says_never("// never\n"));
    }

    #[test]
    fn roots() {
        assert!(is_root("crates/spf/src/lib.rs") && is_root("crates/app/src/main.rs"));
        assert!(!is_root("crates/spf/src/eval/lib.rs") && !is_root("crates/spf/src/main.rs"));
    }
}
