//! Tells the processor what is used soon, so that it has it by then.

use std::ops::Range;

/// Bytes that the processor fetches at once.
const LINE: usize = 64;

/// Has what lies at these addresses fetched; it may be gone by now. Where the processor is not known, nothing.
pub fn fetch(addresses: &Range<usize>) {
    for address in addresses.clone().step_by(LINE) {
        #[cfg(target_arch = "x86_64")]
        {
            use std::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};
            #[expect(unsafe_code, reason = "a word to the processor")]
            // SAFETY: it is only a hint, for any address: nothing is read, and none is refused.
            unsafe {
                _mm_prefetch::<_MM_HINT_T0>(std::ptr::without_provenance(address));
            }
        }
        #[cfg(not(target_arch = "x86_64"))]
        let _ = address;
    }
}

/// The addresses of a value.
#[must_use]
pub fn addresses<T>(of: &T) -> Range<usize> {
    let start = std::ptr::from_ref(of).addr();
    start..start + size_of::<T>()
}
