//! Reads TOML, which uWSGI does not: a table per section; a list repeats its key.

use std::sync::Arc;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::{Problem, Section, directive, line_at, warning};

/// The directives of the table of this name.
pub(super) fn read(text: &str, file: &Arc<str>, section: &str) -> Result<Option<Section>, Problem> {
    let whole = DeTable::parse(text).map_err(|error| Problem {
        line: line_at(text, error.span().unwrap_or_default().start),
        message: format!("this is not TOML: {}", error.message()),
    })?;
    let Some(inside) = whole.get_ref().get(section) else { return Ok(None) };
    let line = |value: &Spanned<DeValue<'_>>| line_at(text, value.span().start);
    let Some(table) = inside.get_ref().as_table() else {
        let message = format!("{section} is no table of options");
        return Err(Problem { line: line(inside), message });
    };
    // A table keeps its keys sorted; where they stand tells the order.
    let mut pairs: Vec<_> = table.iter().collect();
    pairs.sort_by_key(|(name, _)| name.span().start);
    let mut read = Section::default();
    for (name, value) in pairs {
        let name = name.get_ref();
        let values = match value.get_ref() {
            DeValue::Array(values) => values.iter().collect(),
            _ => vec![value],
        };
        for value in values {
            if let Some(text) = scalar(value.get_ref()) {
                read.directives.push(directive(name, Some(text), file, line(value)));
            } else {
                let message = format!("{name} is passed over: it is no text, number or truth");
                read.warnings.push(warning(message, file, line(value)));
            }
        }
    }
    Ok(Some(read))
}

fn scalar(value: &DeValue<'_>) -> Option<String> {
    match value {
        DeValue::String(text) => Some(text.to_string()),
        DeValue::Integer(number) if number.radix() == 10 => Some(number.as_str().to_owned()),
        // Octal file modes and the like mean a number.
        DeValue::Integer(number) => {
            i64::from_str_radix(number.as_str(), number.radix()).ok().map(|n| n.to_string())
        }
        DeValue::Float(number) => Some(number.as_str().to_owned()),
        DeValue::Boolean(truth) => Some(truth.to_string()),
        DeValue::Datetime(_) | DeValue::Array(_) | DeValue::Table(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::shown;
    use super::*;

    #[test]
    fn tables_become_directives_in_their_order() {
        let text = "x = 1\n[uwsgi]\nz = 'a'\nb = 1_000\nm = 0x10\nl = [\n 'x',\n true]\n[[o]]\n";
        let section = read(text, &Arc::from("x.toml"), "uwsgi").expect(text).expect(text);
        assert_eq!(shown(&section), "z=a@3 b=1000@4 m=16@5 l=x@7 l=true@8");
    }

    #[test]
    fn what_is_wrong_has_its_line() {
        let problem = read("[uwsgi]\na = 1\nb = ", &Arc::from("x.toml"), "uwsgi");
        assert_eq!(problem.expect_err("broken").line, 3);
        let problem = read("a = 1\nuwsgi = 3", &Arc::from("x.toml"), "uwsgi");
        assert_eq!(problem.expect_err("no table").line, 2);
    }
}
