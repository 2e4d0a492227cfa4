//! `log-format`: the line of a request in a form of one's own, `%(method) %(uri) => %(status)`.
//!
//! The names are uWSGI 2.0.31's, seen by running it. What a client sent is made harmless where it
//! is taken up: no value can end the line.

use std::borrow::Cow;
use std::fmt::Write;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use super::request::{Outcome, Told};
use super::time::{LTIME, now, strftime};

/// A format, taken apart.
#[derive(Clone, Debug, Default)]
pub struct Format {
    parts: Vec<Part>,
    /// The form of `%(ftime)`.
    date: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Part {
    Text(String),
    /// A request variable.
    Variable(String),
    /// A number of the metrics.
    Metric,
    Name(String),
}

impl Format {
    /// Takes a format apart. `date` is the form of `%(ftime)`, where there is one.
    #[must_use]
    pub fn parse(text: &str, date: Option<&str>) -> Self {
        let mut format = Self { date: date.map(str::to_owned), ..Self::default() };
        let mut rest = text;
        while let Some((before, behind)) = rest.split_once("%(") {
            let Some((name, after)) = behind.split_once(')') else { break };
            format.push_text(before);
            format.push_name(name);
            rest = after;
        }
        format.push_text(rest);
        format
    }

    fn push_text(&mut self, text: &str) {
        if !text.is_empty() {
            self.parts.push(Part::Text(text.to_owned()));
        }
    }

    fn push_name(&mut self, name: &str) {
        self.parts.push(match name.split_once('.') {
            Some(("var", name)) => Part::Variable(name.to_owned()),
            Some(("metric", _)) => Part::Metric,
            _ => Part::Name(name.to_owned()),
        });
    }

    /// The line, without its end.
    pub(super) fn line(&self, subject: &Told<'_>, outcome: &Outcome) -> String {
        let mut line = String::with_capacity(256);
        for part in &self.parts {
            match part {
                Part::Text(text) => line.push_str(text),
                Part::Variable(name) => {
                    let value = subject.variable(name.as_bytes());
                    line.push_str(value.as_deref().unwrap_or("-"));
                }
                // There are no metrics: as in uWSGI for a metric that is not there.
                Part::Metric => line.push('0'),
                Part::Name(name) => line.push_str(&self.value(name, subject, outcome)),
            }
        }
        line
    }

    fn value<'r>(&self, name: &str, subject: &Told<'r>, outcome: &Outcome) -> Cow<'r, str> {
        let (space, resident) = outcome.memory.unwrap_or_default();
        let since = SystemTime::now().checked_sub(outcome.took).unwrap_or(UNIX_EPOCH);
        let began = || since.duration_since(UNIX_EPOCH).unwrap_or_default();
        let number: u128 = match name {
            "uri" => return said(subject.text("REQUEST_URI")),
            "method" => return said(subject.text("REQUEST_METHOD")),
            "user" => return said(subject.text("REMOTE_USER")),
            "addr" => return said(subject.client()),
            "host" => return said(subject.text("HTTP_HOST")),
            "proto" => return said(subject.text("SERVER_PROTOCOL")),
            "uagent" => return said(subject.text("HTTP_USER_AGENT")),
            "referer" => return said(subject.text("HTTP_REFERER")),
            "secs" => return Cow::Owned(seconds(outcome.took)),
            "ctime" => return Cow::Owned(now()),
            "ltime" => return Cow::Owned(strftime(LTIME, SystemTime::now())),
            "ftime" => {
                let form = self.date.as_deref().unwrap_or(LTIME);
                return Cow::Owned(strftime(form, SystemTime::now()));
            }
            "status" => outcome.status.into(),
            "micros" => outcome.took.as_micros(),
            "msecs" => outcome.took.as_millis(),
            "tmsecs" => began().as_millis(),
            "tmicros" => began().as_micros(),
            "time" => began().as_secs().into(),
            "epoch" => (began() + outcome.took).as_secs().into(),
            "size" => u128::from(outcome.body_size) + outcome.head_size as u128,
            "rsize" => outcome.body_size.into(),
            "hsize" => outcome.head_size as u128,
            "headers" => outcome.headers as u128,
            "cl" => subject.content_length().into(),
            "vars" => subject.sizes().0 as u128 * 2,
            "pktsize" => subject.sizes().1 as u128,
            "wid" => outcome.worker as u128,
            "pid" => outcome.pid.into(),
            "switches" => outcome.pieces as u128,
            "core" => outcome.core as u128,
            "vsz" => space.into(),
            "rss" => resident.into(),
            "vszM" => (space >> 20).into(),
            "rssM" => (resident >> 20).into(),
            "werr" | "ioerr" => u128::from(outcome.not_taken),
            // Other plugins' requests, and those that cannot be read, do not come here.
            "modifier1" | "modifier2" | "rerr" => 0,
            other => {
                let value = subject.own().rev().find(|(name, _)| name == other);
                return value.map_or(Cow::Borrowed("-"), |(_, value)| value);
            }
        };
        Cow::Owned(number.to_string())
    }
}

fn said(text: Cow<'_, str>) -> Cow<'_, str> {
    if text.is_empty() { Cow::Borrowed("-") } else { text }
}

/// Seconds with six places.
fn seconds(took: Duration) -> String {
    let mut text = String::new();
    // Writing to a String cannot fail.
    let _ = write!(text, "{}.{:06}", took.as_secs(), took.subsec_micros());
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::Vars;
    use crate::log::request::Subject;

    #[test]
    fn names_are_replaced_and_the_rest_stays() {
        let mut vars = Vars::default();
        for (name, value) in [
            ("REQUEST_METHOD", "GET"),
            ("REQUEST_URI", "/a\n[pid: 1]"),
            ("HTTP_X_TAG", "b\tlu\u{1b}"),
            ("HTTP_HOST", "example.org"),
            ("CONTENT_LENGTH", "12"),
            ("SERVER_PROTOCOL", "HTTP/1.1"),
        ] {
            vars.push(name.as_bytes(), value.as_bytes()).expect("short");
        }
        let outcome = Outcome {
            pid: 7,
            worker: 2,
            status: 404,
            took: Duration::from_micros(1_234_567),
            body_size: 5,
            head_size: 40,
            headers: 3,
            not_taken: true,
            ..Outcome::default()
        };
        let check = |text: &str, expected: &str| {
            let format = Format::parse(text, Some("at %%"));
            let own = [(b"app_user".to_vec(), b"bob".to_vec())];
            let subject = Told::new(Subject { vars: &vars, own: &own }, false);
            assert_eq!(format.line(&subject, &outcome), expected, "{text}");
        };
        check("%(method) %(host) %(proto) [%(status)]", "GET example.org HTTP/1.1 [404]");
        check("%(uri)", "/a\\n[pid: 1]");
        check("%(var.HTTP_X_TAG)|%(var.NO)|%(metric.x)", "b\\tlu\\x1b|-|0");
        check("%(user) %(nothing) %(app_user) %(addr)", "- - bob -");
        check("%(micros) %(msecs) %(secs)", "1234567 1234 1.234567");
        check("%(size) %(rsize) %(hsize) %(headers) %(cl)", "45 5 40 3 12");
        check("%(pid) %(wid) %(core) %(werr) %(rerr) %(vars)", "7 2 0 1 0 12");
        check("%(ftime) 100% %%", "at % 100% %%");
        check("%(bad", "%(bad");
    }
}
