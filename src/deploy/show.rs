//! How results are shown: lines on standard output, colours where somebody sees them.
//!
//! What is shown is for the commands to say.

use std::io::Write as _;

/// One line on standard output; a closed pipe is nobody's error.
pub(super) fn say(line: &str) {
    let _ = writeln!(std::io::stdout().lock(), "{line}");
}

/// One line on standard error, where standard output is for a program.
pub(super) fn tell(line: &str) {
    let _ = writeln!(std::io::stderr().lock(), "{line}");
}

/// Colours, or none.
#[derive(Clone, Copy)]
pub(super) struct Paint(bool);

impl Paint {
    /// Colours only on a terminal, and not where `NO_COLOR` asks for none (<https://no-color.org>).
    pub(super) fn of(stream: &impl std::io::IsTerminal) -> Self {
        Self(
            stream.is_terminal()
                && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty()),
        )
    }

    /// For standard output.
    pub(super) fn of_stdout() -> Self {
        Self::of(&std::io::stdout())
    }

    /// No colours.
    #[cfg(test)]
    pub(super) fn plain() -> Self {
        Self(false)
    }

    fn with(self, code: &str, text: &str) -> String {
        if self.0 { format!("\x1b[{code}m{text}\x1b[0m") } else { text.to_owned() }
    }

    /// A title.
    pub(super) fn bold(self, text: &str) -> String {
        self.with("1", text)
    }

    /// What is well, or was added.
    pub(super) fn green(self, text: &str) -> String {
        self.with("32", text)
    }

    /// What is wrong, or was taken away.
    pub(super) fn red(self, text: &str) -> String {
        self.with("31", text)
    }

    /// Where something stands.
    pub(super) fn cyan(self, text: &str) -> String {
        self.with("36", text)
    }
}
