//! What the locations of a server become: files that are served, redirects, what is passed on.

use super::answers::ANSWERED;
use super::found::Found;
use super::{Place, Site};
use crate::deploy::adopt::Fate;
use crate::deploy::kinds::Kind;

/// Where a location sends its clients for good.
fn moved(location: &Found) -> Option<String> {
    match location.block.as_slice() {
        [found] if found.name() == "return" && ["301", "308"].contains(&found.word(0)) => {
            Some(found.word(1).to_owned()).filter(|goal| Kind::Redirects.pair(goal).is_ok())
        }
        _ => None,
    }
}

impl Site<'_> {
    pub(super) fn location(&mut self, location: &Found) {
        let (modifier, path) = match location.directive.words.as_slice() {
            [path] => ("", path.as_str()),
            [modifier, path] => (modifier.as_str(), path.as_str()),
            _ => return self.left(location, "a location has a path"),
        };
        let prefix = matches!(modifier, "" | "^~") && path.starts_with('/');
        let file =
            |name: &str| location.children(name).next().map(|found| found.word(0).to_owned());
        if location.passes() && location.passed_to() != Some(&self.target) {
            // A path behind an address, as in http://django/app, is told below.
            let same = |address: &str| address.split('/').take(3).collect::<Vec<_>>().join("/");
            if location.passed_to().map(same) != Some(same(&self.target)) {
                let why = "another server answers here: pass it on in nginx.snippets.server, under a name it has there";
                return self.left(location, why);
            }
        }
        if location.passes() {
            return self.passing(location, prefix && path == "/", path);
        }
        let folder = match (file("alias"), file("root").or_else(|| self.root.clone())) {
            (Some(alias), _) => Some(alias),
            (None, Some(root)) => Some(format!("{}{path}", root.trim_end_matches('/'))),
            _ => None,
        };
        let denies = location.block.iter().any(|found| {
            found.name() == "deny"
                || (found.name() == "return" && ["403", "404", "444"].contains(&found.word(0)))
        });
        if folder.as_ref().is_some_and(|folder| folder.contains("-packages/")) {
            return self.replaced(location, "collectstatic brings the files of installed packages");
        }
        if let (true, false, Some(folder)) = (prefix, denies, folder) {
            let folder = self.adoption.relative(&folder);
            let line = self.add(location, Fate::Left("neither static files nor uploads".into()));
            if self.adoption.serve(path, &folder, &[line]) {
                for found in &location.block {
                    match found.name() {
                        "alias" | "root" => {
                            self.adoption.add(
                                found.origin(),
                                found.text(),
                                Fate::Carried("the folder above".into()),
                            );
                        }
                        "add_header" => {
                            self.replaced(
                                found,
                                "names with a hash never expire, others after an hour",
                            );
                        }
                        "try_files" => self.replaced(found, "a file that is not there is 404"),
                        name if ANSWERED.iter().any(|(answered, _)| *answered == name) => {
                            self.common(found, Place::Location);
                        }
                        _ => self.left(found, "of files only"),
                    }
                }
            } else {
                self.forget_last();
                self.snippet(location, Place::Server);
            }
        } else if denies && path.contains("\\.") {
            self.replaced(location, "hidden files are denied anyway");
        } else if let Some(goal) = moved(location).filter(|_| modifier == "=") {
            let line = self.carried(location, "nginx.redirects");
            self.adoption.description.set_named("nginx.redirects", path, goal, &[line]);
        } else {
            self.snippet(location, Place::Server);
        }
    }

    /// The line that was added last is told in another way.
    fn forget_last(&mut self) {
        self.adoption.lines.pop();
    }

    /// A location that passes requests on to the server.
    fn passing(&mut self, location: &Found, main: bool, path: &str) {
        let named = path.starts_with('@');
        for found in &location.block {
            let pass = match found.name() {
                "uwsgi_pass" => "uwsgi",
                "proxy_pass" => "http",
                "try_files" => {
                    self.replaced(found, "static files have their own location");
                    continue;
                }
                "limit_req" => {
                    self.rate(found, path);
                    continue;
                }
                "uwsgi_buffering" | "proxy_buffering" if found.word(0) == "on" => {
                    self.replaced(found, "on by default");
                    continue;
                }
                "uwsgi_buffering" | "proxy_buffering"
                    if !main && Kind::UrlPaths.item(path).is_ok() =>
                {
                    let line = self.carried(found, "nginx.streaming");
                    self.adoption.description.push("nginx.streaming", path.to_owned(), line);
                    continue;
                }
                "uwsgi_read_timeout" | "proxy_read_timeout" => {
                    self.wait(found);
                    continue;
                }
                "client_max_body_size" if !main && Kind::BodyLimits.name(path).is_ok() => {
                    let line = self.carried(found, "nginx.body_limits");
                    self.adoption.description.set_named(
                        "nginx.body_limits",
                        path,
                        found.word(0),
                        &[line],
                    );
                    continue;
                }
                _ if main || named => {
                    self.common(found, Place::Location);
                    continue;
                }
                name if ANSWERED.iter().any(|(answered, _)| *answered == name) => {
                    self.common(found, Place::Location);
                    continue;
                }
                _ => {
                    self.left(found, "of one path only, and every path is passed on alike");
                    continue;
                }
            };
            let address = found.word(0);
            let by_path = pass == "http" && address.splitn(4, '/').nth(3).is_some();
            if by_path {
                self.left(found, "the server gets the path as the client wrote it");
            } else if main || named || !self.adoption.description.has("nginx.pass") {
                let line = self.carried(found, "nginx.pass");
                self.adoption.description.set("nginx.pass", pass, &[line]);
                if !self.adoption.description.has("nginx.via") {
                    let via = if address.contains("unix:") { "socket" } else { "tcp" };
                    self.adoption.description.set("nginx.via", via, &[line]);
                }
            } else {
                self.replaced(found, "every path goes to the server");
            }
        }
    }
}
