//! Any head becomes variables, each as it can stand in a packet.
#![no_main]

use libfuzzer_sys::fuzz_target;
use ruwsgi::protocol::http::{Connection, vars};
use ruwsgi::protocol::uwsgi::{Packet, encode, take};

fuzz_target!(|data: &[u8]| {
    let mut lines = data.split(|&byte| byte == b'\n');
    let target = lines.next().unwrap_or_default();
    let mut request = http::Request::builder().uri(target);
    for line in lines.take(50) {
        let (name, value) = line.split_at(line.iter().position(|&byte| byte == b':').unwrap_or(0));
        request = request.header(name, value);
    }
    let Ok(request) = request.body(()) else { return };
    let connection = Connection {
        client: "10.0.0.1:5".parse().ok(),
        server_port: "80".to_owned(),
        server_name: "here".to_owned(),
        underscores: false,
        gateway: true,
        proxied: false,
        tls: false,
        certificate: None,
        export_certificate: false,
    };
    let Ok(vars) = vars(&request.into_parts().0, &connection) else { return };
    let path = vars.get(b"PATH_INFO").unwrap_or_default();
    assert!(!path.split(|&byte| byte == b'/').any(|part| part == b".."), "{path:?}");
    let told = format!("{:?}", vars.iter().collect::<Vec<_>>());
    let Some(packet) = encode(vars) else { return };
    match take(&mut packet[..].into(), packet.len()) {
        Ok(Some(Packet::Request(vars))) => {
            assert_eq!(format!("{:?}", vars.iter().collect::<Vec<_>>()), told);
        }
        other => panic!("{other:?}"),
    }
});
