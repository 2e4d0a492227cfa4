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
    Row::planned("pcre-jit", Argument::None, ""),
    Row::planned("route", Argument::Required("VALUE"), "").repeats(),
    Row::planned("route-host", Argument::Required("VALUE"), "").repeats(),
    Row::planned("route-uri", Argument::Required("VALUE"), "").repeats(),
    Row::planned("route-qs", Argument::Required("VALUE"), "").repeats(),
    Row::planned("route-remote-addr", Argument::Required("VALUE"), "").repeats(),
    Row::planned("route-user-agent", Argument::Required("VALUE"), "").repeats(),
    Row::planned("route-remote-user", Argument::Required("VALUE"), "").repeats(),
    Row::planned("route-referer", Argument::Required("VALUE"), "").repeats(),
    Row::planned("route-label", Argument::Required("VALUE"), "").repeats(),
    Row::planned("route-if", Argument::Required("VALUE"), "").repeats(),
    Row::planned("route-if-not", Argument::Required("VALUE"), "").repeats(),
    Row::planned("route-run", Argument::Required("VALUE"), "").repeats(),
    Row::planned("final-route", Argument::Required("VALUE"), "").repeats(),
    Row::planned("final-route-status", Argument::Required("VALUE"), "").repeats(),
    Row::planned("final-route-host", Argument::Required("VALUE"), "").repeats(),
    Row::planned("final-route-uri", Argument::Required("VALUE"), "").repeats(),
    Row::planned("final-route-qs", Argument::Required("VALUE"), "").repeats(),
    Row::planned("final-route-remote-addr", Argument::Required("VALUE"), "").repeats(),
    Row::planned("final-route-user-agent", Argument::Required("VALUE"), "").repeats(),
    Row::planned("final-route-remote-user", Argument::Required("VALUE"), "").repeats(),
    Row::planned("final-route-referer", Argument::Required("VALUE"), "").repeats(),
    Row::planned("final-route-label", Argument::Required("VALUE"), "").repeats(),
    Row::planned("final-route-if", Argument::Required("VALUE"), "").repeats(),
    Row::planned("final-route-if-not", Argument::Required("VALUE"), "").repeats(),
    Row::planned("final-route-run", Argument::Required("VALUE"), "").repeats(),
    Row::planned("error-route", Argument::Required("VALUE"), "").repeats(),
    Row::planned("error-route-status", Argument::Required("VALUE"), "").repeats(),
    Row::planned("error-route-host", Argument::Required("VALUE"), "").repeats(),
    Row::planned("error-route-uri", Argument::Required("VALUE"), "").repeats(),
    Row::planned("error-route-qs", Argument::Required("VALUE"), "").repeats(),
    Row::planned("error-route-remote-addr", Argument::Required("VALUE"), "").repeats(),
    Row::planned("error-route-user-agent", Argument::Required("VALUE"), "").repeats(),
    Row::planned("error-route-remote-user", Argument::Required("VALUE"), "").repeats(),
    Row::planned("error-route-referer", Argument::Required("VALUE"), "").repeats(),
    Row::planned("error-route-label", Argument::Required("VALUE"), "").repeats(),
    Row::planned("error-route-if", Argument::Required("VALUE"), "").repeats(),
    Row::planned("error-route-if-not", Argument::Required("VALUE"), "").repeats(),
    Row::planned("error-route-run", Argument::Required("VALUE"), "").repeats(),
    Row::planned("response-route", Argument::Required("VALUE"), "").repeats(),
    Row::planned("response-route-status", Argument::Required("VALUE"), "").repeats(),
    Row::planned("response-route-host", Argument::Required("VALUE"), "").repeats(),
    Row::planned("response-route-uri", Argument::Required("VALUE"), "").repeats(),
    Row::planned("response-route-qs", Argument::Required("VALUE"), "").repeats(),
    Row::planned("response-route-remote-addr", Argument::Required("VALUE"), "").repeats(),
    Row::planned("response-route-user-agent", Argument::Required("VALUE"), "").repeats(),
    Row::planned("response-route-remote-user", Argument::Required("VALUE"), "").repeats(),
    Row::planned("response-route-referer", Argument::Required("VALUE"), "").repeats(),
    Row::planned("response-route-label", Argument::Required("VALUE"), "").repeats(),
    Row::planned("response-route-if", Argument::Required("VALUE"), "").repeats(),
    Row::planned("response-route-if-not", Argument::Required("VALUE"), "").repeats(),
    Row::planned("response-route-run", Argument::Required("VALUE"), "").repeats(),
    Row::planned("router-list", Argument::None, "").aliases(&["routers-list"]),
];
