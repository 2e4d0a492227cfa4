//! Adopts the configurations of tests/fixtures/adopt, and those in the folder that `RUWSGI_CONFIGURATIONS` names.

use std::path::PathBuf;

use regex::Regex;

use super::*;
use crate::options::apply::Verdict;
use crate::options::table::Effect;

/// All configurations of a server.
fn configurations() -> Vec<PathBuf> {
    let own = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/adopt");
    let more = std::env::var_os("RUWSGI_CONFIGURATIONS").map(PathBuf::from);
    let mut all: Vec<PathBuf> = [Some(own), more]
        .into_iter()
        .flatten()
        .flat_map(|folder| std::fs::read_dir(folder).expect("a folder"))
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| Format::of(&path.to_string_lossy()).is_some())
        .collect();
    all.sort();
    assert!(all.len() >= 4);
    all
}

fn adopted(server: &str, nginx: Option<&str>) -> (Adoption, String) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/adopt");
    let request = Adopt {
        server: folder.join(server).to_string_lossy().into_owned(),
        nginx: nginx.map(|name| folder.join(name)),
        name: None,
        stdout: true,
        json: false,
        force: false,
    };
    // No project of this repository is found from there.
    describe(&request, Path::new("/")).unwrap_or_else(|error| panic!("{server}: {error:#}"))
}

