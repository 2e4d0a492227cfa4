#![no_main]

mod format;

use libfuzzer_sys::fuzz_target;
use ruwsgi::options::formats::Format;

fuzz_target!(|text: &str| format::check(Format::Xml, "", text));
