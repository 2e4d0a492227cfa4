//! Rows about internal routing and headers.

use super::super::directive::Said;
use super::super::values::parse_header;
use super::{Argument, Effect, Row};

/// Settings about the headers of replies. A field has the name of its option.
#[expect(missing_docs, reason = "the table says what each option does")]
#[derive(Clone, Debug, Default)]
pub struct Headers {
    pub add_header: Vec<(Vec<u8>, Vec<u8>)>,
    pub del_header: Vec<Said>,
}

pub(super) static ROWS: &[Row] = &[
    Row::flag(
        "manage-script-name",
        |s| &mut s.python.manage_script_name,
        "cut the path of a mount from PATH_INFO and put it into SCRIPT_NAME",
    ),
    Row::flag(
        "ignore-script-name",
        |s| &mut s.python.ignore_script_name,
        "choose no mount by the SCRIPT_NAME that a front end sends",
    ),
    Row::new(
        "add-header",
        Argument::Required("NAME: VALUE"),
        Effect::ParsedLine(|settings, line, _| {
            settings.headers.add_header.push(parse_header(line)?);
            Ok(())
        }),
        "add a header to every reply",
    )
    .repeats(),
    Row::words(
        "rem-header",
        "NAME",
        |s| &mut s.headers.del_header,
        "remove a header of the application from every reply",
    )
    .aliases(&["del-header"]),
    Row::planned(
        "collect-header",
        Argument::Required("HEADER VARIABLE"),
        "keep the value of a header of the reply for the log",
    )
    .aliases(&["response-header-collect"])
    .repeats(),
    Row::planned(
        "pull-header",
        Argument::Required("HEADER VARIABLE"),
        "keep the value of a header of the reply for the log and remove it",
    )
    .repeats(),
    Row::inert(
        "response-headers-limit",
        Argument::Required("N"),
        "room for the headers of a reply",
        "there is room for as many as the application gives",
    ),
    Row::inert("pcre-jit", Argument::None, "compile the patterns of routes to machine code", "patterns are fast without"),
    Row::planned("route", Argument::Required("PATTERN ACTION"), "act before a request is handled if its path matches").repeats(),
    Row::planned("route-host", Argument::Required("PATTERN ACTION"), "act before a request is handled if its host matches").repeats(),
    Row::planned("route-uri", Argument::Required("PATTERN ACTION"), "act before a request is handled if its address as it was sent matches").repeats(),
    Row::planned("route-qs", Argument::Required("PATTERN ACTION"), "act before a request is handled if its query matches").repeats(),
    Row::planned("route-remote-addr", Argument::Required("PATTERN ACTION"), "act before a request is handled if its client's address matches").repeats(),
    Row::planned("route-user-agent", Argument::Required("PATTERN ACTION"), "act before a request is handled if its browser matches").repeats(),
    Row::planned("route-remote-user", Argument::Required("PATTERN ACTION"), "act before a request is handled if its user matches").repeats(),
    Row::planned("route-referer", Argument::Required("PATTERN ACTION"), "act before a request is handled if its referring page matches").repeats(),
    Row::planned("route-label", Argument::Required("NAME"), "name a place for goto to jump to").repeats(),
    Row::planned("route-if", Argument::Required("CONDITION ACTION"), "act before the request is handled, if a condition holds").repeats(),
    Row::planned("route-if-not", Argument::Required("CONDITION ACTION"), "act before the request is handled, unless a condition holds").repeats(),
    Row::planned("route-run", Argument::Required("ACTION"), "act before the request is handled, without a condition").repeats(),
    Row::planned("final-route", Argument::Required("PATTERN ACTION"), "act after the request was handled, if its path matches").repeats(),
    Row::planned("final-route-status", Argument::Required("STATUS ACTION"), "act after the request was handled, if its status matches").repeats(),
    Row::planned("final-route-host", Argument::Required("PATTERN ACTION"), "act after the request was handled, if its host matches").repeats(),
    Row::planned("final-route-uri", Argument::Required("PATTERN ACTION"), "act after the request was handled, if its address as it was sent matches").repeats(),
    Row::planned("final-route-qs", Argument::Required("PATTERN ACTION"), "act after the request was handled, if its query matches").repeats(),
    Row::planned("final-route-remote-addr", Argument::Required("PATTERN ACTION"), "act after the request was handled, if its client's address matches").repeats(),
    Row::planned("final-route-user-agent", Argument::Required("PATTERN ACTION"), "act after the request was handled, if its browser matches").repeats(),
    Row::planned("final-route-remote-user", Argument::Required("PATTERN ACTION"), "act after the request was handled, if its user matches").repeats(),
    Row::planned("final-route-referer", Argument::Required("PATTERN ACTION"), "act after the request was handled, if its referring page matches").repeats(),
    Row::planned("final-route-label", Argument::Required("NAME"), "name a place among the final routes for goto to jump to").repeats(),
    Row::planned("final-route-if", Argument::Required("CONDITION ACTION"), "act after the request was handled, if a condition holds").repeats(),
    Row::planned("final-route-if-not", Argument::Required("CONDITION ACTION"), "act after the request was handled, unless a condition holds").repeats(),
    Row::planned("final-route-run", Argument::Required("ACTION"), "act after the request was handled, without a condition").repeats(),
    Row::planned("error-route", Argument::Required("PATTERN ACTION"), "act when the request failed, if its path matches").repeats(),
    Row::planned("error-route-status", Argument::Required("STATUS ACTION"), "act when the request failed, if its status matches").repeats(),
    Row::planned("error-route-host", Argument::Required("PATTERN ACTION"), "act when the request failed, if its host matches").repeats(),
    Row::planned("error-route-uri", Argument::Required("PATTERN ACTION"), "act when the request failed, if its address as it was sent matches").repeats(),
    Row::planned("error-route-qs", Argument::Required("PATTERN ACTION"), "act when the request failed, if its query matches").repeats(),
    Row::planned("error-route-remote-addr", Argument::Required("PATTERN ACTION"), "act when the request failed, if its client's address matches").repeats(),
    Row::planned("error-route-user-agent", Argument::Required("PATTERN ACTION"), "act when the request failed, if its browser matches").repeats(),
    Row::planned("error-route-remote-user", Argument::Required("PATTERN ACTION"), "act when the request failed, if its user matches").repeats(),
    Row::planned("error-route-referer", Argument::Required("PATTERN ACTION"), "act when the request failed, if its referring page matches").repeats(),
    Row::planned("error-route-label", Argument::Required("NAME"), "name a place among the error routes for goto to jump to").repeats(),
    Row::planned("error-route-if", Argument::Required("CONDITION ACTION"), "act when the request failed, if a condition holds").repeats(),
    Row::planned("error-route-if-not", Argument::Required("CONDITION ACTION"), "act when the request failed, unless a condition holds").repeats(),
    Row::planned("error-route-run", Argument::Required("ACTION"), "act when the request failed, without a condition").repeats(),
    Row::planned("response-route", Argument::Required("PATTERN ACTION"), "act when the headers of the reply are known, if the request's path matches").repeats(),
    Row::planned("response-route-status", Argument::Required("STATUS ACTION"), "act when the headers of the reply are known, if the status matches").repeats(),
    Row::planned("response-route-host", Argument::Required("PATTERN ACTION"), "act when the headers of the reply are known, if the request's host matches").repeats(),
    Row::planned("response-route-uri", Argument::Required("PATTERN ACTION"), "act when the headers of the reply are known, if the request's address as it was sent matches").repeats(),
    Row::planned("response-route-qs", Argument::Required("PATTERN ACTION"), "act when the headers of the reply are known, if the request's query matches").repeats(),
    Row::planned("response-route-remote-addr", Argument::Required("PATTERN ACTION"), "act when the headers of the reply are known, if the request's client's address matches").repeats(),
    Row::planned("response-route-user-agent", Argument::Required("PATTERN ACTION"), "act when the headers of the reply are known, if the request's browser matches").repeats(),
    Row::planned("response-route-remote-user", Argument::Required("PATTERN ACTION"), "act when the headers of the reply are known, if the request's user matches").repeats(),
    Row::planned("response-route-referer", Argument::Required("PATTERN ACTION"), "act when the headers of the reply are known, if the request's referring page matches").repeats(),
    Row::planned("response-route-label", Argument::Required("NAME"), "name a place among the response routes for goto to jump to").repeats(),
    Row::planned("response-route-if", Argument::Required("CONDITION ACTION"), "act when the headers of the reply are known, if a condition holds").repeats(),
    Row::planned("response-route-if-not", Argument::Required("CONDITION ACTION"), "act when the headers of the reply are known, unless a condition holds").repeats(),
    Row::planned("response-route-run", Argument::Required("ACTION"), "act when the headers of the reply are known, without a condition").repeats(),
    Row::planned("router-list", Argument::None, "show the actions that routes know and go on").aliases(&["routers-list"]),
];
