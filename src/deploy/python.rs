//! Reads assignments in the text of a Python module, as far as text can tell them.
//!
//! Never runs Python. What the names mean to Django is `detect`.

/// Lines that are no comments.
pub(super) fn code(text: &str) -> impl Iterator<Item = &str> {
    text.lines().filter(|line| !line.trim_start().starts_with('#'))
}

/// What stands behind `NAME =`, in its last assignment at the beginning of a line.
pub(super) fn assignment<'a>(text: &'a str, name: &str) -> Option<&'a str> {
    code(text)
        .filter_map(|line| {
            let rest = line.strip_prefix(name)?.trim_start();
            let rest = rest
                .split_once('=')
                .filter(|(before, _)| before.is_empty() || before.starts_with(':'))?
                .1;
            (!rest.starts_with('=')).then(|| rest.trim())
        })
        .last()
}

/// It is assigned at all.
pub(super) fn has(text: &str, name: &str) -> bool {
    assignment(text, name).is_some()
}

/// The text of `NAME = "text"`, also as the default of `os.environ.get("X", "text")` and the like.
pub(super) fn literal(text: &str, name: &str) -> Option<String> {
    let value = assignment(text, name)?;
    if let Some(found) = quoted_only(value) {
        return Some(found);
    }
    let reads = ["environ.get(", "getenv(", "env(", "env.str(", "config("];
    if reads.iter().any(|call| value.contains(call)) {
        let (_, default) = value.split_once(',')?;
        return quoted_only(default.trim().trim_start_matches("default=").trim_end_matches(')'));
    }
    None
}

fn quoted_only(value: &str) -> Option<String> {
    let value = value.trim().trim_start_matches(['r', 'b', 'f']);
    let quote = value.chars().next().filter(|first| matches!(first, '"' | '\''))?;
    let rest = value.get(1..)?;
    let (inner, after) = rest.split_once(quote)?;
    let after = after.trim();
    (after.is_empty() || after.starts_with('#')).then(|| inner.to_owned())
}

/// The next text in quotes.
pub(super) fn quoted(text: &str) -> Option<String> {
    let start = text.find(['"', '\''])?;
    let quote = text.get(start..)?.chars().next()?;
    let rest = text.get(start + 1..)?;
    rest.split_once(quote).map(|(inner, _)| inner.to_owned())
}

/// The folder of `NAME = BASE_DIR / "a" / "b"`, `os.path.join(BASE_DIR, "a")`, `str(BASE_DIR.joinpath("a"))` or `"/absolute"`.
pub(super) fn folder(text: &str, name: &str) -> Option<String> {
    let value = assignment(text, name)?;
    if let Some(path) = quoted_only(value) {
        return (!path.is_empty()).then(|| path.trim_end_matches('/').to_owned());
    }
    if !["BASE_DIR", "ROOT_DIR", "PROJECT_DIR", "PROJECT_ROOT", "BASE_PATH", "APPS_DIR"]
        .iter()
        .any(|base| value.contains(base))
    {
        return None;
    }
    // The default of a call that reads the environment is what counts.
    let reads = ["environ", "getenv", "env(", "config("].iter().any(|call| value.contains(call));
    let value = match value.find("BASE_DIR").or_else(|| value.find("ROOT_DIR")) {
        Some(start) if reads => value.get(start..)?,
        _ => value,
    };
    let mut parts = Vec::new();
    let mut rest = value;
    while let Some(part) = quoted(rest) {
        let end = rest.find(&part)? + part.len() + 1;
        rest = rest.get(end..).unwrap_or_default();
        parts.push(part.trim_matches('/').to_owned());
    }
    let path = parts.join("/");
    let clean = !path.is_empty() && !path.contains("..") && !path.contains(['{', '$', ' ']);
    clean.then_some(path)
}
