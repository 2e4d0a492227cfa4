//! `log-encoder`: what becomes of a record before it is written.

use std::time::SystemTime;

use super::plan::Unusable;
use super::time::strftime;

/// One step of the chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Encoder {
    /// The logger that it is for; `None` is for all.
    pub logger: Option<String>,
    kind: Kind,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Kind {
    Prefix(String),
    Suffix(String),
    NewLine,
    /// A text with placeholders; whether the message is escaped for JSON.
    Format(Vec<Part>, bool),
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Part {
    Text(String),
    /// The record; whether with the end of its line.
    Message(bool),
    Unix,
    Micros,
    Strftime(String),
}

impl Encoder {
    /// Reads `NAME[:LOGGER] [ARGUMENT]`.
    pub fn parse(value: &str) -> Result<Self, Unusable> {
        let (name, argument) = value.split_once(' ').unwrap_or((value, ""));
        let (name, logger) = match name.split_once(':') {
            Some((name, logger)) => (name, Some(logger.to_owned())),
            None => (name, None),
        };
        let kind = match name {
            "prefix" => Kind::Prefix(argument.to_owned()),
            "suffix" => Kind::Suffix(argument.to_owned()),
            "nl" => Kind::NewLine,
            "format" => Kind::Format(parse_parts(argument), false),
            "json" => Kind::Format(parse_parts(argument), true),
            "gzip" | "compress" | "msgpack" | "crypto" => {
                return Err(Unusable::NotYet(name.to_owned()));
            }
            _ => {
                return Err(Unusable::Wrong(format!(
                    "there is no encoder {name}; there are prefix, suffix, nl, format and json"
                )));
            }
        };
        Ok(Self { logger, kind })
    }

    /// What becomes of a record; as in uWSGI, `format` and `json` leave out the end of its line.
    #[must_use]
    pub fn encode(&self, record: &[u8]) -> Vec<u8> {
        match &self.kind {
            Kind::Prefix(text) => [text.as_bytes(), record].concat(),
            Kind::Suffix(text) => [record, text.as_bytes()].concat(),
            Kind::NewLine => [record, b"\n"].concat(),
            Kind::Format(parts, json) => {
                let time = SystemTime::now();
                let since = time.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
                let line = record.strip_suffix(b"\n").unwrap_or(record);
                let mut encoded = Vec::with_capacity(record.len() + 64);
                for part in parts {
                    match part {
                        Part::Text(text) => encoded.extend_from_slice(text.as_bytes()),
                        Part::Message(whole) => {
                            let message = if *whole { record } else { line };
                            match json {
                                true => encoded.extend_from_slice(&escape_json(message)),
                                false => encoded.extend_from_slice(message),
                            }
                        }
                        Part::Unix => encoded.extend(since.as_secs().to_string().bytes()),
                        Part::Micros => encoded.extend(since.as_micros().to_string().bytes()),
                        Part::Strftime(form) => encoded.extend(strftime(form, time).bytes()),
                    }
                }
                encoded
            }
        }
    }
}

/// Splits at `${…}`; what is unknown there is left out, as in uWSGI.
fn parse_parts(text: &str) -> Vec<Part> {
    let mut parts = Vec::new();
    let mut rest = text;
    while let Some((before, behind)) = rest.split_once("${") {
        let Some((name, after)) = behind.split_once('}') else { break };
        parts.push(Part::Text(before.to_owned()));
        match name.split_once(':') {
            Some(("strftime", form)) => parts.push(Part::Strftime(form.to_owned())),
            _ if name == "msg" => parts.push(Part::Message(false)),
            _ if name == "msgnl" => parts.push(Part::Message(true)),
            _ if name == "unix" => parts.push(Part::Unix),
            _ if name == "micros" => parts.push(Part::Micros),
            _ => {}
        }
        rest = after;
    }
    parts.push(Part::Text(rest.to_owned()));
    parts
}

/// The inside of a JSON string; bytes that are not UTF-8 are replaced.
fn escape_json(message: &[u8]) -> Vec<u8> {
    let quoted = serde_json::Value::from(String::from_utf8_lossy(message)).to_string();
    let inside = quoted.strip_prefix('"').and_then(|quoted| quoted.strip_suffix('"'));
    inside.unwrap_or_default().as_bytes().to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(value: &str, record: &str, expected: &str) {
        let encoded = Encoder::parse(value).expect(value).encode(record.as_bytes());
        assert_eq!(String::from_utf8_lossy(&encoded), expected, "{value}");
    }

    #[test]
    fn records_are_encoded() {
        check("prefix [x] ", "a\n", "[x] a\n");
        check("suffix [x]", "a\n", "a\n[x]");
        check("nl", "a", "a\n");
        check("format <${foo}|${msg}|$x>", "a\n", "<|a|$x>");
        check("format <${msgnl}>", "a\n", "<a\n>");
        check("json {\"m\":\"${msg}\"}", "a \"b\"\n\tc\\\n", r#"{"m":"a \"b\"\n\tc\\"}"#);
        check("json ${msg}", "\"", "\\\"");
        check("json ${msg}", "\"\"a", "\\\"\\\"a");
        check("format ${strftime:%%} ${msg", "a", "% ${msg");
    }

    #[test]
    fn an_encoder_may_be_for_one_logger() {
        assert_eq!(Encoder::parse("nl:app").expect("known").logger.as_deref(), Some("app"));
        let why = Encoder::parse("rot13 x").expect_err("unknown");
        assert!(matches!(why, Unusable::Wrong(why) if why.contains("no encoder rot13")));
        let why = Encoder::parse("gzip").expect_err("not yet");
        assert_eq!(why, Unusable::NotYet("gzip".to_owned()));
    }
}
