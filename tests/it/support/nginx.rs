//! A real nginx in front of the server, in the site's folder.

use std::fs;
use std::process::{Child, Command, Stdio};

use super::site::Site;
use super::tools::need;
use super::{Address, Connection, unused_port, wait_until};

/// An nginx that is killed when it goes.
pub struct Nginx {
    child: Child,
    pub address: Address,
}

impl Nginx {
    /// Starts it with these lines as the one server's `location /`; `None` when nginx is not here.
    pub fn start(site: &Site, location: &str) -> Option<Self> {
        Self::start_beside(site, "", location)
    }

    /// The same with further lines beside the one server.
    pub fn start_beside(site: &Site, lines: &str, location: &str) -> Option<Self> {
        let nginx = need("nginx")?;
        let port = unused_port();
        let folder = site.join("nginx");
        fs::create_dir_all(&folder).expect("a folder");
        let at = folder.display();
        let config = format!(
            "daemon off;
worker_processes 1;
pid {at}/pid;
error_log {at}/error.log;
events {{ }}
http {{
    access_log {at}/access.log;
    client_body_temp_path {at}/body;
    proxy_temp_path {at}/proxy;
    uwsgi_temp_path {at}/uwsgi;
    fastcgi_temp_path {at}/fastcgi;
    scgi_temp_path {at}/scgi;
    client_max_body_size 64m;
    {lines}
    server {{
        listen 127.0.0.1:{port};
        server_name example.org;
        location / {{
            {location}
        }}
    }}
}}
"
        );
        let user = if nix::unistd::Uid::effective().is_root() { "user root;\n" } else { "" };
        fs::write(folder.join("nginx.conf"), format!("{user}{config}")).expect("nginx.conf");
        let child = Command::new(nginx)
            .arg("-p")
            .arg(&folder)
            .arg("-c")
            .arg(folder.join("nginx.conf"))
            .stdin(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("nginx");
        let address = Address::Port(port);
        let log = folder.join("error.log");
        wait_until(&format!("nginx: {}", fs::read_to_string(log).unwrap_or_default()), || {
            Connection::try_open(&address).is_some()
        });
        Some(Self { child, address })
    }

    /// In front of a uwsgi socket.
    pub fn uwsgi(site: &Site, to: &Address) -> Option<Self> {
        let to = match to {
            Address::Socket(path) => format!("unix:{}", path.display()),
            port @ Address::Port(_) => port.to_string(),
        };
        Self::start(
            site,
            &format!("include /etc/nginx/uwsgi_params; uwsgi_read_timeout 30s; uwsgi_pass {to};"),
        )
    }

    /// In front of an HTTP socket.
    pub fn proxy(site: &Site, to: &Address) -> Option<Self> {
        let to = match to {
            Address::Socket(path) => format!("http://unix:{}:", path.display()),
            port @ Address::Port(_) => format!("http://{port}"),
        };
        Self::start(
            site,
            &format!(
                "proxy_set_header Host $host; proxy_set_header X-Forwarded-For $remote_addr; \
                 proxy_set_header X-Forwarded-Proto $scheme; proxy_pass {to};"
            ),
        )
    }
}

impl Drop for Nginx {
    fn drop(&mut self) {
        // TERM, so that it takes its workers along.
        let pid = nix::unistd::Pid::from_raw(self.child.id().cast_signed());
        let _ = nix::sys::signal::kill(pid, nix::sys::signal::Signal::SIGTERM);
        let _ = self.child.wait();
    }
}
