//! Options of one's own: `declare-option`.

use super::directive::{Directive, Origin};
use super::table::{self, Effect};
use crate::error::Failure;

/// The directives, each option that was declared followed by what it stands for.
///
/// `declare-option = name=option=$1;option=$2` as uWSGI 2.0.31: the words of the value are the `$1`, `$2`…;
/// those that are missing stay as they are.
pub(super) fn expand(said: &[Directive]) -> Result<Vec<Directive>, Failure> {
    let mut macros: Vec<(&str, &str)> = Vec::new();
    let mut all = Vec::with_capacity(said.len());
    for directive in said {
        let value = directive.value.as_deref().unwrap_or_default();
        let known = macros.iter().find(|(name, _)| *name == directive.name);
        let mut directive = directive.clone();
        if let Some((_, template)) = known {
            directive.placeholder = true;
            let Directive { origin, .. } = &directive;
            let parts = template.split(';').filter(|part| !part.trim().is_empty());
            all.extend(parts.map(|part| expanded(part, value, origin)));
        } else if let Some(Effect::Macro) = table::find(&directive.name).map(|row| row.effect) {
            let Some((name, template)) = value.split_once('=') else {
                let Directive { name, origin, .. } = directive;
                return Err(Failure::new(format!("{origin}: {name} needs NAME=OPTION=VALUE")));
            };
            if table::find(name).is_some() {
                let origin = directive.origin;
                return Err(Failure::new(format!("{origin}: {name} is an option already")));
            }
            macros.push((name, template));
        }
        all.push(directive);
    }
    Ok(all)
}

/// One part of a declared option, its words filled in.
fn expanded(part: &str, value: &str, origin: &Origin) -> Directive {
    let (name, template) = match part.trim().split_once('=') {
        Some((name, template)) => (name.trim(), Some(template)),
        None => (part.trim(), None),
    };
    let words = value.split_whitespace().enumerate();
    let fill = |template: &str| {
        // From behind, so that $1 does not take the beginning of $10.
        words
            .collect::<Vec<_>>()
            .into_iter()
            .rev()
            .fold(template.to_owned(), |filled, (at, word)| {
                filled.replace(&format!("${}", at + 1), word)
            })
    };
    Directive::new(name, template.map(fill), origin.clone())
}
