//! What a build with counters has counted (tools/profiled).

use std::ffi::{CString, c_char, c_int};
use std::sync::Mutex;

/// Writes it to a further file in the folder `RUWSGI_COUNTS`, and begins anew: processes end without a word.
pub fn write() {
    static NUMBER: Mutex<usize> = Mutex::new(0);
    #[expect(unsafe_code, reason = "the compiler's own runtime, linked in by it")]
    unsafe extern "C" {
        fn __llvm_profile_set_filename(name: *const c_char);
        fn __llvm_profile_write_file() -> c_int;
        fn __llvm_profile_reset_counters();
    }
    let Ok(folder) = std::env::var("RUWSGI_COUNTS") else { return };
    // One thread at a time.
    let Ok(mut number) = NUMBER.lock() else { return };
    *number += 1;
    let name = format!("{folder}/{}-{number}.profraw", std::process::id());
    let Ok(name) = CString::new(name) else { return };
    #[expect(unsafe_code, reason = "the compiler's own runtime")]
    #[expect(clippy::multiple_unsafe_ops_per_block, reason = "three steps of one thing")]
    // SAFETY: may be called at any time; the name is never freed.
    unsafe {
        __llvm_profile_set_filename(name.into_raw());
        __llvm_profile_write_file();
        __llvm_profile_reset_counters();
    }
}
