//! What answers: this process at its ports, and the hub over TCP and TLS.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use sanheyi_exchange_spec::health::Finding;
use tokio::io::AsyncReadExt as _;
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::table;
use crate::process::tls::ClientConfig;
use crate::process::tls::handshake::{connect, identity_fault, server_name};

/// How long an answer of this machine may take.
const HERE: Duration = Duration::from_secs(1);
/// How long the hub may take, at each step.
const THERE: Duration = Duration::from_secs(5);

/// Ports where a process listens: they answer while it runs, and nobody has them while it does not.
pub async fn ports(addresses: &[(&str, SocketAddr)], running: bool) -> Vec<Finding> {
    let mut found = Vec::new();
    for (key, address) in addresses.iter().filter(|(_, address)| address.port() != 0) {
        let mut at = *address;
        match at.ip() {
            IpAddr::V4(ip) if ip.is_unspecified() => at.set_ip(Ipv4Addr::LOCALHOST.into()),
            IpAddr::V6(ip) if ip.is_unspecified() => at.set_ip(Ipv6Addr::LOCALHOST.into()),
            _ => {}
        }
        let answers = matches!(timeout(HERE, TcpStream::connect(at)).await, Ok(Ok(_)));
        let subject = format!("{key} {address}");
        found.extend(match (running, answers) {
            (true, false) => {
                let (zh, en) =
                    ("进程在运行，此端口无应答", "a process runs, and it does not answer");
                Some(Finding::new(&table::PORT_SILENT, subject, zh, en))
            }
            (false, true) => {
                let (zh, en) = (
                    "本服务未运行，却有进程应答",
                    "somebody answers, and this service does not run",
                );
                Some(Finding::new(&table::PORT_TAKEN, subject, zh, en))
            }
            _ => None,
        });
    }
    found
}

/// Whether the hub is reached, shows a certificate that is trusted, and takes ours.
pub async fn hub(address: &str, name: &str, tls: Arc<ClientConfig>) -> Option<Finding> {
    let stream = match timeout(THERE, TcpStream::connect(address)).await {
        Ok(Ok(stream)) => stream,
        Ok(Err(error)) => {
            let (zh, en) = (format!("无法连接：{error}"), format!("no connection: {error}"));
            return Some(Finding::new(&table::HUB_UNREACHABLE, address, zh, en));
        }
        Err(_) => {
            let (zh, en) = ("5 秒内没有应答", "no answer within 5 s");
            return Some(Finding::new(&table::HUB_UNREACHABLE, address, zh, en));
        }
    };
    let failed = |zh: String, en: String| Finding::new(&table::HUB_HANDSHAKE, address, zh, en);
    let server = match server_name(name) {
        Ok(server) => server,
        Err(error) => return Some(failed(error.to_string(), error.to_string())),
    };
    let shaken = async {
        let mut line = connect(tls, server, stream).await?;
        // A refusal of our certificate comes with the first read; a hub speaks first.
        line.read(&mut [0; 1]).await
    };
    let error = match timeout(THERE, shaken).await {
        Ok(Ok(bytes)) if bytes > 0 => return None,
        Ok(Ok(_)) => return Some(failed("对方关闭了连接".into(), "it closed the line".into())),
        Ok(Err(error)) => error,
        Err(_) => return Some(failed("5 秒内没有完成".into(), "not done within 5 s".into())),
    };
    let found = failed(format!("握手失败：{error}"), error.to_string());
    Some(match identity_fault(&error) {
        Some(fault) => {
            let remedy = fault.remedy();
            found.remedied(remedy.zh.to_string(), remedy.en.to_string())
        }
        None => found,
    })
}
