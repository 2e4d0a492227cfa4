//! `log-json`: the line of a request as one JSON object, for programs that read logs.
//!
//! The names are ours. Text of a client is what the usual line has: control characters and bytes
//! that are not UTF-8 are escaped there already.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use jiff::Timestamp;
use serde::Serialize;

use super::request::{Outcome, Told};

/// Everything that is told, in this order.
#[derive(Serialize)]
struct Entry<'a> {
    /// When the request was complete, in UTC (RFC 3339).
    time: String,
    request_id: String,
    client: Cow<'a, str>,
    user: Cow<'a, str>,
    method: Cow<'a, str>,
    uri: Cow<'a, str>,
    protocol: Cow<'a, str>,
    host: Cow<'a, str>,
    status: u16,
    /// Bytes of the body that the client sent.
    request_size: u64,
    /// Bytes of the body that it got, and of the head before it.
    response_size: u64,
    response_head_size: usize,
    milliseconds: u64,
    microseconds: u64,
    worker: usize,
    core: usize,
    pid: u32,
    /// The number of the application; none where a file answered.
    app: Option<usize>,
    user_agent: Cow<'a, str>,
    referer: Cow<'a, str>,
    /// Whether the client went away.
    aborted: bool,
    /// Bytes of address space and resident memory.
    #[serde(skip_serializing_if = "Option::is_none")]
    memory: Option<Memory>,
    /// What the application added.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    variables: BTreeMap<Cow<'a, str>, Cow<'a, str>>,
}

#[derive(Serialize)]
struct Memory {
    space: u64,
    resident: u64,
}

/// The line, without its end.
#[must_use]
pub(super) fn line(subject: &Told<'_>, outcome: &Outcome) -> String {
    let now = SystemTime::now();
    let began = now.checked_sub(outcome.took).unwrap_or(UNIX_EPOCH);
    let entry = Entry {
        time: timestamp(began),
        request_id: request_id(subject, outcome, began),
        client: subject.client(),
        user: subject.text("REMOTE_USER"),
        method: subject.text("REQUEST_METHOD"),
        uri: subject.text("REQUEST_URI"),
        protocol: subject.text("SERVER_PROTOCOL"),
        host: subject.text("HTTP_HOST"),
        status: outcome.status,
        request_size: subject.content_length(),
        response_size: outcome.body_size,
        response_head_size: outcome.head_size,
        milliseconds: whole(outcome.took.as_millis()),
        microseconds: whole(outcome.took.as_micros()),
        worker: outcome.worker,
        core: outcome.core,
        pid: outcome.pid,
        app: outcome.worker_requests.map(|_| outcome.app),
        user_agent: subject.text("HTTP_USER_AGENT"),
        referer: subject.text("HTTP_REFERER"),
        aborted: outcome.not_taken,
        memory: outcome.memory.map(|(space, resident)| Memory { space, resident }),
        variables: subject.own().collect(),
    };
    // Text and numbers can always be written.
    serde_json::to_string(&entry).unwrap_or_default()
}

/// `2026-11-21T01:05:10.123456Z`.
fn timestamp(time: SystemTime) -> String {
    let time = Timestamp::try_from(time).unwrap_or_default();
    format!("{time:.6}")
}

/// What the front end calls the request (`X-Request-ID`), else a name that no other request of this
/// machine has: a core of a worker has one at a time.
fn request_id(subject: &Told<'_>, outcome: &Outcome, began: SystemTime) -> String {
    let told = subject.text("HTTP_X_REQUEST_ID");
    if !told.is_empty() {
        return told.into_owned();
    }
    let began = began.duration_since(UNIX_EPOCH).as_ref().map_or(0, Duration::as_micros);
    format!("{began:x}-{:x}-{:x}", outcome.pid, outcome.core)
}

fn whole(number: u128) -> u64 {
    u64::try_from(number).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::Vars;
    use crate::log::request::{Subject, printable};
    use proptest::prelude::*;

    fn entry(vars: &[(&str, &[u8])], own: &[(Vec<u8>, Vec<u8>)], outcome: &Outcome) -> String {
        let mut all = Vars::default();
        for (name, value) in vars {
            all.push(name.as_bytes(), value).expect("short");
        }
        line(&Told::new(Subject { vars: &all, own }, false), outcome)
    }

    fn outcome() -> Outcome {
        Outcome {
            pid: 7,
            worker: 2,
            core: 1,
            worker_requests: Some(3),
            status: 200,
            body_size: 6,
            head_size: 53,
            took: Duration::from_micros(12_345),
            ..Outcome::default()
        }
    }

    #[test]
    fn a_request_is_one_object() {
        let vars: &[(&str, &[u8])] = &[
            ("REQUEST_METHOD", b"GET"),
            ("REQUEST_URI", b"/a?\"b\""),
            ("SERVER_PROTOCOL", b"HTTP/1.1"),
            ("REMOTE_ADDR", b"10.0.0.9"),
            ("HTTP_X_REQUEST_ID", b"abc"),
            ("CONTENT_LENGTH", b"12"),
        ];
        let line = entry(vars, &[(b"app_user".to_vec(), b"bob".to_vec())], &outcome());
        let (time, rest) = line.split_once(',').expect("more");
        assert!(time.starts_with("{\"time\":\"2") && time.ends_with("Z\""), "{time}");
        assert_eq!(
            rest,
            r#""request_id":"abc","client":"10.0.0.9","user":"","method":"GET","uri":"/a?\"b\"","protocol":"HTTP/1.1","host":"","status":200,"request_size":12,"response_size":6,"response_head_size":53,"milliseconds":12,"microseconds":12345,"worker":2,"core":1,"pid":7,"app":0,"user_agent":"","referer":"","aborted":false,"variables":{"app_user":"bob"}}"#
        );
    }

    #[test]
    fn a_request_without_a_name_gets_one() {
        let parsed = |outcome: &Outcome| -> serde_json::Value {
            serde_json::from_str(&entry(&[], &[], outcome)).expect("JSON")
        };
        let first = parsed(&Outcome { worker_requests: None, ..outcome() });
        assert!(first["app"].is_null());
        let id = first["request_id"].as_str().expect("text");
        assert!(id.ends_with("-7-1"), "{id}");
        assert_ne!(parsed(&Outcome { core: 2, ..outcome() })["request_id"], first["request_id"]);
    }

    proptest! {
        #[test]
        fn no_bytes_of_a_client_break_the_line(uri: Vec<u8>, agent: Vec<u8>, id: Vec<u8>) {
            let line = entry(
                &[("REQUEST_URI", &uri), ("HTTP_USER_AGENT", &agent), ("HTTP_X_REQUEST_ID", &id)],
                &[],
                &outcome(),
            );
            prop_assert!(!line.contains(char::is_control), "{}", line);
            let read: serde_json::Value = serde_json::from_str(&line).expect("JSON");
            prop_assert_eq!(read["uri"].as_str(), Some(&*printable(&uri)));
            prop_assert_eq!(read["user_agent"].as_str(), Some(&*printable(&agent)));
        }
    }
}
