//! Sockets that keep next to nothing unsent. What is handed to the system can be overtaken by
//! nothing; what waits in this process can: HTTP/2 sends the frames of all its calls in turn. So an
//! urgent entry does not wait behind the bulk that is on its way, but behind some packets of it.

use std::io;

use tokio::net::TcpStream;

/// Bytes that the system may hold which it has not sent yet: some packets, so that a line never
/// runs dry. What was sent and not yet confirmed comes on top, and is as much as the line needs.
pub const UNSENT_BYTES: u32 = 16 * 1024;

/// Makes a connection send what it is given at once, and take no more than it can send.
///
/// # Errors
/// If the system does not let it.
pub fn keep_little_unsent(tcp: &TcpStream) -> io::Result<()> {
    tcp.set_nodelay(true)?;
    #[cfg(target_os = "linux")]
    socket2::SockRef::from(tcp).set_tcp_notsent_lowat(UNSENT_BYTES)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use tokio::net::TcpListener;

    use super::*;

    #[tokio::test]
    async fn a_connection_has_no_delay_and_the_bound() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let tcp = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
        keep_little_unsent(&tcp).unwrap();
        assert!(tcp.nodelay().unwrap());
        #[cfg(target_os = "linux")]
        assert_eq!(socket2::SockRef::from(&tcp).tcp_notsent_lowat().unwrap(), UNSENT_BYTES);
    }
}
