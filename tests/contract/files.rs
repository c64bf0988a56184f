//! The promises about files, on every form of the port.

use sanheyi_exchange_spec::error::Code;
use sanheyi_node::branch::attachment::Held;
use sanheyi_node::store::Way;
use sanheyi_node::uplink::port::{HubPort, PieceAsked};
use sanheyi_tests::files::TestFile;
use sanheyi_tests::fixtures::{COMPLAINT, complaint_no};
use sanheyi_tests::patience::within;
use sanheyi_tests::world::{Foreign, World};

use crate::suite::refused;

pub(crate) async fn a_file_is_taken_behind_its_record_and_given_back<P: HubPort>(
    world: &World,
    mut jintan: Foreign<P>,
    wujin: Foreign<P>,
) {
    jintan.greet().await.unwrap();
    // Long enough for every fate of a piece to be met.
    let file = TestFile::pdf(11, 13 * 256 * 1024 + 7);
    refused(jintan.port.offer_file(file.file.clone()).await, Code::Unavailable);
    let entry = jintan.entry(COMPLAINT, &complaint_no(1), None, file.complaint(1));
    jintan.push(&[entry]).await.unwrap();
    let store = world.hub.store(&jintan.platform);
    within("the gate has seen the entry", async {
        while file.state(&store, Way::Up).await.is_none() {
            tokio::task::yield_now().await;
        }
    })
    .await;
    refused(wujin.port.offer_file(file.file.clone()).await, Code::Unavailable);
    for _ in 0..13 {
        let held = jintan.port.offer_file(file.file.clone()).await.unwrap();
        assert_eq!(held, Held { pieces: 0, whole: false });
    }
    let pieces = file.file.pieces();
    for number in 0..pieces {
        let held = jintan.port.put_piece(file.piece(number)).await.unwrap();
        assert!(held.pieces > number, "a piece that was given is held");
        assert_eq!(held.whole, number + 1 == pieces);
    }
    for (number, piece) in (0..).zip(file.pieces()) {
        let asked = PieceAsked { digest: file.digest(), number };
        assert_eq!(jintan.port.get_piece(asked).await.unwrap(), piece);
        refused(wujin.port.get_piece(asked).await, Code::Unauthorised);
    }
    let beyond = PieceAsked { digest: file.digest(), number: pieces };
    refused(jintan.port.get_piece(beyond).await, Code::Malformed);
    assert!(file.is_in(&store).await);
}
