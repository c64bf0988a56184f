//! The handshake, from both ends, and what its failures mean.
//!
//! With TLS 1.3 a client has finished its handshake before the server has looked at the client's
//! certificate. A refusal therefore arrives as an alert at the client's first *read*, on a line
//! that seemed to be connected. [`identity_fault`] recognises it in whatever error that read gives.
//! For the alert to arrive at all, the server must not close a socket that still holds unread
//! bytes: the kernel would then reset the connection and the alert could be lost. So a refusing
//! server ends its own direction and reads the rest away first.

use std::io;
use std::sync::Arc;

use rustls::pki_types::ServerName;
use rustls::{AlertDescription, ClientConfig, ServerConfig};
use thiserror::Error;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio_rustls::{TlsAcceptor, TlsConnector};

use super::TlsError;
use super::subject::{Subject, SubjectError, subject_of};
use crate::process::said::Said;

/// A stream accepted by a server.
pub type ServerStream<T> = tokio_rustls::server::TlsStream<T>;
/// A stream opened by a client.
pub type ClientStream<T> = tokio_rustls::client::TlsStream<T>;

/// Most bytes read away from a refused client: more than the greeting of HTTP/2, less than a
/// burden.
const LINGER_BYTES: u64 = 64 * 1024;

/// Why a client was not let in.
#[derive(Debug, Error)]
pub enum AcceptError {
    /// The handshake failed; the source says why.
    #[error("TLS 握手失败 / the TLS handshake failed")]
    Handshake(#[source] io::Error),
    /// The certificate names no platform.
    #[error(transparent)]
    Subject(#[from] SubjectError),
}

/// An identity that was not accepted, by the other end or by us. Trying again does not help; a
/// person must act.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum IdentityFault {
    /// The server refused our certificate.
    #[error(
        "市级平台拒绝了本平台的证书（{alert}） / the hub refused this platform's certificate ({alert})"
    )]
    ClientRefused {
        /// The alert that it sent, by its name in RFC 8446.
        alert: String,
        /// What to do.
        remedy: Said,
    },
    /// We do not accept the server's certificate.
    #[error(
        "不信任市级平台出示的证书（{reason}） / the hub's certificate is not trusted ({reason})"
    )]
    ServerUntrusted {
        /// What is wrong with it.
        reason: String,
    },
}

/// Finishes a handshake as server and says who is at the other end. It has no time limit of its
/// own.
///
/// # Errors
/// If the client is not let in. It has been told by then, as far as it listens.
pub async fn accept<T>(
    config: Arc<ServerConfig>,
    stream: T,
) -> Result<(ServerStream<T>, Subject), AcceptError>
where
    T: AsyncRead + AsyncWrite + Unpin,
{
    finish(TlsAcceptor::from(config).accept(stream)).await
}

/// Finishes a handshake that has begun.
pub(super) async fn finish<T>(
    begun: tokio_rustls::Accept<T>,
) -> Result<(ServerStream<T>, Subject), AcceptError>
where
    T: AsyncRead + AsyncWrite + Unpin,
{
    match begun.into_fallible().await {
        Ok(stream) => {
            let shown = stream.get_ref().1.peer_certificates().and_then(|chain| chain.first());
            let subject = subject_of(shown.ok_or(SubjectError::NotX509)?)?;
            Ok((stream, subject))
        }
        Err((error, mut socket)) => {
            // Best effort: the client may have gone.
            if socket.shutdown().await.is_ok() {
                let mut rest = socket.take(LINGER_BYTES);
                let _ = tokio::io::copy(&mut rest, &mut tokio::io::sink()).await;
            }
            Err(AcceptError::Handshake(error))
        }
    }
}

/// Finishes a handshake as server with somebody who need show no certificate: a browser. It has no
/// time limit of its own.
///
/// # Errors
/// If the handshake fails.
pub async fn accept_anybody<T>(
    config: Arc<ServerConfig>,
    stream: T,
) -> Result<ServerStream<T>, AcceptError>
where
    T: AsyncRead + AsyncWrite + Unpin,
{
    TlsAcceptor::from(config).accept(stream).await.map_err(AcceptError::Handshake)
}

