//! What `ps` shows of a process: its command line and its short name.
//!
//! The command line is kept where the kernel put it, so a longer title is cut.

use std::ffi::CString;
use std::fs;

/// What the kernel keeps of a short name, in bytes.
const LONGEST_NAME: usize = 15;

/// Makes `ps` show a title for this process: as much of it as the command line had room for.
///
/// Only to be called while this process has one thread of its own, and not before the command line
/// was read by everybody who needs it.
pub fn set(title: &str) {
    // What tells processes apart comes last, so the front is cut.
    let short = title.replace("uWSGI ", "");
    let front = short.len().saturating_sub(LONGEST_NAME);
    let short = short.get(front..).unwrap_or(&short);
    if let Ok(name) = CString::new(short.replace('\0', "")) {
        // A name is a convenience.
        let _ = nix::sys::prctl::set_name(&name);
    }
    let Some((start, length)) = room() else { return };
    let mut bytes: Vec<u8> = title.bytes().filter(|byte| *byte != 0).take(length - 1).collect();
    bytes.resize(length, 0);
    #[expect(unsafe_code, reason = "the kernel reads the title from the process's own memory")]
    // SAFETY: the kernel says that this range is this process's arguments, which are writable
    // memory of the stack; the standard library only makes copies of it, and the one thread that
    // there is does not do so now. The last byte stays 0.
    unsafe {
        std::ptr::copy_nonoverlapping(bytes.as_ptr(), start as *mut u8, length);
    }
}

/// Where the arguments of this process are in its memory, and how many bytes they have.
fn room() -> Option<(usize, usize)> {
    const ARG_START: usize = 48;
    const ARG_END: usize = 49;
    /// `/proc/PID/stat` counts from 1; what follows the name is the third field.
    const FIRST: usize = 3;
    let text = fs::read_to_string("/proc/self/stat").ok()?;
    let fields: Vec<&str> = text.rsplit_once(')')?.1.split_whitespace().collect();
    let field = |number: usize| fields.get(number - FIRST)?.parse::<usize>().ok();
    let place = field(ARG_START)?;
    let length = field(ARG_END)?.checked_sub(place)?;
    // The kernel hides the places from processes that it does not trust with them.
    (place > 0 && length > 1).then_some((place, length))
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_room_is_that_of_the_command_line() {
        let (_, length) = super::room().expect("a place");
        let line = std::fs::read("/proc/self/cmdline").expect("a command line");
        assert_eq!(length, line.len());
    }
}
