//! Reads the syntax of nginx: directives, their words, blocks and lines.
//!
//! As nginx reads it, and as strictly. What a directive means is for `adopt` and the templates. The crates for this either
//! have long ceased to be kept or mend what is broken, as is right for an editor.

use std::iter::Peekable;
use std::str::Chars;

/// One directive.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Directive {
    /// Its first word.
    pub(super) name: String,
    /// The others, quotes removed.
    pub(super) words: Vec<String>,
    /// Where it begins, counted from 1.
    pub(super) line: usize,
    /// What stands between its braces.
    pub(super) block: Option<Vec<Directive>>,
}

/// Why a text cannot be read.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Wrong {
    /// The line, counted from 1.
    pub(super) line: usize,
    /// One sentence, lower case.
    pub(super) message: String,
}

/// Blocks may stand in one another so deeply; nginx itself goes five deep.
const DEEPEST: usize = 32;

/// The directives of a file.
pub(super) fn read(text: &str) -> Result<Vec<Directive>, Wrong> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut tokens = Tokens { rest: text.chars().peekable(), line: 1 };
    block(&mut tokens, 0)
}

/// A directive as nginx reads it back, with its block.
pub(super) fn written(directive: &Directive) -> String {
    let words = std::iter::once(&directive.name).chain(&directive.words);
    let words: Vec<String> = words.map(|word| quoted(word)).collect();
    let head = words.join(" ");
    match &directive.block {
        None => format!("{head};"),
        Some(block) => {
            let inner = block.iter().map(written).collect::<Vec<_>>().join("\n");
            let inner: String = inner.lines().map(|line| ["    ", line, "\n"].concat()).collect();
            format!("{head} {{\n{inner}}}")
        }
    }
}

/// A word, in quotes where it could be taken for more or less.
fn quoted(word: &str) -> String {
    let special = |letter: char| letter.is_whitespace() || ";{}\"'#".contains(letter);
    let escapes = word.ends_with('\\')
        || ["\\\\", "\\\"", "\\'", "\\t", "\\r", "\\n"].iter().any(|pair| word.contains(pair));
    // `${name}` is one word without quotes, and means the same in them.
    if !word.is_empty() && !word.contains(special) && !escapes {
        return word.to_owned();
    }
    let mut text = String::from("\"");
    for letter in word.chars() {
        match letter {
            '"' | '\\' => text.extend(['\\', letter]),
            '\t' => text.push_str("\\t"),
            '\r' => text.push_str("\\r"),
            '\n' => text.push_str("\\n"),
            letter => text.push(letter),
        }
    }
    text.push('"');
    text
}

#[derive(Debug, PartialEq, Eq)]
enum Token {
    Word(String),
    Semicolon,
    Open,
    Close,
}

struct Tokens<'t> {
    rest: Peekable<Chars<'t>>,
    line: usize,
}

fn block(tokens: &mut Tokens<'_>, depth: usize) -> Result<Vec<Directive>, Wrong> {
    let mut directives = Vec::new();
    let opened = tokens.line;
    let mut words: Vec<String> = Vec::new();
    let mut line = opened;
    loop {
        let Some((at, token)) = tokens.next()? else {
            return match (words.first(), depth) {
                (Some(name), _) => Err(wrong(line, format!("`{name}` has no `;` and no block"))),
                (None, 0) => Ok(directives),
                (None, _) => Err(wrong(opened, "a block that begins here has no `}`")),
            };
        };
        match token {
            Token::Word(word) => {
                if words.is_empty() {
                    line = at;
                }
                words.push(word);
            }
            Token::Semicolon | Token::Open if words.is_empty() => {
                return Err(wrong(at, "there is no directive before this `;` or `{`"));
            }
            Token::Semicolon => directives.push(directive(&mut words, line, None)),
            Token::Open if depth == DEEPEST => {
                return Err(wrong(
                    at,
                    format!("blocks stand in one another more than {DEEPEST} deep"),
                ));
            }
            Token::Open => {
                let block = block(tokens, depth + 1)?;
                directives.push(directive(&mut words, line, Some(block)));
            }
            Token::Close if depth == 0 => return Err(wrong(at, "a `}` that closes nothing")),
            Token::Close => {
                return match words.first() {
                    Some(name) => Err(wrong(line, format!("`{name}` has no `;`"))),
                    None => Ok(directives),
                };
            }
        }
    }
}

fn directive(words: &mut Vec<String>, line: usize, block: Option<Vec<Directive>>) -> Directive {
    let mut words = std::mem::take(words).into_iter();
    let name = words.next().unwrap_or_default();
    Directive { name, words: words.collect(), line, block }
}

fn wrong(line: usize, message: impl Into<String>) -> Wrong {
    Wrong { line, message: message.into() }
}

