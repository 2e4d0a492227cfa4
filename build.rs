//! Ties the binary to the libpython it was compiled against, and tells it where that Python lives.

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    #[cfg(feature = "python")]
    {
        println!("cargo::rerun-if-env-changed=PYO3_PYTHON");
        // What the code is for may depend on the version of Python: `cfg(Py_3_12)`.
        pyo3_build_config::use_pyo3_cfgs();
        // Without an rpath the loader may pick another libpython than the one compiled against.
        pyo3_build_config::add_libpython_rpath_link_args();
        let python = pyo3_build_config::get().executable().unwrap_or_default();
        println!("cargo::rustc-env=RUWSGI_PYTHON={python}");
    }
}
