//! Files that are served without Python: [`Files`].
//!
//! As uWSGI 2.0.31: GET and HEAD only; what is no file goes on to the application. A path is
//! decoded before it comes here; the file must lie below its directory after all links, or below
//! one of `static-safe`. [`find`] looks for the file, [`packed`] for compressed siblings, and
//! [`reply`] makes the answer; [`conditions`] and [`ranges`] say what of it the client wants.

mod conditions;
mod find;
mod kinds;
mod packed;
mod ranges;
mod reply;

use crate::app::held;
use crate::app::{Reply, Request};
use crate::options::settings::Settings;

/// What is known of files from the start on.
pub struct Files {
    kinds: kinds::Kinds,
    is_used: bool,
}

impl Files {
    /// Reads the tables of types; one that cannot be read is told.
    #[must_use]
    pub fn new(settings: &Settings) -> Self {
        let said = &settings.static_files;
        let is_used = !said.static_maps.is_empty()
            || !said.check_static.is_empty()
            || said.check_static_docroot;
        Self { kinds: kinds::Kinds::read(&said.mimefile), is_used }
    }

    /// The answer from a file, where there is one.
    #[must_use]
    pub fn answer(&self, settings: &Settings, request: &Request) -> Option<Reply> {
        let vars = &request.vars;
        if !self.is_used || !matches!(vars.get(b"REQUEST_METHOD")?, b"GET" | b"HEAD") {
            return None;
        }
        let path = vars.get(b"PATH_INFO")?;
        held::let_go();
        let file = find::find(&settings.static_files, path, &vars.text(b"DOCUMENT_ROOT"))?;
        reply::reply(&settings.static_files, &self.kinds, &file, vars)
    }
}
