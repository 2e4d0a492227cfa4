//! What holds for every reader: any text is read or refused, and a line that is told is one of the
//! text's.

use ruwsgi::options::directive::Origin;
use ruwsgi::options::formats::Format;

/// Reads the text as it is, and behind the beginning of a section.
pub fn check(format: Format, beginning: &str, text: &str) {
    for text in [text.to_owned(), format!("{beginning}{text}")] {
        let lines = text.lines().count().max(1);
        match format.read(&text, &"x".into(), None) {
            Ok(Some(section)) => {
                for directive in section.directives {
                    let Origin::File(_, line) = directive.origin else { panic!("{directive:?}") };
                    assert!((1..=lines).contains(&line), "{line} of {lines}");
                }
            }
            Ok(None) => {}
            Err(problem) => assert!(problem.line >= 1, "{problem:?}"),
        }
    }
}
