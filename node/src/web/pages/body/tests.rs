//! Bodies by their titles, and what of them is shown.

use prost::Message as _;
use sanheyi_exchange_spec::dictionary::sample;
use sanheyi_exchange_spec::entry::{Body, Header, Operation};
use sanheyi_exchange_spec::suite::{Digest, Salt};
use sanheyi_proto::standard::v1::{Complainant, Complaint, ComplaintWay};

use super::*;
use crate::tests::{DATASET, MORNING};

fn whole(dataset: &str, body: Option<Vec<u8>>) -> Whole {
    let digest = Digest::new([1; 32]);
    let header = Header {
        dataset: dataset.parse().unwrap(),
        record: "r-1".parse().unwrap(),
        revision: 1,
        follows: None,
        custody_epoch: 1,
        operation: Operation::Put,
        standard: 1,
        occurred: MORNING,
        recorded: MORNING,
        body_digest: digest,
    };
    let body = body.map(|bytes| Body { salt: Salt([0; 16]), bytes: bytes.into() });
    Whole { header_bytes: Vec::new(), header, digest, body }
}

fn text(lang: Lang, whole: &Whole, masks: Masks) -> String {
    shown(lang, whole, masks).into_string()
}

#[test]
fn the_standard_of_this_build_can_be_read() {
    assert!(DICTIONARY.is_some());
}

#[test]
fn fields_have_their_titles_codes_their_names_and_people_their_masks() {
    let complaint = Complaint {
        title: "班车拒载 <script>".into(),
        way: ComplaintWay::Hotline.into(),
        received_at: MORNING.as_micros(),
        complainant: Some(Complainant {
            name: "王建国".into(),
            phone: "13961480217".into(),
            ..Default::default()
        }),
        ..Complaint::default()
    };
    let whole = whole(DATASET, Some(complaint.encode_to_vec()));
    assert!(has_personal(&whole));
    let zh = text(Lang::Zh, &whole, Masks::On);
    for there in [
        "投诉标题",
        "班车拒载 &lt;script&gt;",
        "投诉人姓名或名称",
        "王**",
        "*******0217",
        "2010-11-23 08:00:00",
    ] {
        assert!(zh.contains(there), "{there}: {zh}");
    }
    assert!(!zh.contains("王建国") && !zh.contains("1396148"));
    let en = text(Lang::En, &whole, Masks::Off);
    for there in ["title of the complaint", "王建国", "13961480217"] {
        assert!(en.contains(there), "{there}: {en}");
    }
    assert!(!en.contains("COMPLAINT_WAY_HOTLINE"), "codes have names: {en}");
}

#[test]
fn every_dataset_is_shown_and_none_shows_what_is_personal() {
    for dataset in &DICTIONARY.as_ref().unwrap().datasets {
        let whole = whole(dataset.info.name, Some(sample::body(dataset)));
        for lang in [Lang::Zh, Lang::En] {
            let text = text(lang, &whole, Masks::On);
            assert!(text.contains("<dl"), "{}: {text}", dataset.info.name);
        }
    }
}

#[test]
fn what_is_erased_strange_or_the_exchanges_own_is_said_so() {
    assert!(text(Lang::Zh, &whole(DATASET, None), Masks::On).contains("已由作者删除"));
    assert!(!has_personal(&whole(DATASET, None)));
    let strange = whole("future.thing", Some(vec![1, 2, 3]));
    assert!(text(Lang::Zh, &strange, Masks::Off).contains("不认识此数据集"));
    let own = whole("exchange.heartbeat", Some(vec![1]));
    assert!(text(Lang::Zh, &own, Masks::Off).contains("交换自身"));
    let broken = whole(DATASET, Some(vec![0xff]));
    assert!(text(Lang::Zh, &broken, Masks::Off).contains("无法按标准解读"));
    let mut unknown = Complaint::default().encode_to_vec();
    prost::encoding::encode_key(1000, prost::encoding::WireType::Varint, &mut unknown);
    unknown.push(7);
    assert!(text(Lang::Zh, &whole(DATASET, Some(unknown)), Masks::On).contains("不认识的字段"));
}
