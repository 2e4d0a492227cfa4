//! Lines of `cron`, `unique-cron` and `cron2`: when a command is to run, and how.

/// When a command runs, and how.
///
/// A time is a number, or negative: `-1` is any, `-5` every fifth.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cron {
    /// From 0.
    pub minute: i64,
    /// From 0.
    pub hour: i64,
    /// From 1.
    pub day: i64,
    /// From 1.
    pub month: i64,
    /// From 0, which is Sunday, as is 7.
    pub week: i64,
    /// What a shell is told.
    pub command: String,
    /// Whether it does not start while it still runs.
    pub unique: bool,
    /// After so many seconds it is killed, if that is its own affair.
    pub harakiri: Option<u64>,
}

impl Default for Cron {
    fn default() -> Self {
        let any = -1;
        Self {
            minute: any,
            hour: any,
            day: any,
            month: any,
            week: any,
            command: String::new(),
            unique: false,
            harakiri: None,
        }
    }
}

/// Reads `MINUTE HOUR DAY MONTH WEEKDAY COMMAND`.
pub(super) fn parse_cron(text: &str, unique: bool) -> Result<Cron, String> {
    let mut rest = text.trim();
    let mut cron = Cron { unique, ..Cron::default() };
    for (name, time) in [
        ("minute", &mut cron.minute),
        ("hour", &mut cron.hour),
        ("day", &mut cron.day),
        ("month", &mut cron.month),
        ("weekday", &mut cron.week),
    ] {
        let (word, more) = rest.split_once(char::is_whitespace).unwrap_or((rest, ""));
        *time = number(name, word)?;
        rest = more.trim_start();
    }
    with_command(cron, rest)
}

/// Reads `KEY=VALUE,… COMMAND`, or a command alone that runs each minute, and what is doubtful.
pub(super) fn parse_cron2(text: &str) -> Result<(Cron, Vec<String>), String> {
    let (pairs, command) = text.trim().split_once(char::is_whitespace).unwrap_or((text, ""));
    let mut cron = Cron::default();
    let mut doubts = Vec::new();
    if !pairs.contains('=') {
        return Err(format!("`{pairs}` has no keys: minute=…,hour=…,unique=1 before the command"));
    }
    for pair in pairs.split(',').filter(|pair| !pair.is_empty()) {
        let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
        match key {
            "minute" => cron.minute = number(key, value)?,
            "hour" => cron.hour = number(key, value)?,
            "day" => cron.day = number(key, value)?,
            "month" => cron.month = number(key, value)?,
            "week" => cron.week = number(key, value)?,
            "unique" => cron.unique = number(key, value)? != 0,
            "harakiri" => {
                let seconds = u64::try_from(number(key, value)?);
                cron.harakiri = Some(seconds.map_err(|_| format!("harakiri={value}: seconds"))?);
            }
            "legion" => {
                let doubt = "there are no legions here; the command always runs";
                doubts.push(doubt.to_owned());
            }
            _ => doubts.push(format!("{key} is no key of cron2")),
        }
    }
    Ok((with_command(cron, command.trim_start())?, doubts))
}

fn with_command(mut cron: Cron, command: &str) -> Result<Cron, String> {
    if command.is_empty() {
        return Err("there is no command behind the times".to_owned());
    }
    command.clone_into(&mut cron.command);
    Ok(cron)
}

fn number(name: &str, word: &str) -> Result<i64, String> {
    let number =
        word.strip_prefix('*').map_or(word, |rest| if rest.is_empty() { "-1" } else { word });
    number
        .parse()
        .map_err(|_| format!("the {name} `{word}` is no number; -1 is any, -5 is every fifth"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_read_as_uwsgi_reads_them() {
        let cron = parse_cron("59 2 -1 -1 -5  /bin/backup --all", false).expect("a line");
        let expected = Cron {
            minute: 59,
            hour: 2,
            week: -5,
            command: "/bin/backup --all".to_owned(),
            ..Cron::default()
        };
        assert_eq!(cron, expected);
        let (cron, doubts) =
            parse_cron2("minute=-2,unique=1,harakiri=30,legion=x,odd=1 echo  a,b=c").expect("keys");
        let expected = Cron {
            minute: -2,
            unique: true,
            harakiri: Some(30),
            command: "echo  a,b=c".to_owned(),
            ..Cron::default()
        };
        assert_eq!((cron, doubts.len()), (expected, 2));
    }

    #[test]
    fn what_is_no_line_is_refused_with_a_reason() {
        fn check(refusal: &str, expected: &str) {
            assert!(refusal.contains(expected), "{refusal}");
        }
        check(&parse_cron("1 2 3 4", false).expect_err("short"), "weekday");
        check(&parse_cron("1 2 3 4 5", false).expect_err("no command"), "no command");
        check(&parse_cron("1 2 x 4 5 a", false).expect_err("a letter"), "day `x`");
        check(&parse_cron2("echo two").expect_err("no keys"), "no keys");
        check(&parse_cron2("hour=1").expect_err("no command"), "no command");
        check(&parse_cron2("hour=one a").expect_err("a word"), "hour `one`");
    }
}
