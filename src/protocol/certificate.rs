//! What certificates say: whom a client's names, and which key one belongs to.
//!
//! Whether a client's may be believed was decided in the handshake.

use std::fmt::Write;

use x509_cert::Certificate;
use x509_cert::der::pem::LineEnding;
use x509_cert::der::{Decode, Encode, EncodePem};

/// What a request says of its client's certificate, in uWSGI's variables.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClientCertificate {
    /// `HTTPS_DN`: whom it names, `/C=DE/O=Acme/CN=user`.
    pub name: String,
    /// `HTTPS_CLIENT_CERTIFICATE`: all of it, DER.
    pub der: Vec<u8>,
    /// `HTTPS_CC`: all of it, PEM.
    pub pem: String,
}

/// Short names of the parts of a name, by their object identifiers (RFC 4519 §2).
const SHORT_NAMES: &[(&str, &str)] = &[
    ("2.5.4.3", "CN"),
    ("2.5.4.4", "SN"),
    ("2.5.4.5", "serialNumber"),
    ("2.5.4.6", "C"),
    ("2.5.4.7", "L"),
    ("2.5.4.8", "ST"),
    ("2.5.4.9", "street"),
    ("2.5.4.10", "O"),
    ("2.5.4.11", "OU"),
    ("2.5.4.12", "title"),
    ("2.5.4.42", "GN"),
    ("2.5.4.43", "initials"),
    ("0.9.2342.19200300.100.1.1", "UID"),
    ("0.9.2342.19200300.100.1.25", "DC"),
    ("1.2.840.113549.1.9.1", "emailAddress"),
];

/// The public key of a certificate as it stands there (`SubjectPublicKeyInfo`, DER); `None` where
/// it is no certificate.
#[must_use]
pub fn public_key(der: &[u8]) -> Option<Vec<u8>> {
    let certificate = Certificate::from_der(der).ok()?;
    certificate.tbs_certificate().subject_public_key_info().to_der().ok()
}

impl ClientCertificate {
    /// Reads a certificate; `None` where it is none.
    #[must_use]
    pub fn read(der: &[u8]) -> Option<Self> {
        let certificate = Certificate::from_der(der).ok()?;
        let mut name = String::new();
        for part in certificate.tbs_certificate().subject().iter() {
            let oid = part.oid.to_string();
            let short = SHORT_NAMES.iter().find(|(known, _)| *known == oid);
            name.extend(["/", short.map_or(oid.as_str(), |(_, short)| short), "="]);
            // As OpenSSL's one line has it, on which applications rely.
            for &byte in part.value.value() {
                // Writing to a String cannot fail.
                let _ = match byte {
                    b' '..=b'~' => write!(name, "{}", char::from(byte)),
                    byte => write!(name, "\\x{byte:02X}"),
                };
            }
        }
        let pem = certificate.to_pem(LineEnding::LF).ok()?;
        Some(Self { name, der: der.to_vec(), pem })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_written_as_openssl_does() {
        use rcgen::{CertificateParams, DnType, KeyPair, PublicKeyData};
        let mut params = CertificateParams::new(Vec::new()).expect("parameters");
        params.distinguished_name = rcgen::DistinguishedName::new();
        params.distinguished_name.push(DnType::CountryName, "DE");
        params.distinguished_name.push(DnType::OrganizationName, "Acme GmbH");
        params.distinguished_name.push(DnType::CommonName, "us\u{e9}r");
        params.distinguished_name.push(DnType::CustomDnType(vec![1, 2, 3, 4]), "x");
        let key = KeyPair::generate().expect("a key");
        let made = params.self_signed(&key).expect("a certificate");
        let read = ClientCertificate::read(made.der()).expect("a certificate");
        assert_eq!(read.name, "/C=DE/O=Acme GmbH/CN=us\\xC3\\xA9r/1.2.3.4=x");
        assert!(read.pem.starts_with("-----BEGIN CERTIFICATE-----\n"), "{}", read.pem);
        assert_eq!(ClientCertificate::read(b"no certificate"), None);
        assert_eq!(public_key(made.der()), Some(key.subject_public_key_info()));
        assert_eq!(public_key(b"no certificate"), None);
    }
}
