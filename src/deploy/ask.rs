//! Questions to whoever sits at the terminal; nobody else is asked.
//!
//! What is asked, and what a good answer is, is for the commands.

use std::io::{BufRead as _, IsTerminal as _, Read as _, Write as _};

use anyhow::{Context as _, Result};

use crate::error::Failure;

/// An answer may be so long, in bytes.
const LONGEST: u64 = 1000;
/// So often a question is asked.
const TIMES: usize = 3;

/// Somebody can be asked.
pub(super) fn is_possible() -> bool {
    std::io::stdin().is_terminal() && std::io::stderr().is_terminal()
}

/// Asks until the answer is right; an empty one is the default.
pub(super) fn ask(
    question: &str,
    default: &str,
    right: impl Fn(&str) -> Result<(), String>,
) -> Result<String> {
    for _ in 0..TIMES {
        let shown = if default.is_empty() { String::new() } else { format!(" [{default}]") };
        let mut out = std::io::stderr().lock();
        let _ = write!(out, "{question}{shown}: ");
        let _ = out.flush();
        let mut line = String::new();
        let read = std::io::stdin().lock().take(LONGEST).read_line(&mut line);
        if read.context("cannot read the answer")? == 0 {
            break;
        }
        let answer = match line.trim() {
            "" => default,
            answer => answer,
        };
        match right(answer) {
            Ok(()) => return Ok(answer.to_owned()),
            Err(wants) => {
                let _ = writeln!(out, "  it must be {wants}");
            }
        }
    }
    Err(Failure::new(format!("no answer to: {question}"))
        .hint("`--yes` asks nothing and takes what was found")
        .into())
}
