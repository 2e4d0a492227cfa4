//! The binary's door: see [`ruwsgi::cli`].

fn main() -> std::process::ExitCode {
    ruwsgi::cli::main(std::env::args_os().collect())
}
