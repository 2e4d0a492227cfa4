//! Holds `src/` against the two tables of ARCHITECTURE.md: who may import whom, and which crate is named where.
//!
//! Paths are found in the text of the sources, comments and strings blanked out: no compiler is asked.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// What one row allows: the names in backquotes of its second cell.
type Rows = BTreeMap<String, BTreeSet<String>>;

#[test]
fn every_path_in_the_crate_is_allowed_by_the_import_table() {
    let rows = table("import table");
    let modules: BTreeSet<String> = sources().iter().map(|(file, _)| module_of(file)).collect();
    let mut wrong = Vec::new();
    for (file, text) in sources() {
        let module = module_of(&file);
        if module == "lib" || module == "main" {
            continue;
        }
        let Some(allowed) = rows.get(&module) else {
            wrong.push(format!("{}: `{module}` has no row", file.display()));
            continue;
        };
        for (line, path) in crate_paths(&text, depth_of(&file)) {
            let first = path.split("::").next().unwrap_or_default();
            // What stands in lib.rs itself is for everybody; `super::super::` in a file's own test
            // module may lead to a neighbour.
            if !modules.contains(first) {
                continue;
            }
            let fits = |row: &String| path == *row || path.starts_with(&format!("{row}::"));
            if first != module && !allowed.contains("*") && !allowed.iter().any(fits) {
                wrong.push(format!(
                    "{}:{line}: crate::{path}: the row of `{module}` allows {allowed:?}",
                    file.display()
                ));
            }
        }
    }
    assert!(wrong.is_empty(), "against the import table:\n{}", wrong.join("\n"));
}

#[test]
fn every_row_of_the_import_table_is_about_a_module_that_is_there() {
    let modules: BTreeSet<String> = sources().iter().map(|(file, _)| module_of(file)).collect();
    for (module, allowed) in table("import table") {
        assert!(modules.contains(&module), "no module `{module}`");
        for name in allowed.iter().filter(|name| *name != "*") {
            let first = name.split("::").next().unwrap_or_default();
            assert!(modules.contains(first), "row `{module}` allows `{name}`, which is not there");
        }
    }
}

#[test]
fn a_crate_is_named_only_where_the_crate_table_says() {
    let rows = table("crate table");
    let mut wrong = Vec::new();
    for (file, text) in sources() {
        let module = module_of(&file);
        for (name, folders) in &rows {
            if folders.contains(&module) {
                continue;
            }
            for (line, _) in starts_of_path(&text, name) {
                wrong.push(format!(
                    "{}:{line}: {name} is named only in {folders:?}",
                    file.display()
                ));
            }
        }
    }
    assert!(wrong.is_empty(), "against the crate table:\n{}", wrong.join("\n"));
}

