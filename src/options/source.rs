//! Where the text of a configuration comes from: a file, standard input, a command, a descriptor.
//!
//! As uWSGI 2.0.31 names them. What it also reads over the network or out of its own binary is
//! refused by name.

use std::io::{Error, ErrorKind, Read, Result};
use std::process::{Command, Stdio};

/// The most that is read, in bytes.
const LARGEST: u64 = 4 << 20;

/// Schemes that are not read here.
const NOT_READ: &[&str] =
    &["http", "https", "data", "sym", "section", "pipe", "call", "callint", "file"];

/// The whole text, and the first line with bytes that are not UTF-8: they are replaced by U+FFFD, because they
/// mostly stand in comments. `commands` tells whether `exec://` may run its command.
pub fn read_any(name: &str, commands: bool) -> Result<(String, Option<usize>)> {
    String::from_utf8(read_bytes(name, commands)?).map(|text| (text, None)).or_else(|error| {
        let valid = error.utf8_error().valid_up_to();
        let bytes = error.as_bytes();
        let line = 1 + bytes.iter().take(valid).filter(|&&byte| byte == b'\n').count();
        Ok((String::from_utf8_lossy(bytes).into_owned(), Some(line)))
    })
}

/// The whole text, which must be UTF-8.
pub fn read(name: &str, commands: bool) -> Result<String> {
    match read_any(name, commands)? {
        (text, None) => Ok(text),
        (_, Some(line)) => Err(refused(&format!("line {line} is not UTF-8 text"))),
    }
}

fn read_bytes(name: &str, commands: bool) -> Result<Vec<u8>> {
    Ok(match name.split_once("://") {
        _ if name == "-" => limited(std::io::stdin().lock())?,
        Some(("exec", _)) if !commands => {
            return Err(refused("commands are not run while a configuration is only looked at"));
        }
        Some(("exec", command)) => run(command)?,
        Some(("fd", number)) => {
            let number: u32 =
                number.parse().map_err(|_| refused("fd:// is followed by a number"))?;
            limited(std::fs::File::open(format!("/proc/self/fd/{number}"))?)?
        }
        Some((scheme, _)) if NOT_READ.contains(&scheme) => {
            return Err(refused(&format!(
                "{scheme}:// is not read here; write it to a file, or use exec:// with a command"
            )));
        }
        _ => limited(std::fs::File::open(name)?)?,
    })
}

fn limited(source: impl Read) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    source.take(LARGEST + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > LARGEST {
        return Err(refused(&format!("it is larger than {LARGEST} bytes")));
    }
    Ok(bytes)
}

/// What a command writes; it is run by `/bin/sh`.
fn run(command: &str) -> Result<Vec<u8>> {
    let mut child = Command::new("/bin/sh").args(["-c", command]).stdout(Stdio::piped()).spawn()?;
    let read = child.stdout.take().map_or(Ok(Vec::new()), limited);
    if read.is_err() {
        // It may wait for someone who reads on.
        let _ = child.kill();
    }
    let status = child.wait()?;
    match read {
        Ok(_) if !status.success() => Err(refused(&format!("the command failed: {status}"))),
        read => read,
    }
}

fn refused(why: &str) -> Error {
    Error::new(ErrorKind::InvalidData, why)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_run_only_where_they_may() {
        assert_eq!(read("exec://echo a", true).ok().as_deref(), Some("a\n"));
        assert!(read("exec://echo a", false).is_err());
        assert!(read("exec://exit 3", true).is_err_and(|why| why.to_string().contains('3')));
    }

    #[test]
    fn what_is_not_read_is_named() {
        fn check(name: &str, message: &str) {
            let why = read(name, true).expect_err(name).to_string();
            assert!(why.contains(message), "{name}: {why}");
        }
        check("http://x/y.ini", "http:// is not read here");
        check("fd://x", "a number");
        check("exec://yes", "larger than");
        check("/dev/zero", "larger than");
        check("exec://printf 'a\\n\\377'", "line 2 is not UTF-8");
    }
}
