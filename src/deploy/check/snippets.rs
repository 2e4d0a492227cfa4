//! Rules for lines of nginx's own language: nginx passes on what a block says only to blocks that do not say it
//! themselves, so one line in the wrong place takes others away.

use crate::deploy::load::Reader;
use crate::deploy::nginx::{Directive, read};
use crate::deploy::problem::Problem;

/// What no client may say, and no line of the user's: the names as `uwsgi_param` has them.
static OWN: &[&str] = &[
    "HTTP_HOST",
    "HTTP_X_FORWARDED_PROTO",
    "HTTP_X_FORWARDED_FOR",
    "HTTP_X_FORWARDED_HOST",
    "HTTP_X_REAL_IP",
    "HTTP_X_REQUEST_ID",
    "HTTP_PROXY",
    "REMOTE_ADDR",
    "UWSGI_SCHEME",
    "HTTPS",
];

/// What keeps clients out.
static CLOSING: &[&str] = &["auth_basic", "auth_request", "allow", "deny", "return"];

/// The directives of a snippet, without those in its blocks.
#[must_use]
pub(in crate::deploy) fn directives(snippet: Option<&str>) -> Vec<Directive> {
    // What cannot be read has been refused.
    snippet.and_then(|text| read(text).ok()).unwrap_or_default()
}

pub(super) fn check(of: &Reader<'_>, problems: &mut Vec<Problem>) {
    let uwsgi = of.text("nginx.pass") == "uwsgi";
    let (here, elsewhere) = if uwsgi {
        ("uwsgi_param", "proxy_set_header")
    } else {
        ("proxy_set_header", "uwsgi_param")
    };
    for place in ["server", "location"] {
        let key = format!("nginx.snippets.{place}");
        let at = of.at(&key).unwrap_or_default();
        for directive in directives(of.maybe(&key).as_deref()) {
            let name = directive.words.first().map_or("", String::as_str);
            if place == "location"
                && of.text("app.health") == "/"
                && CLOSING.contains(&directive.name.as_str())
            {
                problems.push(
                    Problem::new(at, format!("health checks ask for /, and `{}` in line {} of the snippet may refuse them", directive.name, directive.line))
                        .help("a path of its own, `app.health`: no snippet counts there")
                        .rule("X12")
                        .warning(),
                );
            }
            let shown =
                format!("`{} {name}` in line {} of the snippet", directive.name, directive.line);
            let plain = name.to_uppercase().replace('-', "_");
            let own =
                OWN.iter().any(|own| *own == plain || own.strip_prefix("HTTP_") == Some(&plain));
            let problem = if directive.name == elsewhere {
                Problem::new(
                    at,
                    format!("{shown} has no effect with `nginx.pass: {}`", of.text("nginx.pass")),
                )
                .help(if uwsgi {
                    "uwsgi_param HTTP_X_NAME value;"
                } else {
                    "proxy_set_header X-Name value;"
                })
                .rule("N04")
            } else if directive.name != here {
                continue;
            } else if own {
                Problem::new(at, format!("{shown} says again what only the site's file may say"))
                    .help("no such line; `nginx.trusted_proxies` names whose word is believed")
                    .rule("N02")
            } else if place == "location" {
                Problem::new(at, format!("{shown} takes all parameters away that the server block has for the application"))
                    .help("the same line in `nginx.snippets.server`")
                    .rule("N01")
            } else if uwsgi && name.contains('-') {
                Problem::new(at, format!("{shown} reaches no application under that name"))
                    .help(format!("uwsgi_param HTTP_{plain} value;"))
                    .rule("N04")
            } else {
                continue;
            };
            problems.push(problem);
        }
    }
}