impl Tokens<'_> {
    fn step(&mut self) -> Option<char> {
        let letter = self.rest.next();
        if letter == Some('\n') {
            self.line += 1;
        }
        letter
    }

    /// The next token and its line.
    fn next(&mut self) -> Result<Option<(usize, Token)>, Wrong> {
        while let Some(&letter) = self.rest.peek() {
            let at = self.line;
            match letter {
                ' ' | '\t' | '\r' | '\n' => {
                    self.step();
                }
                '#' => while self.step().is_some_and(|letter| letter != '\n') {},
                ';' | '{' | '}' => {
                    self.step();
                    return Ok(Some((
                        at,
                        match letter {
                            ';' => Token::Semicolon,
                            '{' => Token::Open,
                            _ => Token::Close,
                        },
                    )));
                }
                '"' | '\'' => return Ok(Some((at, Token::Word(self.quoted(letter)?)))),
                _ => return Ok(Some((at, Token::Word(self.plain()?)))),
            }
        }
        Ok(None)
    }

    fn quoted(&mut self, quote: char) -> Result<String, Wrong> {
        let at = self.line;
        self.step();
        let mut word = String::new();
        loop {
            match self.step() {
                None => {
                    return Err(wrong(
                        at,
                        format!("a word in quotes that begins here has no {quote} at its end"),
                    ));
                }
                Some('\\') => self.escaped(&mut word),
                Some(letter) if letter == quote => break,
                Some(letter) => word.push(letter),
            }
        }
        match self.rest.peek() {
            None | Some(' ' | '\t' | '\r' | '\n' | ';' | '{' | ')') => Ok(word),
            Some(letter) => Err(wrong(
                self.line,
                format!("`{}` right behind a word in quotes", letter.escape_debug()),
            )),
        }
    }

    fn plain(&mut self) -> Result<String, Wrong> {
        let at = self.line;
        let mut word = String::new();
        while let Some(&letter) = self.rest.peek() {
            match letter {
                // `${name}` is a variable, not a block.
                '{' if word.ends_with('$') => loop {
                    let Some(letter) = self.step() else {
                        return Err(wrong(at, "a variable that begins here has no `}`"));
                    };
                    word.push(letter);
                    if letter == '}' {
                        break;
                    }
                },
                ' ' | '\t' | '\r' | '\n' | ';' | '{' => break,
                '\\' => {
                    self.step();
                    self.escaped(&mut word);
                }
                letter => {
                    self.step();
                    word.push(letter);
                }
            }
        }
        Ok(word)
    }

    /// nginx takes the backslash away from quotes, blanks and itself, and leaves it before anything else.
    fn escaped(&mut self, word: &mut String) {
        match self.step() {
            Some(letter @ ('"' | '\'' | '\\')) => word.push(letter),
            Some('t') => word.push('\t'),
            Some('r') => word.push('\r'),
            Some('n') => word.push('\n'),
            Some(letter) => word.extend(['\\', letter]),
            None => word.push('\\'),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn shown(directives: &[Directive]) -> String {
        let one = |it: &Directive| {
            let words: Vec<_> = it.words.iter().map(|word| format!("<{word}>")).collect();
            let block = it.block.as_ref().map(|block| format!("{{{}}}", shown(block)));
            format!("{}@{}{}{}", it.name, it.line, words.join(""), block.unwrap_or_default())
        };
        directives.iter().map(one).collect::<Vec<_>>().join(" ")
    }

    fn check(text: &str, expected: &str) {
        assert_eq!(read(text).map(|found| shown(&found)), Ok(expected.to_owned()), "{text}");
    }

    fn check_wrong(text: &str, line: usize, message: &str) {
        let wrong = read(text).expect_err(text);
        assert_eq!(wrong.line, line, "{text}: {wrong:?}");
        assert!(wrong.message.contains(message), "{text}: {wrong:?}");
    }

    #[test]
    fn directives_words_and_blocks_are_told_apart() {
        check("", "");
        check("# nothing\n\n", "");
        check("worker_processes  2; # two\nuser a b;", "worker_processes@1<2> user@2<a><b>");
        check("http{server{listen 80;}}", "http@1{server@1{listen@1<80>}}");
        check("location ~ \\.php$ {\n  return 404;\n}", "location@1<~><\\.php$>{return@2<404>}");
        check("set $a \"x; {y}\";", "set@1<$a><x; {y}>");
        check("set $a 'it\\'s' ;", "set@1<$a><it's>");
        check("map $a ${b}c { default ${d}; }", "map@1<$a><${b}c>{default@1<${d}>}");
        check("a b\n  c\n;", "a@1<b><c>");
        check("a b#c;", "a@1<b#c>");
        check("if ($a = \"b\") { return 1; }", "if@1<($a><=><b><)>{return@1<1>}");
    }

    #[test]
    fn what_nginx_refuses_is_refused_with_its_line() {
        check_wrong("a b", 1, "`a` has no `;`");
        check_wrong("a {\n b\n}", 2, "`b` has no `;`");
        check_wrong("a {\n b;\n", 1, "no `}`");
        check_wrong("a;\n}", 2, "closes nothing");
        check_wrong("\n;", 2, "no directive");
        check_wrong("a \"b\"c;", 1, "right behind");
        check_wrong("a\n \"b;\n\n", 2, "has no \"");
        check_wrong("a ${b", 1, "variable");
        check_wrong(&"a {".repeat(40), 1, "deep");
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused(text in "[ a-z;{}\"'\\\\$#\n]{0,60}") {
            let lines = text.lines().count().max(1) + 1;
            match read(&text) {
                Ok(found) => prop_assert!(found.iter().all(|it| it.line <= lines)),
                Err(wrong) => prop_assert!((1..=lines).contains(&wrong.line)),
            }
        }

        #[test]
        fn any_words_come_back(words in proptest::collection::vec("[ -~]{0,10}", 1..5)) {
            let quoted: Vec<_> = words
                .iter()
                .map(|word| format!("\"{}\"", word.replace('\\', "\\\\").replace('"', "\\\"")))
                .collect();
            let found = read(&format!("name {};", quoted.join(" "))).expect("a directive");
            prop_assert_eq!(&found.first().expect("one").words, &words);
        }

        #[test]
        fn what_is_written_is_read_back(words in proptest::collection::vec("[ -~\n\t]{0,10}", 0..5)) {
            let inner = Directive { name: "inner".into(), words, line: 2, block: None };
            let outer = Directive { name: "outer".into(), words: vec![], line: 1, block: Some(vec![inner]) };
            prop_assert_eq!(read(&written(&outer)), Ok(vec![outer.clone()]));
        }
    }
}
