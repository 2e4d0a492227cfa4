//! TLS for listening sockets, by rustls: reading certificates and keys, and shaking hands.
//!
//! Nothing is asked of the machine but the files: no OpenSSL, no store of certificates.

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::crypto::CryptoProvider;
use tokio_rustls::rustls::pki_types::pem::{self, PemObject};
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::server::{
    ClientHello, NoClientAuth, ResolvesServerCert, WebPkiClientVerifier,
};
use tokio_rustls::rustls::sign::CertifiedKey;
use tokio_rustls::rustls::{RootCertStore, ServerConfig, crypto};
use tokio_rustls::server::TlsStream;

use super::stream::Stream;
use crate::protocol::certificate::public_key;

/// A certificate with its key, each PEM.
#[derive(Clone, Copy, Debug)]
pub struct Own<'a> {
    /// The chain of certificates, the server's first.
    pub certificate: &'a Path,
    /// The private key of the first one.
    pub key: &'a Path,
}

/// The files of a socket.
#[derive(Clone, Copy, Debug)]
pub struct Files<'a> {
    /// For clients that ask for no host, or for one without a certificate of its own.
    pub own: Own<'a>,
    /// For clients that ask for these hosts.
    pub named: &'a [(String, Own<'a>)],
    /// Those who sign for clients, and whether a client without a certificate is refused.
    pub client_ca: Option<(&'a Path, bool)>,
}

/// Why a socket cannot speak TLS.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// A file cannot be read or does not hold what it should.
    #[error("cannot use {file}: {why}")]
    File {
        /// The path of the file.
        file: String,
        /// What is wrong with it.
        why: String,
    },
    /// The files do not go together.
    #[error("{key} is not the key of the certificate {certificate}")]
    Pair {
        /// The path of the certificate.
        certificate: String,
        /// The path of the key.
        key: String,
    },
}

impl TlsError {
    fn file(path: &Path, why: &dyn std::fmt::Display) -> Self {
        Self::File { file: path.display().to_string(), why: why.to_string() }
    }

    fn pem(path: &Path, error: &pem::Error) -> Self {
        match error {
            pem::Error::Io(error) => Self::file(path, error),
            pem::Error::NoItemsFound => Self::file(path, &"nothing of the kind is in it (PEM)"),
            error => Self::file(path, error),
        }
    }
}

/// What a socket needs to shake hands.
#[derive(Clone)]
pub struct Tls(Arc<ServerConfig>);

impl Tls {
    /// Reads the files and holds them against each other.
    pub fn load(files: Files<'_>) -> Result<Self, TlsError> {
        let provider = Arc::new(crypto::ring::default_provider());
        let other = Arc::new(own(files.own, &provider)?);
        let mut names = HashMap::new();
        for (host, files) in files.named {
            names.insert(host.to_ascii_lowercase(), Arc::new(own(*files, &provider)?));
        }
        let clients = match files.client_ca {
            None => Arc::new(NoClientAuth),
            Some((path, required)) => {
                let mut signers = RootCertStore::empty();
                for signer in certificates(path)? {
                    signers.add(signer).map_err(|error| TlsError::file(path, &error))?;
                }
                let clients = WebPkiClientVerifier::builder_with_provider(
                    Arc::new(signers),
                    Arc::clone(&provider),
                );
                let clients = if required { clients } else { clients.allow_unauthenticated() };
                clients.build().map_err(|error| TlsError::file(path, &error))?
            }
        };
        let mut config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(|error| TlsError::file(files.own.certificate, &error))?
            .with_client_cert_verifier(clients)
            .with_cert_resolver(Arc::new(ByName { names, other }));
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(Self(Arc::new(config)))
    }

    /// Shakes hands with a client.
    pub(super) async fn accept(&self, stream: Stream) -> std::io::Result<TlsStream<Stream>> {
        TlsAcceptor::from(Arc::clone(&self.0)).accept(stream).await
    }
}

/// The certificates of a socket by the host that a client asks for (RFC 6066 §3).
#[derive(Debug)]
struct ByName {
    names: HashMap<String, Arc<CertifiedKey>>,
    other: Arc<CertifiedKey>,
}

impl ResolvesServerCert for ByName {
    fn resolve(&self, hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        let named = hello.server_name().map(str::to_ascii_lowercase);
        let named = named.and_then(|name| self.names.get(&name));
        Some(Arc::clone(named.unwrap_or(&self.other)))
    }
}

/// The server's own certificate and key. rustls would hold them against each other, too, and refuse
/// certificates of version 1, which are what tutorials make.
fn own(files: Own<'_>, provider: &CryptoProvider) -> Result<CertifiedKey, TlsError> {
    let chain = certificates(files.certificate)?;
    let key = PrivateKeyDer::from_pem_file(files.key)
        .map_err(|error| TlsError::pem(files.key, &error))?;
    let key = provider.key_provider.load_private_key(key);
    let key = key.map_err(|error| TlsError::file(files.key, &error))?;
    let certified = chain.first().and_then(|first| public_key(first));
    let certified =
        certified.ok_or_else(|| TlsError::file(files.certificate, &"it is no certificate"))?;
    if key.public_key().is_some_and(|own| own.as_ref() != certified) {
        return Err(TlsError::Pair {
            certificate: files.certificate.display().to_string(),
            key: files.key.display().to_string(),
        });
    }
    Ok(CertifiedKey::new(chain, key))
}

/// All certificates of a file, at least one.
fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let read = CertificateDer::pem_file_iter(path).and_then(Iterator::collect::<Result<Vec<_>, _>>);
    let read = read.map_err(|error| TlsError::pem(path, &error))?;
    match read.is_empty() {
        true => Err(TlsError::file(path, &"there is no certificate in it (PEM)")),
        false => Ok(read),
    }
}
