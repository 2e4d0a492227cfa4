//! Any text is read or refused, and a line that is told is a line of the text.
#![no_main]

use libfuzzer_sys::fuzz_target;
use ruwsgi::options::directive::Origin;
use ruwsgi::options::formats::Format;

fuzz_target!(|text: &str| {
    for text in [text.to_owned(), format!("[uwsgi]\n{text}")] {
        let lines = text.lines().count().max(1);
        match Format::Ini.read(&text, &"x".into(), None) {
            Ok(Some(section)) => {
                for directive in section.directives {
                    let Origin::File(_, line) = directive.origin else { panic!("{directive:?}") };
                    assert!((1..=lines).contains(&line), "{line} of {lines}");
                }
            }
            Ok(None) => {}
            Err(problem) => assert!((1..=lines).contains(&problem.line), "{problem:?}"),
        }
    }
});
