//! A ruwsgi.yaml of any bytes: refused with its problems, or rendered; never a panic.
#![no_main]

use libfuzzer_sys::fuzz_target;
use ruwsgi::deploy::plan::plan;
use ruwsgi::deploy::render::render_marked;
use ruwsgi::deploy::spec::{Known, load};

fuzz_target!(|data: &[u8]| {
    let Ok(source) = std::str::from_utf8(data) else { return };
    match load("ruwsgi.yaml", source, |_| Known::Yes) {
        Err(problems) => assert!(!problems.to_string().is_empty()),
        // An escape may refuse a value; what is rendered keeps no mark.
        Ok(spec) => {
            for (output, _) in render_marked(&plan(&spec)).unwrap_or_default() {
                assert!(!output.text.contains(['\u{1}', '\u{2}']), "{}", output.path);
            }
        }
    }
});
