//! Reads XML: the elements inside `<uwsgi>`, each with its text.
//!
//! As uWSGI 2.0.31, seen by running it: `<uwsgi>` may stand anywhere, the text is taken as it is, an empty
//! element is `1`. Documents with a DTD are refused, so that no entity can grow.

use std::sync::Arc;

use roxmltree::{Document, Error, ParsingOptions};

use super::{Problem, Section, directive, warning};

/// The most elements, attributes and texts of a document.
const MOST_NODES: u32 = 100_000;

/// The directives of `<uwsgi id="section">`, or of the first `<uwsgi>` where none was named.
pub(super) fn read(
    text: &str,
    file: &Arc<str>,
    section: Option<&str>,
) -> Result<Option<Section>, Problem> {
    let options = ParsingOptions { nodes_limit: MOST_NODES, ..ParsingOptions::default() };
    let document = Document::parse_with_options(text, options).map_err(|error| Problem {
        line: usize::try_from(error.pos().row).unwrap_or_default().max(1),
        message: match error {
            Error::DtdDetected => "a document type is not read; remove `<!DOCTYPE …>`".to_owned(),
            error => format!("this is not XML: {error}"),
        },
    })?;
    let found = document.descendants().find(|node| {
        node.has_tag_name("uwsgi")
            && section.is_none_or(|section| node.attribute("id") == Some(section))
    });
    let Some(inside) = found else { return Ok(None) };
    let mut read = Section::default();
    for element in inside.children().filter(roxmltree::Node::is_element) {
        let name = element.tag_name().name();
        let row = document.text_pos_at(element.range().start).row;
        let line = usize::try_from(row).unwrap_or_default();
        if element.children().any(|child| child.is_element()) {
            if let Some(mount) = mount_of(&element) {
                read.directives.push(directive("mount", Some(mount), file, line));
                continue;
            }
            let message = format!("<{name}> is passed over: it holds elements, not a value");
            read.warnings.push(warning(message, file, line));
            continue;
        }
        let texts = element.children().filter(roxmltree::Node::is_text);
        let value: String = texts.filter_map(|node| node.text()).collect();
        let value = if value.is_empty() { "1".to_owned() } else { value };
        read.directives.push(directive(name, Some(value), file, line));
    }
    Ok(Some(read))
}

/// The old way to mount: `<app mountpoint="/x"><script>module</script></app>`.
fn mount_of(element: &roxmltree::Node<'_, '_>) -> Option<String> {
    let point = element.attribute("mountpoint").filter(|_| element.has_tag_name("app"))?;
    let script = element.children().find(|child| child.has_tag_name("script"))?;
    Some(format!("{point}={}", script.text()?))
}

#[cfg(test)]
mod tests {
    use super::super::tests::shown;
    use super::*;

    fn check(text: &str, section: Option<&str>, expected: &str) {
        let section = read(text, &Arc::from("x.xml"), section).expect(text).expect(text);
        assert_eq!(shown(&section), expected, "{text}");
    }

    #[test]
    fn elements_become_directives() {
        check(
            "<?xml version='1.0'?>\n<!-- c -->\n<root><uwsgi>\n<a>1</a>\n<b/><c></c> <d>x&amp;<![CDATA[<y>]]></d>\n</uwsgi></root>",
            None,
            "a=1@4 b=1@5 c=1@5 d=x&<y>@5",
        );
        check("<r><uwsgi><a>1</a></uwsgi><uwsgi id='w'><a>2</a></uwsgi></r>", Some("w"), "a=2@1");
    }

    #[test]
    fn apps_in_the_old_form_are_mounts() {
        let app = "<uwsgi><app mountpoint='/x'><script>site</script></app></uwsgi>";
        check(app, None, "mount=/x=site@1");
    }

    #[test]
    fn what_is_wrong_has_its_line() {
        fn check(text: &str, line: usize, message: &str) {
            let problem = read(text, &Arc::from("x.xml"), None).expect_err(text);
            assert_eq!(problem.line, line, "{text}: {problem:?}");
            assert!(problem.message.contains(message), "{text}: {problem:?}");
        }
        check("<uwsgi>\n<a>1</b>\n</uwsgi>", 2, "this is not XML");
        check("<!DOCTYPE x [<!ENTITY e 'x'>]>\n<uwsgi/>", 1, "DOCTYPE");
        let text = "<uwsgi>\n<a><b>x</b></a></uwsgi>";
        let section = read(text, &Arc::from("x.xml"), None).expect(text).expect(text);
        assert!(section.warnings.iter().any(|w| w.message.contains("<a>")), "{section:?}");
    }
}
