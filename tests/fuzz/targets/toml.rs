//! Any text is read or refused, and a line that is told is a line of the text.
#![no_main]

use libfuzzer_sys::fuzz_target;
use ruwsgi::options::directive::Origin;
use ruwsgi::options::formats::Format;

fuzz_target!(|text: &str| {
    let lines = text.lines().count().max(1);
    match Format::Toml.read(text, &"x".into(), None) {
        Ok(Some(section)) => {
            for directive in section.directives {
                let Origin::File(_, line) = directive.origin else { panic!("{directive:?}") };
                assert!((1..=lines).contains(&line), "{line} of {lines}");
            }
        }
        Ok(None) => {}
        Err(problem) => assert!(problem.line >= 1, "{problem:?}"),
    }
});
