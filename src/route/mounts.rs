//! `mount`: which application answers a request.
//!
//! As uWSGI 2.0.31: without `manage-script-name` the front end says it with `SCRIPT_NAME`; with it
//! the longest path that fits whole segments of `PATH_INFO` decides. A mount that names a host is
//! looked at first.

use crate::app::Vars;
use crate::options::mounts::Mount;
use crate::options::settings::Settings;

/// The place of the mount that a request means; its path is moved from `PATH_INFO` to
/// `SCRIPT_NAME` where that is wanted.
#[must_use]
pub fn choose(settings: &Settings, vars: &mut Vars) -> Option<usize> {
    let python = &settings.python;
    if python.mount.is_empty() {
        return None;
    }
    let hosts = hosts(vars);
    let mounts = || {
        let mounts = python.mount.iter().enumerate();
        mounts.filter(|(_, mount)| mount.host.as_ref().is_none_or(|host| hosts.contains(host)))
    };
    // Hosts before paths, long paths before short ones, and of equal ones the first.
    let rank = |(index, mount): &(usize, &Mount)| {
        (mount.host.is_some(), mount.path.len(), std::cmp::Reverse(*index))
    };
    if python.manage_script_name
        && let Some(path) = vars.get(b"PATH_INFO")
        && let Some((index, mount)) =
            mounts().filter(|(_, mount)| fits(&mount.path, path)).max_by_key(rank)
    {
        let rest = path.get(mount.path.len()..).unwrap_or_default().to_vec();
        if !mount.path.is_empty() {
            // Both are parts of a word that did fit.
            vars.push(b"SCRIPT_NAME", mount.path.as_bytes()).ok()?;
            vars.push(b"PATH_INFO", &rest).ok()?;
        }
        return Some(index);
    }
    let name = match python.ignore_script_name {
        true => &[][..],
        false => vars.get(b"SCRIPT_NAME").unwrap_or_default(),
    };
    let name = name.strip_suffix(b"/").unwrap_or(name);
    let named = mounts().filter(|(_, mount)| mount.path.as_bytes() == name).max_by_key(rank);
    named.map(|(index, _)| index)
}

/// Whether a path is this one or below it: `/one` and `/one/x`, not `/onex`.
fn fits(mount: &str, path: &[u8]) -> bool {
    let rest = path.strip_prefix(mount.as_bytes());
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(b"/"))
}

/// The names by which the client may mean this server, with and without the port.
fn hosts(vars: &Vars) -> Vec<String> {
    let said =
        [vars.text(b"HTTP_HOST"), vars.text(b"SERVER_NAME")].map(|host| host.to_ascii_lowercase());
    let bare = said.iter().filter_map(|host| Some(host.rsplit_once(':')?.0.to_owned()));
    let bare: Vec<_> = bare.collect();
    said.into_iter().chain(bare).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::options::directive::{Origin, Said};

    fn settings(places: &[&str], manage: bool) -> Settings {
        let mut settings = Settings::default();
        settings.python.manage_script_name = manage;
        settings.python.mount = places
            .iter()
            .map(|place| {
                let start = place.find('/').unwrap_or(place.len());
                let (host, path) = place.split_at(start);
                Mount {
                    said: (*place).to_owned(),
                    host: Some(host.to_owned()).filter(|host| !host.is_empty()),
                    path: path.to_owned(),
                    app: Said { value: String::new(), origin: Origin::CommandLine },
                }
            })
            .collect();
        settings
    }

    fn ask(settings: &Settings, host: &str, script: &str, path: &str) -> String {
        let mut vars = Vars::default();
        for (name, value) in [("HTTP_HOST", host), ("SCRIPT_NAME", script), ("PATH_INFO", path)] {
            vars.push(name.as_bytes(), value.as_bytes()).expect("short");
        }
        let chosen = choose(settings, &mut vars);
        format!("{chosen:?} {} {}", vars.text(b"SCRIPT_NAME"), vars.text(b"PATH_INFO"))
    }

    #[test]
    fn the_longest_path_on_whole_segments_is_managed() {
        let settings = settings(&["/one", "/one/two", "x.org", "x.org/one"], true);
        let check = |host: &str, path: &str, expected: &str| {
            assert_eq!(ask(&settings, host, "", path), expected, "{host} {path}");
        };
        check("a", "/one", "Some(0) /one ");
        check("a", "/one/", "Some(0) /one /");
        check("a", "/one/x", "Some(0) /one /x");
        check("a", "/one/two/x", "Some(1) /one/two /x");
        check("a", "/onex", "None  /onex");
        check("a", "/", "None  /");
        check("x.org", "/y", "Some(2)  /y");
        check("X.org:80", "/one/y", "Some(3) /one /y");
    }

    #[test]
    fn the_front_end_names_the_mount_otherwise() {
        let mut settings = settings(&["/one", "/two"], false);
        let check = |settings: &Settings, script: &str, path: &str, expected: &str| {
            assert_eq!(ask(settings, "a", script, path), expected, "{script} {path}");
        };
        check(&settings, "/one", "/one/x", "Some(0) /one /one/x");
        check(&settings, "/two", "/x", "Some(1) /two /x");
        check(&settings, "", "/one/x", "None  /one/x");
        settings.python.manage_script_name = true;
        check(&settings, "/two", "/x", "Some(1) /two /x");
        check(&settings, "/two", "/one/x", "Some(0) /one /x");
        settings.python.ignore_script_name = true;
        check(&settings, "/two", "/x", "None /two /x");
    }

    #[test]
    fn a_mount_of_everything_takes_what_is_left() {
        let settings = settings(&["/one", ""], true);
        assert_eq!(ask(&settings, "a", "", "/x"), "Some(1)  /x");
        assert_eq!(ask(&settings, "a", "", "/one/x"), "Some(0) /one /x");
    }
}
