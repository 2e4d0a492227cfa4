//! What a build with counters has counted (tools/profiled).

/// Adds it to the file that `LLVM_PROFILE_FILE` names, and begins anew: processes end without a word.
pub fn write() {
    #[expect(unsafe_code, reason = "the compiler's own runtime, linked in by it")]
    unsafe extern "C" {
        fn __llvm_profile_write_file() -> std::ffi::c_int;
        fn __llvm_profile_reset_counters();
    }
    #[expect(unsafe_code, reason = "the compiler's own runtime")]
    // SAFETY: may be called at any time; the file is locked meanwhile.
    unsafe {
        __llvm_profile_write_file();
    }
    #[expect(unsafe_code, reason = "the compiler's own runtime")]
    // SAFETY: as above.
    unsafe {
        __llvm_profile_reset_counters();
    }
}