#[test]
fn the_scanner_sees_what_it_should() {
    let text = blank(
        r##"use crate::net::{Address, bind};
        // crate::comment::x
        use crate::{app::App, log, options::{table::Row, Settings}};
        fn f() { "crate::string::x"; r#"crate::raw"#; 'c'; crate::master::run::<'static>(); }
        /* crate::block /* nested */ crate::still */
        use super::super::route;
        use crate::worker as w;"##,
    );
    let paths: Vec<String> = crate_paths(&text, 2).into_iter().map(|(_, path)| path).collect();
    assert_eq!(
        paths,
        [
            "net::Address",
            "net::bind",
            "app::App",
            "log",
            "options::table::Row",
            "options::Settings",
            "master::run",
            "worker",
            "route",
        ]
    );
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The table that follows `<!-- NAME -->` in ARCHITECTURE.md.
fn table(name: &str) -> Rows {
    let text = fs::read_to_string(root().join("ARCHITECTURE.md")).expect("ARCHITECTURE.md");
    let (_, after) = text.split_once(&format!("<!-- {name} -->")).expect("the table's mark");
    let rows: Rows = after
        .lines()
        .skip_while(|line| !line.starts_with('|'))
        .take_while(|line| line.starts_with('|'))
        .skip(2)
        .map(|line| {
            let cells: Vec<&str> = line.trim_matches('|').split('|').collect();
            let [key, value] = cells.as_slice() else { panic!("a row of two cells: {line}") };
            let names = |cell: &str| -> BTreeSet<String> {
                cell.split('`').skip(1).step_by(2).map(str::to_owned).collect()
            };
            let mut allowed = names(value);
            if value.trim() == "everything" {
                allowed.insert("*".to_owned());
            }
            (names(key).pop_first().expect("a name in backquotes"), allowed)
        })
        .collect();
    assert!(!rows.is_empty(), "the table is empty: {name}");
    rows
}

/// Every source file with its text, comments and strings blanked out.
fn sources() -> Vec<(PathBuf, String)> {
    fn walk(folder: &Path, found: &mut Vec<(PathBuf, String)>) {
        let mut entries: Vec<_> = fs::read_dir(folder)
            .expect("src")
            .map(|entry| entry.expect("an entry").path())
            .collect();
        entries.sort();
        for path in entries {
            if path.is_dir() {
                walk(&path, found);
            } else if path.extension().is_some_and(|end| end == "rs") {
                let text = blank(&fs::read_to_string(&path).expect("a source file"));
                found.push((path.strip_prefix(root()).expect("under the root").to_owned(), text));
            }
        }
    }
    let mut found = Vec::new();
    walk(&root().join("src"), &mut found);
    found
}

/// `net` for `src/net/bind.rs` and for `src/net.rs`.
fn module_of(file: &Path) -> String {
    let second = file.components().nth(1).expect("a file under src");
    second.as_os_str().to_string_lossy().trim_end_matches(".rs").to_owned()
}

/// How many `super::` lead from this file's module to the crate's root.
fn depth_of(file: &Path) -> usize {
    let parts = file.components().count() - 1;
    if file.ends_with("mod.rs") { parts - 1 } else { parts }
}

/// The same text with comments, strings and characters replaced by blanks; line ends stay.
fn blank(text: &str) -> String {
    let chars: Vec<char> = text.chars().collect();
    let mut out: Vec<char> = chars.clone();
    let at = |i: usize| chars.get(i).copied().unwrap_or('\0');
    let mut i = 0;
    while i < chars.len() {
        let end = match (at(i), at(i + 1)) {
            ('/', '/') => (i..chars.len()).find(|&j| at(j) == '\n').unwrap_or(chars.len()),
            ('/', '*') => end_of_block(&chars, i),
            ('"', _) => end_of_string(&chars, i),
            ('r', '"' | '#') if !before_is_word(&chars, i) => end_of_raw(&chars, i),
            ('\'', '\\') => (i + 3..chars.len()).find(|&j| at(j) == '\'').map_or(i + 1, |j| j + 1),
            ('\'', _) if at(i + 2) == '\'' => i + 3,
            _ => {
                i += 1;
                continue;
            }
        };
        for slot in &mut out[i..end.min(chars.len())] {
            if *slot != '\n' {
                *slot = ' ';
            }
        }
        i = end.max(i + 1);
    }
    out.into_iter().collect()
}

fn before_is_word(chars: &[char], i: usize) -> bool {
    let word = |c: char| c.is_alphanumeric() || c == '_';
    // `br"…"` is a raw string too.
    i > 0 && word(chars[i - 1]) && !(chars[i - 1] == 'b' && (i < 2 || !word(chars[i - 2])))
}

fn end_of_block(chars: &[char], start: usize) -> usize {
    let mut depth = 0;
    let mut i = start;
    while i + 1 < chars.len() {
        match (chars[i], chars[i + 1]) {
            ('/', '*') => {
                depth += 1;
                i += 2;
            }
            ('*', '/') => {
                depth -= 1;
                i += 2;
                if depth == 0 {
                    return i;
                }
            }
            _ => i += 1,
        }
    }
    chars.len()
}

fn end_of_string(chars: &[char], start: usize) -> usize {
    let mut i = start + 1;
    while i < chars.len() {
        match chars[i] {
            '\\' => i += 2,
            '"' => return i + 1,
            _ => i += 1,
        }
    }
    chars.len()
}

/// The end of `r#"…"#`, or just past the `r` when this is none (`r#type`).
fn end_of_raw(chars: &[char], start: usize) -> usize {
    let hashes = chars[start + 1..].iter().take_while(|&&c| c == '#').count();
    let open = start + 1 + hashes;
    if chars.get(open) != Some(&'"') {
        return start + 1;
    }
    let close: Vec<char> = std::iter::once('"').chain(std::iter::repeat_n('#', hashes)).collect();
    (open + 1..chars.len())
        .find(|&i| chars[i..].starts_with(&close))
        .map_or(chars.len(), |i| i + close.len())
}

/// Every place where a path begins with this name, with what follows its `::`.
fn starts_of_path<'t>(text: &'t str, name: &str) -> Vec<(usize, &'t str)> {
    let needle = format!("{name}::");
    text.match_indices(&needle)
        .filter(|(start, _)| {
            let before = text[..*start].chars().next_back().unwrap_or(' ');
            !(before.is_alphanumeric() || before == '_' || before == ':')
        })
        .map(|(start, _)| (text[..start].matches('\n').count() + 1, &text[start + needle.len()..]))
        .collect()
}

/// Every path from the crate's root, with its line: `crate::…`, and `super::` often enough.
fn crate_paths(text: &str, depth: usize) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    for (line, rest) in starts_of_path(text, "crate") {
        for path in expand(rest) {
            found.push((line, path));
        }
    }
    for (line, mut rest) in starts_of_path(text, "super") {
        let mut supers = 1;
        while let Some(next) = rest.strip_prefix("super::") {
            supers += 1;
            rest = next;
        }
        if supers >= depth && supers > 1 {
            for path in expand(rest) {
                found.push((line, path));
            }
        }
    }
    found
}

/// The paths of a use tree: `a::{b, c::d}` is `a::b` and `a::c::d`. Stops where the path does.
fn expand(tree: &str) -> Vec<String> {
    let tree = tree.trim_start();
    if let Some(group) = tree.strip_prefix('{') {
        let mut depth = 1;
        let end = group
            .char_indices()
            .find(|(_, c)| {
                depth += i32::from(*c == '{') - i32::from(*c == '}');
                depth == 0
            })
            .map_or(group.len(), |(end, _)| end);
        return split_commas(&group[..end]).into_iter().flat_map(expand).collect();
    }
    let end = tree.find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(tree.len());
    let (name, rest) = tree.split_at(end);
    if name.is_empty() {
        return Vec::new();
    }
    match rest.strip_prefix("::") {
        Some(more) => {
            let below = expand(more);
            if below.is_empty() {
                vec![name.to_owned()]
            } else {
                below.into_iter().map(|path| format!("{name}::{path}")).collect()
            }
        }
        None => vec![name.to_owned()],
    }
}

/// Splits at the commas that stand in no inner braces.
fn split_commas(text: &str) -> Vec<&str> {
    let mut depth = 0;
    text.split(move |c: char| {
        depth += i32::from(c == '{') - i32::from(c == '}');
        c == ',' && depth == 0
    })
    .collect()
}
