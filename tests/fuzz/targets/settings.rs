//! Any configuration is understood or refused: placeholders, sums, logic, macros, values, advice.
#![no_main]

use libfuzzer_sys::fuzz_target;
use ruwsgi::options::advice::{self, Machine, Subject};
use ruwsgi::options::logic::Surroundings;
use ruwsgi::options::{apply, argv, gather};

fuzz_target!(|text: &str| {
    // Files are read for real, so what the text may name is kept to this process.
    if ["ini", "include", "inherit", "config", "yaml", "yml", "xml", "js", "toml", "@(", "for-", "resolve"]
        .iter()
        .any(|word| text.contains(word))
    {
        return;
    }
    let path = std::env::temp_dir().join(format!("ruwsgi-fuzz-{}.ini", std::process::id()));
    std::fs::write(&path, format!("[uwsgi]\n{text}")).expect("a file");
    let words = argv::read(["--ini".to_owned(), path.display().to_string()]).expect("words");
    let Ok(gathered) = gather::gather(words, [], Surroundings::default()) else { return };
    let examined = apply::examine(gathered);
    let said: Vec<_> = examined.said.iter().map(|(said, _)| said.clone()).collect();
    let machine = Machine { cores: 2, somaxconn: 4096 };
    advice::advise(&Subject { settings: &examined.settings, said: &said, machine });
});
