//! Programs that run beside the server, as the options describe them.
//!
//! Running them is the master's business.

use super::table::Refusal;

/// A program that runs beside the server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Daemon {
    /// What a shell is told.
    pub command: String,
    /// Where its pid is found. A program with a pidfile outlives reloads and stops, as in uWSGI.
    pub pidfile: Option<String>,
    /// Whether the command ends when the program has gone to the background.
    pub daemonizes: bool,
    /// Whether the server ends with it.
    pub control: bool,
    /// How often a pidfile is looked at, seconds.
    pub freq: u64,
    /// Files on whose change it is started anew.
    pub touch: Vec<String>,
    /// The number of the signal that stops it.
    pub stop_signal: i32,
    /// The number of the signal that stops it for a reload of the server.
    pub reload_signal: i32,
    /// The user it runs as.
    pub uid: Option<String>,
    /// The group it runs as.
    pub gid: Option<String>,
}

const TERM: i32 = 15;
const LAST_SIGNAL: i32 = 64;
/// As in uWSGI.
const FREQUENCY: u64 = 10;

impl Daemon {
    /// One that is stopped with the server.
    pub fn new(command: &str) -> Result<Self, Refusal> {
        let command = command.trim();
        if command.is_empty() || command.contains('\0') {
            return Err("it needs a command".to_owned());
        }
        Ok(Self {
            command: command.to_owned(),
            pidfile: None,
            daemonizes: false,
            control: false,
            freq: FREQUENCY,
            touch: Vec::new(),
            stop_signal: TERM,
            reload_signal: TERM,
            uid: None,
            gid: None,
        })
    }

    /// One with a pidfile: `PIDFILE COMMAND`.
    pub fn smart(words: &str) -> Result<Self, Refusal> {
        let parts = words.trim().split_once([' ', '\t']);
        let (pidfile, command) =
            parts.ok_or_else(|| "it needs a pidfile and a command".to_owned())?;
        Ok(Self { pidfile: Some(pidfile.to_owned()), ..Self::new(command)? })
    }
}

/// The form `key=value,key=value` of uWSGI's attach-daemon2, with `\,` for a comma in a value; and
/// what there is to say about keys that have no effect here.
pub fn parse_daemon(pairs: &str) -> Result<(Daemon, Vec<String>), Refusal> {
    let pairs = key_values(pairs)?;
    let command = pairs.iter().find(|(key, _)| matches!(key.as_str(), "command" | "cmd" | "exec"));
    let (_, command) = command.ok_or_else(|| "it needs the key `command`".to_owned())?;
    let mut daemon = Daemon::new(command)?;
    let mut warnings = Vec::new();
    for (key, value) in &pairs {
        match key.as_str() {
            "command" | "cmd" | "exec" => {}
            "pidfile" | "pid" => daemon.pidfile = Some(value.clone()),
            "daemonize" | "daemon" => daemon.daemonizes = true,
            "control" => daemon.control = true,
            "freq" => daemon.freq = number(key, value)?.max(1),
            "touch" => daemon.touch.extend(value.split(';').map(str::to_owned)),
            "stopsignal" | "stop_signal" | "signal" => daemon.stop_signal = signal(key, value)?,
            "reloadsignal" | "reload_signal" => daemon.reload_signal = signal(key, value)?,
            "uid" => daemon.uid = Some(value.clone()),
            "gid" => daemon.gid = Some(value.clone()),
            "ns_pid" | "chdir" | "max_throttle" | "legion" | "notifypid" => {
                warnings.push(format!("the key {key} of attach-daemon2 has no effect here"));
            }
            _ => warnings.push(format!("attach-daemon2 knows no key {key}")),
        }
    }
    Ok((daemon, warnings))
}

fn number(key: &str, value: &str) -> Result<u64, Refusal> {
    value.parse().map_err(|_| format!("{key}={value} is not a number"))
}

fn signal(key: &str, value: &str) -> Result<i32, Refusal> {
    let number = value.parse().ok().filter(|number| (1..=LAST_SIGNAL).contains(number));
    number.ok_or_else(|| format!("{key}={value} is not the number of a signal"))
}

fn key_values(pairs: &str) -> Result<Vec<(String, String)>, Refusal> {
    let mut parts = vec![String::new()];
    let mut letters = pairs.chars().peekable();
    while let Some(letter) = letters.next() {
        match letter {
            '\\' if letters.peek() == Some(&',') => {
                letters.next();
                if let Some(part) = parts.last_mut() {
                    part.push(',');
                }
            }
            ',' => parts.push(String::new()),
            letter => {
                if let Some(part) = parts.last_mut() {
                    part.push(letter);
                }
            }
        }
    }
    let parts = parts.iter().map(|part| part.trim()).filter(|part| !part.is_empty());
    parts
        .map(|part| {
            let pair = part.split_once('=').map(|(key, value)| (key.trim(), value.trim()));
            let (key, value) =
                pair.ok_or_else(|| format!("`{part}` is not key=value; a comma is written \\,"))?;
            Ok((key.to_owned(), value.to_owned()))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_describe_a_daemon() {
        let (daemon, warnings) = parse_daemon(
            "ns_pid=1,uid=33,gid=www-data,touch=/a.pl;/b.pl,cmd=perl /a.pl --list 1\\,2 --x=y,\
             freq=3,stopsignal=2,reloadsignal=1,pidfile=/p,daemonize=1,control=1",
        )
        .expect("well formed");
        let expected = Daemon {
            command: "perl /a.pl --list 1,2 --x=y".to_owned(),
            pidfile: Some("/p".to_owned()),
            daemonizes: true,
            control: true,
            freq: 3,
            touch: vec!["/a.pl".to_owned(), "/b.pl".to_owned()],
            stop_signal: 2,
            reload_signal: 1,
            uid: Some("33".to_owned()),
            gid: Some("www-data".to_owned()),
        };
        assert_eq!(daemon, expected);
        assert_eq!(warnings, ["the key ns_pid of attach-daemon2 has no effect here"]);
    }

    #[test]
    fn what_is_no_daemon_is_refused() {
        fn check(pairs: &str, message: &str) {
            let refusal = parse_daemon(pairs).expect_err(pairs);
            assert!(refusal.contains(message), "{pairs}: {refusal}");
        }
        check("freq=3", "needs the key `command`");
        check("command=", "needs a command");
        check("command=a,b", "`b` is not key=value");
        check("command=a,freq=often", "freq=often is not a number");
        check("command=a,stopsignal=99", "not the number of a signal");
    }

    #[test]
    fn a_smart_daemon_has_a_pidfile_and_a_command() {
        let daemon = Daemon::smart("/run/x.pid  memcached -d -p 1").expect("well formed");
        assert_eq!(daemon.pidfile.as_deref(), Some("/run/x.pid"));
        assert_eq!(daemon.command, "memcached -d -p 1");
        assert!(Daemon::smart("memcached").is_err());
    }
}
