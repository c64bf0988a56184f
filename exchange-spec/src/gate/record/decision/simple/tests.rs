use sanheyi_proto::standard::v1::{Amount, AmountUnit};

use super::super::tests::of_decision;
use super::*;
use crate::calendar;
use crate::time::Timestamp;

fn of_simple(kind: TargetType, yuan: &str, decided_at: i64) -> Vec<String> {
    of_decision(|one| {
        one.procedure = PenaltyProcedure::Simple.into();
        one.last_step = 0;
        one.target.get_or_insert_default().r#type = kind.into();
        one.fine = Some(Amount { value: yuan.into(), unit: AmountUnit::Yuan.into() });
        one.decided_at = decided_at;
    })
}

#[test]
fn fines_on_the_spot_stay_below_the_ceiling_of_their_day() {
    let day = calendar::date_of(Timestamp::from_micros(ACT_OF_2021)).to_string();
    assert_eq!(day, "2021-07-15");
    let expected = ["warning fine record.on_the_spot"];
    for (kind, at, most) in [
        (TargetType::Person, ACT_OF_2021 - 1, SPOT_1996.0),
        (TargetType::Organisation, ACT_OF_2021 - 1, SPOT_1996.1),
        (TargetType::Person, ACT_OF_2021, SPOT_2021.0),
        (TargetType::Organisation, ACT_OF_2021, SPOT_2021.1),
    ] {
        assert_eq!(of_simple(kind, &most.to_string(), at), [""; 0], "{kind:?} {most}");
        assert_eq!(of_simple(kind, &format!("{most}.01"), at), expected, "{kind:?} {most}");
    }
}

#[test]
fn a_heavy_fine_is_no_matter_for_the_simple_procedure() {
    let spot = "warning fine record.on_the_spot";
    let found = |yuan: &str| of_simple(TargetType::Organisation, yuan, ACT_OF_2021);
    assert_eq!(found(&WEIGHTY_YUAN.to_string()), [spot]);
    let expected = ["warning procedure record.simple_fine", spot];
    assert_eq!(found(&format!("{WEIGHTY_YUAN}.01")), expected);
    let ordinary = of_decision(|one| {
        one.fine = Some(Amount { value: "1".into(), unit: AmountUnit::WanYuan.into() });
    });
    assert_eq!(ordinary, [""; 0]);
}

#[test]
fn the_simple_procedure_knows_warnings_and_fines() {
    let found = |class: PenaltyKind| {
        of_decision(|one| {
            one.procedure = PenaltyProcedure::Simple.into();
            one.classes.push(class.into());
        })
    };
    assert_eq!(found(PenaltyKind::Warning), [""; 0]);
    let expected = ["warning classes[1] record.simple_class"];
    assert_eq!(found(PenaltyKind::Criticism), expected);
    assert_eq!(found(PenaltyKind::Closure), expected);
}