/// Does a handshake as client. It has no time limit of its own, and a success says nothing yet
/// about our certificate.
///
/// # Errors
/// If the line breaks, or the server's certificate is not accepted: [`identity_fault`] tells which.
pub async fn connect<T>(
    config: Arc<ClientConfig>,
    server: ServerName<'static>,
    stream: T,
) -> io::Result<ClientStream<T>>
where
    T: AsyncRead + AsyncWrite + Unpin,
{
    TlsConnector::from(config).connect(server, stream).await
}

/// Reads the name of a server: a DNS name or an address, without port.
///
/// # Errors
/// If it is neither.
pub fn server_name(name: &str) -> Result<ServerName<'static>, TlsError> {
    ServerName::try_from(name.to_owned())
        .map_err(|_| TlsError::ServerName { name: name.to_owned() })
}

/// Whether an error of a TLS stream is about somebody's identity.
pub fn identity_fault(error: &io::Error) -> Option<IdentityFault> {
    match error.get_ref()?.downcast_ref::<rustls::Error>()? {
        rustls::Error::AlertReceived(alert) => {
            let remedy = refusal_remedy(*alert)?;
            Some(IdentityFault::ClientRefused { alert: format!("{alert:?}"), remedy })
        }
        rustls::Error::InvalidCertificate(reason) => {
            Some(IdentityFault::ServerUntrusted { reason: reason.to_string() })
        }
        _ => None,
    }
}

/// What to do about an alert that refuses a certificate; nothing for the other alerts.
fn refusal_remedy(alert: AlertDescription) -> Option<Said> {
    let remedy = match alert {
        AlertDescription::CertificateRequired => Said::new(
            "未出示证书，请在配置中指定本平台的证书和私钥",
            "no certificate was shown: name this platform's certificate and key in the \
             configuration",
        ),
        AlertDescription::CertificateExpired => Said::new(
            "证书已过期或尚未生效，请核对两端时钟，或向市级平台管理员申请新证书",
            "it is expired or not yet valid: check both clocks, or have the hub's operator \
             issue a new one",
        ),
        AlertDescription::CertificateRevoked => {
            Said::new("证书已被吊销，请联系市级平台管理员", "it is revoked: ask the hub's operator")
        }
        AlertDescription::UnknownCA => Said::new(
            "证书不是该市级平台签发的，请核对连接地址和证书文件",
            "another authority issued it: check the hub's address and the certificate file",
        ),
        AlertDescription::CertificateUnknown | AlertDescription::AccessDenied => Said::new(
            "证书未写明该市级平台的下级平台，请向市级平台管理员重新申请",
            "it names no platform of that hub: have the hub's operator issue it again",
        ),
        AlertDescription::BadCertificate
        | AlertDescription::UnsupportedCertificate
        | AlertDescription::DecryptError => Said::new(
            "证书无法使用，请向市级平台管理员重新申请",
            "it cannot be used: have the hub's operator issue it again",
        ),
        _ => return None,
    };
    Some(remedy)
}

// === impl IdentityFault ===

impl IdentityFault {
    /// What a person should do about it.
    pub fn remedy(&self) -> Said {
        match self {
            IdentityFault::ClientRefused { remedy, .. } => remedy.clone(),
            IdentityFault::ServerUntrusted { .. } => Said::new(
                "请核对市级平台的地址、名称、本机时钟和根证书文件；如仍不符，请联系市级平台管理员，切勿绕过",
                "check the hub's address and name, this machine's clock and the \
                 authority's file; if they are right, ask the hub's operator and do not go \
                 around it",
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn alerts_about_certificates_are_faults_of_identity_and_others_are_not() {
        let heard = |alert| identity_fault(&io::Error::other(rustls::Error::AlertReceived(alert)));
        let fault = heard(AlertDescription::CertificateExpired).unwrap();
        assert!(fault.to_string().contains("CertificateExpired"));
        assert!(fault.remedy().zh.contains("过期") && fault.remedy().en.contains("expired"));
        assert_eq!(heard(AlertDescription::InternalError), None);
        assert_eq!(identity_fault(&io::Error::from(io::ErrorKind::ConnectionReset)), None);
    }

    #[test]
    fn a_server_name_is_a_dns_name_or_an_address() {
        assert!(server_name("hub.changzhou.example").is_ok());
        assert!(server_name("127.0.0.1").is_ok());
        let refused = server_name("hub:4443").unwrap_err().to_string();
        assert!(refused.contains("hub:4443"), "{refused}");
    }
}
