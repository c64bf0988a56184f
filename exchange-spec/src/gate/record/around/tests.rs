use sanheyi_proto::standard::v1::{Limit, PaperType, RequestedMaterial};

use super::*;
use crate::gate::record::tests::rules;

fn of_suspension(kind: SuspensionKind, change: impl FnOnce(&mut Suspension)) -> Vec<String> {
    let mut body = Suspension {
        family: CaseFamily::Permit.into(),
        kind: kind.into(),
        informed_at: Some(1),
        ..Suspension::default()
    };
    match kind {
        SuspensionKind::Correction => body.materials = vec![RequestedMaterial::default()],
        SuspensionKind::Extension => {
            body.extension = Some(Limit::default());
            body.approver = "王建国".into();
            body.approver_level = ExtensionApprover::Head.into();
        }
        _ => {}
    }
    change(&mut body);
    rules(|out| suspension(&body, out))
}

const KINDS: [SuspensionKind; 9] = [
    SuspensionKind::Correction,
    SuspensionKind::Hearing,
    SuspensionKind::Inspection,
    SuspensionKind::Appraisal,
    SuspensionKind::ExpertReview,
    SuspensionKind::Tender,
    SuspensionKind::Extension,
    SuspensionKind::Pause,
    SuspensionKind::Other,
];

#[test]
fn suspensions_in_order_are_silent() {
    for kind in KINDS {
        assert_eq!(of_suspension(kind, |_| ()), [""; 0], "{kind:?}");
    }
}

#[test]
fn an_extension_and_nothing_else_has_a_limit() {
    let expected = ["error extension record.extension_limit"];
    for kind in KINDS {
        let found = of_suspension(kind, |one| {
            one.extension = if one.extension.is_some() { None } else { Some(Limit::default()) };
        });
        assert_eq!(found, expected, "{kind:?}");
    }
}

#[test]
fn an_extension_is_approved() {
    let kind = SuspensionKind::Extension;
    let level = of_suspension(kind, |one| one.approver_level = 0);
    assert_eq!(level, ["error approver_level record.extension_approver"]);
    let name = of_suspension(kind, |one| one.approver.clear());
    assert_eq!(name, ["error approver record.extension_approver"]);
}

#[test]
fn a_correction_and_nothing_else_asks_for_materials() {
    let expected = ["error materials record.correction_materials"];
    let none = of_suspension(SuspensionKind::Correction, |one| one.materials.clear());
    assert_eq!(none, expected);
    let some = of_suspension(SuspensionKind::Hearing, |one| {
        one.materials.push(RequestedMaterial::default());
    });
    assert_eq!(some, expected);
}

#[test]
fn the_applicant_is_told() {
    for kind in KINDS {
        let silent = matches!(kind, SuspensionKind::Pause | SuspensionKind::Other);
        let found = of_suspension(kind, |one| one.informed_at = None);
        let expected = "warning informed_at record.applicant_informed";
        assert_eq!(found, vec![expected; usize::from(!silent)], "{kind:?}");
        let penalty = of_suspension(kind, |one| {
            one.informed_at = None;
            one.family = CaseFamily::Penalty.into();
        });
        assert_eq!(penalty, [""; 0], "{kind:?}");
    }
}

fn of_document(family: CaseFamily, kind: DocumentKind, number: &str) -> Vec<String> {
    let number = number.into();
    let body = Document { family: family.into(), kind: kind.into(), number, ..Document::default() };
    rules(|out| document(&body, out))
}

#[test]
fn documents_are_those_of_their_family() {
    let expected = ["error kind record.document_family"];
    for (kind, permit, penalty) in [
        (DocumentKind::Acceptance, true, false),
        (DocumentKind::PermitDecision, true, false),
        (DocumentKind::Filing, false, true),
        (DocumentKind::PenaltyDecision, false, true),
        (DocumentKind::Hearing, true, true),
        (DocumentKind::DeliveryReceipt, true, true),
        (DocumentKind::Other, true, true),
    ] {
        for (family, fits) in [(CaseFamily::Permit, permit), (CaseFamily::Penalty, penalty)] {
            let found = of_document(family, kind, "1");
            if fits {
                assert_eq!(found, [""; 0], "{kind:?}");
            } else {
                assert_eq!(found, expected, "{kind:?}");
            }
        }
    }
}

#[test]
fn decisions_are_numbered() {
    let expected = ["warning number record.document_number"];
    let (permit, penalty) = (CaseFamily::Permit, CaseFamily::Penalty);
    assert_eq!(of_document(permit, DocumentKind::RefusalDecision, ""), expected);
    assert_eq!(of_document(penalty, DocumentKind::PenaltyDecision, " "), expected);
    assert_eq!(of_document(penalty, DocumentKind::PenaltyDecision, "1"), [""; 0]);
    assert_eq!(of_document(permit, DocumentKind::Acceptance, ""), [""; 0]);
}

fn of_delivery(way: DeliveryWay, change: impl FnOnce(&mut Delivery)) -> Vec<String> {
    let mut body = Delivery {
        way: way.into(),
        receiver_name: "周小明".into(),
        receiver_paper_type: PaperType::CitizenCard.into(),
        receiver_paper_number: "11010519491231002X".into(),
        witness: "吴卫东".into(),
        tracking_no: "EX000000000CN".into(),
        ..Delivery::default()
    };
    change(&mut body);
    rules(|out| delivery(&body, out))
}

#[test]
fn what_is_handed_over_is_signed_for() {
    let expected = ["error receiver_name record.delivery_receiver"];
    for (way, fires) in [
        (DeliveryWay::Direct, true),
        (DeliveryWay::Collected, true),
        (DeliveryWay::Left, false),
        (DeliveryWay::Post, false),
        (DeliveryWay::Notice, false),
    ] {
        assert_eq!(of_delivery(way, |_| ()), [""; 0], "{way:?}");
        let found = of_delivery(way, |one| one.receiver_name.clear());
        if fires {
            assert_eq!(found, expected, "{way:?}");
        } else {
            assert_eq!(found, [""; 0], "{way:?}");
        }
    }
}

#[test]
fn what_is_left_behind_is_witnessed() {
    let found = |way| of_delivery(way, |one| one.witness.clear());
    assert_eq!(found(DeliveryWay::Left), ["warning witness record.delivery_witness"]);
    assert_eq!(found(DeliveryWay::Direct), [""; 0]);
}

#[test]
fn what_is_posted_can_be_tracked() {
    let found = |way| of_delivery(way, |one| one.tracking_no.clear());
    assert_eq!(found(DeliveryWay::Post), ["warning tracking_no record.delivery_tracking"]);
    assert_eq!(found(DeliveryWay::Electronic), [""; 0]);
}

#[test]
fn the_receivers_paper_is_looked_at() {
    let number = |text: &str| {
        of_delivery(DeliveryWay::Direct, |one| one.receiver_paper_number = text.into())
    };
    assert_eq!(number(""), ["error receiver_paper_number record.paper_pair"]);
    assert_eq!(number("00000"), ["error receiver_paper_number record.paper_number"]);
}

#[test]
fn a_response_has_its_time() {
    let found = |response: &str, responded_at| {
        let response = response.into();
        let body = Evaluation { response, responded_at, ..Evaluation::default() };
        rules(|out| evaluation(&body, out))
    };
    assert_eq!(found("", None), [""; 0]);
    assert_eq!(found("已改正", Some(1)), [""; 0]);
    assert_eq!(found("已改正", None), ["error responded_at record.evaluation_response"]);
    assert_eq!(found(" ", Some(1)), ["error response record.evaluation_response"]);
}
