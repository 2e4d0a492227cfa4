//! TLS for listening sockets, by rustls: reading certificates and keys, and shaking hands.
//!
//! Nothing is asked of the machine but the files: no OpenSSL, no store of certificates.

use std::path::Path;
use std::sync::Arc;

use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::pki_types::pem::{self, PemObject};
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::server::{NoClientAuth, WebPkiClientVerifier};
use tokio_rustls::rustls::{self, RootCertStore, ServerConfig, crypto};
use tokio_rustls::server::TlsStream;

use super::stream::Stream;

/// The files of a socket, each PEM.
#[derive(Clone, Copy, Debug)]
pub struct Files<'a> {
    /// The chain of certificates, the server's first.
    pub certificate: &'a Path,
    /// The private key of the first one.
    pub key: &'a Path,
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
    #[error("cannot use the certificate {certificate} with the key {key}: {error}")]
    Pair {
        /// The path of the certificate.
        certificate: String,
        /// The path of the key.
        key: String,
        /// What rustls says.
        error: rustls::Error,
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
        let chain = certificates(files.certificate)?;
        let key = PrivateKeyDer::from_pem_file(files.key)
            .map_err(|error| TlsError::pem(files.key, &error))?;
        let provider = Arc::new(crypto::ring::default_provider());
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
        let config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .and_then(|config| {
                config.with_client_cert_verifier(clients).with_single_cert(chain, key)
            });
        let mut config = config.map_err(|error| TlsError::Pair {
            certificate: files.certificate.display().to_string(),
            key: files.key.display().to_string(),
            error,
        })?;
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(Self(Arc::new(config)))
    }

    /// Shakes hands with a client.
    pub(super) async fn accept(&self, stream: Stream) -> std::io::Result<TlsStream<Stream>> {
        TlsAcceptor::from(Arc::clone(&self.0)).accept(stream).await
    }
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
