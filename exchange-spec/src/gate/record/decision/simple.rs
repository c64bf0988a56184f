//! The simple procedure (简易程序): on the spot, for little. That it was used for more is a warning:
//! some laws allow more.

#[cfg(test)]
mod tests;

use rust_decimal::Decimal;
use sanheyi_proto::standard::v1::{Decision, PenaltyKind, PenaltyProcedure, TargetType};

use super::fine;
use crate::reason::Findings;

/// Rule A028 of 2015: from above this many yuan a simple procedure is a matter of weight.
const WEIGHTY_YUAN: u32 = 5_000;
/// 2021-07-15, 00:00 in Beijing: 行政处罚法 of 2021 is in force.
const ACT_OF_2021: i64 = 1_626_278_400_000_000;
/// Most yuan on the spot by article 33 of 1996: of a person, of an organisation.
const SPOT_1996: (u32, u32) = (50, 1_000);
/// The same by article 51 of 2021.
const SPOT_2021: (u32, u32) = (200, 3_000);

/// A simple procedure is held against what the act allows on its day.
pub(super) fn simple(decision: &Decision, out: &mut Findings) {
    if decision.procedure() != PenaltyProcedure::Simple {
        return;
    }
    for (index, class) in decision.classes().enumerate() {
        if !matches!(class, PenaltyKind::Warning | PenaltyKind::Fine) {
            out.warning(
                format!("classes[{index}]"),
                "record.simple_class",
                "简易程序只能作出警告或罚款，请核对处罚程序",
                "the simple procedure knows warnings and fines only: look at the procedure again",
            );
        }
    }
    let Some(fine) = fine(decision) else { return };
    if fine > Decimal::from(WEIGHTY_YUAN) {
        out.warning(
            "procedure",
            "record.simple_fine",
            format!("简易程序罚款 {fine} 元，超过 {WEIGHTY_YUAN} 元（重大处罚提醒 A028），请核对处罚程序"),
            format!(
                "a fine of {fine} yuan in the simple procedure, above {WEIGHTY_YUAN} (rule A028): look at the procedure again"
            ),
        );
    }
    let (person, organisation) =
        if decision.decided_at >= ACT_OF_2021 { SPOT_2021 } else { SPOT_1996 };
    let kind = decision.target.as_ref().map(|target| target.r#type());
    let most = if kind == Some(TargetType::Person) { person } else { organisation };
    if fine > Decimal::from(most) {
        out.warning(
            "fine",
            "record.on_the_spot",
            format!("当场罚款 {fine} 元，超过行政处罚法当时规定的 {most} 元，请核对有无其他法律依据"),
            format!(
                "a fine of {fine} yuan on the spot, above the {most} of the act of that day: right only by another law"
            ),
        );
    }
}
