//! What must hold through the wheel's script as well: `make test` runs these with the installed `ruwsgi`.

use nix::sys::signal::Signal;

use crate::support::{Address, Site, differs_on_purpose, unused_port, wait_until};

#[test]
fn hello_through_http_and_a_stop_with_exit_code_0() {
    let site = Site::with("hello.py");
    let port = unused_port();
    let server = site.start(&[
        "--http",
        &format!("127.0.0.1:{port}"),
        "--wsgi-file",
        "hello.py",
        "--master",
        "--processes",
        "2",
    ]);
    assert_eq!(server.get(&Address::Port(port), "/").text(), "Hello World");
    server.stop();
}

#[test]
fn a_reload_keeps_the_pid() {
    let site = Site::with("hello.py");
    let server = site.start(&[
        "--http-socket",
        "app.sock",
        "--wsgi-file",
        "hello.py",
        "--master",
        "--pidfile",
        "app.pid",
    ]);
    let address = Address::socket(site.join("app.sock"));
    assert_eq!(server.get(&address, "/").text(), "Hello World");
    let old = server.children();
    let text = site.read("hello.py");
    site.file("hello.py", &text.replace("World", "again"));
    server.signal(Signal::SIGHUP);
    wait_until("the new code", || server.get(&address, "/").text() == "Hello again");
    wait_until("the old worker is gone", || !old.iter().any(|&pid| crate::support::is_alive(pid)));
    assert_eq!(site.pid("app.pid"), server.pid());
    server.stop();
}

#[test]
fn exit_codes_reach_the_shell() {
    let site = Site::new();
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = port.local_addr().unwrap().to_string();
    assert_eq!(site.run(&["--http-socket", &address, "--need-app"]).code, Some(1));
    assert_eq!(
        site.run(&["--http-socket", "a.sock", "--module", "nosuch", "--need-app"]).code,
        Some(22)
    );
    assert_eq!(site.run(&["--stop", "nosuch.pid"]).code, Some(1));
    assert_eq!(site.run(&["--version"]).code, Some(0));
}

#[test]
fn deploy_is_there() {
    if differs_on_purpose() {
        return;
    }
    let finished = Site::new().run(&["deploy", "--help"]);
    assert_eq!(finished.code, Some(0), "{}", finished.text);
    assert!(finished.text.contains("nginx"), "{}", finished.text);
}
