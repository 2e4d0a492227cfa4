//! Dates in the log, as `strftime` writes them in local time.

use std::cell::RefCell;
use std::time::{Duration, SystemTime};

use jiff::Zoned;
use jiff::fmt::strtime::{BrokenDownTime, Config};

use crate::process::scoreboard::now_roughly;

/// What `ctime` writes.
pub(super) const CTIME: &str = "%a %b %e %H:%M:%S %Y";
/// The date of Apache's and nginx's logs.
pub(super) const LTIME: &str = "%d/%b/%Y:%H:%M:%S %z";

/// The local time as `ctime` writes it.
#[must_use]
pub fn now() -> String {
    let mut text = Vec::new();
    add_now(&mut text);
    String::from_utf8_lossy(&text).into_owned()
}

/// Adds the local time as `ctime` writes it, worked out once a second.
pub(super) fn add_now(line: &mut Vec<u8>) {
    thread_local!(static LAST: RefCell<(u64, String)> = const { RefCell::new((0, String::new())) });
    let second = now_roughly().as_secs();
    LAST.with_borrow_mut(|(last, text)| {
        if *last != second {
            *last = second;
            *text = strftime(CTIME, SystemTime::UNIX_EPOCH + Duration::from_secs(second));
        }
        line.extend_from_slice(text.as_bytes());
    });
}

/// The local time in a form of `strftime`'s; what is no directive stays as it is.
#[must_use]
pub fn strftime(format: &str, time: SystemTime) -> String {
    let zoned = Zoned::try_from(time).unwrap_or_else(|_| Zoned::now());
    let config = Config::new().lenient(true);
    let written = BrokenDownTime::from(&zoned).to_string_with_config(&config, format);
    written.unwrap_or_else(|_| format.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unknown_directives_stay() {
        let time = SystemTime::UNIX_EPOCH;
        assert_eq!(strftime("a%", time), "a%");
        assert_eq!(strftime("%%Y %Q", time).get(..3), Some("%Y "));
        assert_eq!(strftime("100%!", time), "100%!");
    }
}
