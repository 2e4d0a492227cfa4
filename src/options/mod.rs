//! What can be said to the server, in every place it can be said.
//!
//! Two stages. First *what was said*: [`argv`] and [`ini`] turn words and lines into
//! [`directive::Directive`]s, in order, each with its origin. Then *what is used*:
//! [`settings::Settings`], typed and checked once. [`table`] is the one place that knows the options.

pub mod table;