/// What the server makes of these lines, without the places where they stand.
fn settings(lines: &[(String, String)]) -> String {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("x.ini");
    let lines: String = lines
        .iter()
        .map(|(name, value)| [name, " = ", &value.replace('%', "%%"), "\n"].concat())
        .collect();
    std::fs::write(&path, format!("[uwsgi]\n{lines}")).expect("a file");
    let mut examined = examine(&path.to_string_lossy()).expect("lines that can be read");
    examined.settings.files.clear();
    examined.settings.warnings.clear();
    let origins = Regex::new(r#"File\(\s*"[^"]*",\s*\d+,?\s*\)"#).expect("an expression");
    origins.replace_all(&format!("{:#?}", examined.settings), "<place>").into_owned()
}

#[test]
fn what_is_carried_comes_to_the_same_settings() {
    for path in configurations() {
        let (adoption, text) = adopted(&path.to_string_lossy(), None);
        let shown = path.display();
        let examined = settle::rendered(&text).unwrap_or_else(|error| panic!("{shown}: {error:#}"));
        assert!(examined.failures.is_empty(), "{shown}: {:?}", examined.failures);
        let old = examine(&path.to_string_lossy()).expect("it was read before");
        let is_carried = |said: &Directive| {
            let origin = said.origin.to_string();
            adoption.lines.iter().any(|line| {
                line.origin == origin
                    && line.text.split(" = ").next() == Some(said.name.as_str())
                    && matches!(&line.fate, Fate::Carried(key)
                        if key.starts_with("server.") || key == settle::ALWAYS)
            })
        };
        let mut names = Vec::new();
        let mut before = Vec::new();
        for (said, verdict) in &old.said {
            if let (true, Verdict::Option(row)) = (is_carried(said), verdict) {
                let value = said.value.clone().unwrap_or_else(|| "true".to_owned());
                names.push(row.name);
                before.push((row.name.to_owned(), adoption.relative(&value)));
            }
        }
        let after: Vec<_> = examined
            .said
            .iter()
            .filter_map(|(said, verdict)| match verdict {
                Verdict::Option(row) if names.contains(&row.name) => {
                    Some((row.name.to_owned(), said.value.clone().unwrap_or_default()))
                }
                _ => None,
            })
            .collect();
        assert!(settings(&before) == settings(&after), "{shown}:\n{before:#?}\n{after:#?}");
    }
}

#[test]
fn every_line_is_in_the_report_once() {
    for path in configurations() {
        let (adoption, _) = adopted(&path.to_string_lossy(), None);
        let old = examine(&path.to_string_lossy()).expect("it was read before");
        let expected = old.said.iter().filter(|(said, verdict)| {
            let source =
                matches!(verdict, Verdict::Option(row) if matches!(row.effect, Effect::Source(_)));
            said.origin != Origin::CommandLine && !source
        });
        assert_eq!(adoption.lines.len(), expected.count(), "{}", path.display());
    }
}

#[test]
fn a_site_with_nginx_is_described() {
    let (adoption, text) = adopted("shop.ini", Some("shop.conf"));
    insta::assert_snapshot!("shop", format!("{text}\n{}", shown(&adoption)));
}

#[test]
fn other_languages_and_habits_are_described() {
    for name in ["api.yaml", "beside.json", "old.xml"] {
        let (adoption, text) = adopted(name, None);
        insta::assert_snapshot!(name, format!("{text}\n{}", shown(&adoption)));
    }
}

/// The report without the folder of this checkout.
fn shown(adoption: &Adoption) -> String {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/adopt/");
    report::text(adoption, Paint::plain()).replace(folder, "")
}

#[test]
fn a_secret_is_not_shown_nor_written() {
    let (adoption, text) = adopted("shop.ini", None);
    let all = format!("{text}{:#}{}", report::json(&adoption), shown(&adoption));
    assert!(!all.contains("not to be shown") && text.contains("secrets: [DATABASE_PASSWORD]"));
    assert!(!all.contains("not-to-be-shown"), "{all}");
}

#[test]
fn no_place_of_a_configuration_lets_a_secret_through() {
    let folder = tempfile::tempdir().expect("a folder");
    let lines = [
        "alarm = jabber xmpp:me@example.com;hunter2;you@example.com",
        "alarm = mail curl:smtps://mail.example.com;auth_user=me;auth_pass=hunter2",
        "alarm = shout cmd:/usr/bin/shout",
        "env = DATABASE_URL=postgres://me:hunter2@db/site",
        "env = PLACE=here",
        "legion = one 225.1.1.1:4242 98 bf-cbc:hunter2",
        "route = ^/x basicauth:Private,me:hunter2",
        "attach-daemon = celery --broker redis://:hunter2@cache worker",
        "cron = 1 -1 -1 -1 -1 fetch --password hunter2",
        "no-such-password = hunter2",
        "processes = https://me:hunter2@example.com",
        "set-placeholder = password=hunter2",
        "file-serve-mode = https://me:hunter2@example.com",
    ];
    let ini = folder.path().join("site.ini");
    std::fs::write(&ini, format!("[uwsgi]\n{}\n", lines.join("\n"))).expect("a file");
    let conf = folder.path().join("site.conf");
    let site = "server {\n  server_name a.example;\n  location / {\n    proxy_set_header Authorization \"Basic hunter2hunter2\";\n    uwsgi_param API_TOKEN hunter2;\n    error_page 502 /sorry.html;\n    uwsgi_pass unix:/x;\n  }\n}\n";
    std::fs::write(&conf, site).expect("a file");
    let (adoption, text) = adopted(&ini.to_string_lossy(), Some(&conf.to_string_lossy()));
    let all = format!("{text}{:#}{}", report::json(&adoption), shown(&adoption));
    assert!(!all.contains("hunter2"), "{all}");
    // What stands beside a secret is carried.
    for carried in ["cmd:/usr/bin/shout", "PLACE: here", "/sorry.html", "secrets: [DATABASE_URL]"] {
        assert!(text.contains(carried), "{carried} is not in\n{text}");
    }
    let told = |text: &str| adoption.lines.iter().filter(|line| line.text == text).count();
    assert_eq!((told("alarm = …"), told("env = DATABASE_URL=…")), (2, 1), "{}", shown(&adoption));
}

#[test]
fn what_a_site_did_beside_its_application_is_not_forgotten() {
    let folder = tempfile::tempdir().expect("a folder");
    let conf = folder.path().join("site.conf");
    let site = "upstream app { server unix:/x; }\n\
        server { listen 80; server_name a.example www.a.example; return 301 https://a.example$request_uri; }\n\
        server { listen 443 ssl; server_name a.example;\n\
        location /static { alias /srv/site/static; }\n\
        location /static/admin/ { alias /venv/lib/python3/site-packages/django/contrib/admin/static/admin/; }\n\
        location / { uwsgi_pass app; uwsgi_read_timeout 90; uwsgi_param PART shop; uwsgi_param UWSGI_FILE x; allow 10.0.0.0/8; deny all; }\n\
        location /api/ { uwsgi_pass app; uwsgi_read_timeout 300s; }\n\
        location /ws/ { proxy_pass http://127.0.0.1:8001; }\n\
        location = /sorry { root /srv/pages; }\n}\n";
    std::fs::write(&conf, site).expect("a file");
    let (adoption, text) = adopted("old.xml", Some(&conf.to_string_lossy()));
    for line in ["www.a.example: /", "read_timeout: 300s", "uwsgi_param PART shop;"] {
        assert!(text.contains(line), "{line} is not in\n{text}");
    }
    let report = shown(&adoption);
    for told in [
        "another server answers here",
        "collectstatic brings",
        "the server takes no word of a request",
        "/srv/pages is none of nginx's image",
        "health checks ask for /",
    ] {
        assert!(report.contains(told), "{told} is not in\n{report}");
    }
    assert!(!text.contains("8001") && !text.contains("packages"), "{text}");
}

#[test]
fn what_nginx_would_refuse_is_refused_with_its_line() {
    let folder = tempfile::tempdir().expect("a folder");
    for (text, message) in [
        ("server {\n  listen 80\n}\n", "site.conf:2: `listen` has no `;`"),
        ("server { listen 80; }\n", "no server passes requests on"),
    ] {
        let path = folder.path().join("site.conf");
        std::fs::write(&path, text).expect("a file");
        let error = site::describe(&path, &mut Adoption::default()).expect_err(text);
        assert!(error.to_string().contains(message), "{error}");
    }
}
