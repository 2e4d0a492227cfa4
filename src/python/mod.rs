//! The only folder that names Python: starts it, loads the application, calls it as PEP 3333 says.
//!
//! Shows [`Wsgi`], an [`App`](crate::app::App), and nothing of Python's own types. Sockets and
//! processes are for others; the hooks around a fork are here.

mod environ;
mod explain;
mod factory;
mod file;
mod forks;
mod immortal;
mod input;
mod interpreter;
mod load;
mod lock;
mod module;
mod noted;
mod piece;
mod start;
mod websocket;
mod wsgi;

pub use forks::{Sharing, warn_of_threads};
pub use immortal::Extent;
pub use interpreter::{Hooks, Setup, start, version};
pub use load::{LoadError, Target};
pub use module::Facts;
pub use websocket::Keeping;
pub use wsgi::{Conduct, Wsgi};
