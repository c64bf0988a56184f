//! The flows (流程): which steps a case of each kind takes, at which posts.

use sanheyi_proto::standard::v1::{PenaltyPhase, PowerKind, SuspensionKind};

use self::Post::{Head, Legal, Office, Window};

/// A post (岗位) along the flow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Post {
    /// The department's window in the service hall.
    Window,
    /// The office that handles the matter.
    Office,
    /// The legal office.
    Legal,
    /// The head of the department.
    Head,
}

impl Post {
    /// Name of the office.
    pub(super) fn office(self) -> &'static str {
        match self {
            Window => "行政服务中心窗口",
            Office => "业务科",
            Legal => "法制科",
            Head => "局领导",
        }
    }

    /// Code of the post in its organisation.
    pub(super) fn code(self) -> &'static str {
        match self {
            Window => "CK01",
            Office => "YW01",
            Legal => "FZ01",
            Head => "LD01",
        }
    }

    /// Name of the post.
    pub(super) fn title(self) -> &'static str {
        match self {
            Window => "窗口受理岗",
            Office => "承办岗",
            Legal => "法制审核岗",
            Head => "决定岗",
        }
    }

    /// What whoever sits there has to do.
    pub(super) fn duties(self) -> &'static str {
        match self {
            Window => "一次告知、当场受理、送达决定。",
            Office => "核实材料和现场情况，提出拟办意见。",
            Legal => "审核依据、程序和裁量。",
            Head => "在法定权限内作出决定。",
        }
    }
}

/// A stage of a flow, from which the steps of the cases are made.
#[derive(Debug)]
pub(super) struct Stage {
    /// Two letters that name it within the flow.
    pub(super) id: &'static str,
    pub(super) name: &'static str,
    pub(super) post: Post,
    /// Part of the promise that it takes, in per cent; 0 = the clock does not run in it.
    pub(super) share: u32,
    /// What is written when it ends well.
    pub(super) note: &'static str,
}

const fn stage(
    id: &'static str,
    name: &'static str,
    post: Post,
    share: u32,
    note: &'static str,
) -> Stage {
    Stage { id, name, post, share, note }
}

static PERMIT: [Stage; 5] = [
    stage("SL", "受理", Window, 10, "材料齐全，符合法定形式，予以受理。"),
    stage("SC", "审查", Office, 45, "经审查，申请材料真实有效，拟同意。"),
    stage("SH", "审核", Legal, 25, "依据、程序适当，同意上报。"),
    stage("JD", "决定", Head, 20, "准予许可。"),
    stage("SD", "送达", Window, 0, "决定书已送达申请人签收。"),
];
static APPROVAL: [Stage; 4] = [
    stage("SL", "受理", Window, 10, "材料齐全，予以受理。"),
    stage("SH", "审核", Office, 60, "经审核，符合规定条件，拟同意。"),
    stage("JD", "决定", Head, 30, "同意。"),
    stage("SD", "送达", Window, 0, "批复已送达申请单位。"),
];
static PENALTY: [Stage; 5] = [
    stage("LA", "立案", Office, 8, "有违法事实线索，属本机关管辖，予以立案。"),
    stage("DC", "调查", Office, 50, "两名执法人员调查终结，事实清楚，证据确凿。"),
    stage("GZ", "告知", Legal, 20, "已告知拟处罚的事实、理由、依据和陈述申辩权利。"),
    stage("JD", "决定", Head, 22, "经审议，依裁量基准给予行政处罚。"),
    stage("SD", "送达", Office, 0, "处罚决定书已送达当事人。"),
];
static MEASURE: [Stage; 3] = [
    stage("SP", "审批", Head, 10, "情况紧急，批准采取强制措施。"),
    stage("SS", "实施", Office, 75, "两名执法人员现场实施，制作现场笔录。"),
    stage("CL", "处理", Legal, 15, "查清事实，依法作出处理决定。"),
];
static LEVY: [Stage; 3] = [
    stage("HD", "核定", Office, 50, "已按标准核定应缴数额。"),
    stage("FH", "复核", Legal, 30, "计算无误。"),
    stage("ZJ", "征缴", Window, 20, "款项已缴入国库，票据已开具。"),
];
static CONFIRMATION: [Stage; 3] = [
    stage("SL", "受理", Window, 20, "材料齐全，予以受理。"),
    stage("SH", "审核", Office, 55, "经核实，情况属实。"),
    stage("QR", "确认", Head, 25, "予以确认。"),
];
static PAYMENT: [Stage; 4] = [
    stage("SL", "受理", Window, 10, "材料齐全，予以受理。"),
    stage("HS", "核实", Office, 55, "入户调查核实，符合给付条件。"),
    stage("SP", "审批", Head, 35, "同意给付。"),
    stage("FF", "发放", Window, 0, "款项已发放至申请人账户。"),
];
static REWARD: [Stage; 3] = [
    stage("SL", "受理", Window, 10, "申报材料齐全，予以受理。"),
    stage("PS", "评审", Office, 60, "经评审，符合奖励条件。"),
    stage("JD", "决定", Head, 30, "公示期满无异议，决定给予奖励。"),
];
static ADJUDICATION: [Stage; 4] = [
    stage("SL", "受理", Legal, 10, "属本机关裁决范围，予以受理。"),
    stage("SX", "审理", Office, 60, "双方举证、质证完毕，事实已查明。"),
    stage("CJ", "裁决", Head, 30, "依法作出裁决。"),
    stage("SD", "送达", Legal, 0, "裁决书已送达双方当事人。"),
];
static INSPECTION: [Stage; 3] = [
    stage("PC", "派出", Head, 15, "按年度检查计划派出检查人员。"),
    stage("JC", "现场检查", Office, 60, "两名检查人员现场检查，制作检查记录。"),
    stage("FK", "结果反馈", Office, 25, "检查结果已书面反馈被检查单位。"),
];
static OTHER: [Stage; 3] = [
    stage("SL", "受理", Window, 20, "材料齐全，予以受理。"),
    stage("SH", "审核", Office, 60, "经审核，符合规定。"),
    stage("BJ", "办结", Head, 20, "同意，办结。"),
];

/// The applicant has to complete the papers.
pub(super) static CORRECTION: Stage = stage("BZ", "补正", Window, 0, "申请人已按告知书补齐材料。");
/// What a case may have to wait for, with the clock stopped; the last only upon an application.
pub(super) static SUSPENSIONS: [Stage; 3] = [
    stage("TZ", "特别程序（听证）", Legal, 0, "听证结束，笔录已归档。"),
    stage("TJ", "特别程序（检验检测）", Office, 0, "检验检测报告已收到。"),
    stage("TP", "特别程序（专家评审）", Office, 0, "专家评审意见已收到。"),
];

/// The stages of a kind, in order.
pub(super) fn stages(kind: PowerKind) -> &'static [Stage] {
    match kind {
        PowerKind::Xk => &PERMIT,
        PowerKind::Sp => &APPROVAL,
        PowerKind::Cf => &PENALTY,
        PowerKind::Qz | PowerKind::Zy => &MEASURE,
        PowerKind::Zs => &LEVY,
        PowerKind::Qr => &CONFIRMATION,
        PowerKind::Gf => &PAYMENT,
        PowerKind::Jl => &REWARD,
        PowerKind::Cj => &ADJUDICATION,
        PowerKind::Jc => &INSPECTION,
        PowerKind::Qt | PowerKind::Unspecified => &OTHER,
    }
}

/// Why the clock stops in a stage; nothing of a stage that is no suspension.
pub(super) fn suspension(stage: &Stage) -> Option<SuspensionKind> {
    match stage.id {
        "BZ" => Some(SuspensionKind::Correction),
        "TZ" => Some(SuspensionKind::Hearing),
        "TJ" => Some(SuspensionKind::Inspection),
        "TP" => Some(SuspensionKind::ExpertReview),
        _ => None,
    }
}

/// The phase of a penalty case in which a stage lies.
pub(super) fn phase(stage: &Stage) -> PenaltyPhase {
    match stage.id {
        "LA" => PenaltyPhase::Filed,
        "GZ" | "TZ" => PenaltyPhase::Defence,
        "JD" => PenaltyPhase::Approval,
        "SD" => PenaltyPhase::Execution,
        _ => PenaltyPhase::Investigation,
    }
}

/// Whether cases of the kind begin with an application; the others are begun by the office.
pub(super) fn is_applied_for(kind: PowerKind) -> bool {
    !matches!(kind, PowerKind::Cf | PowerKind::Qz | PowerKind::Zs | PowerKind::Jc | PowerKind::Zy)
}

/// Position of the stage that decides: the last that the clock runs in.
pub(super) fn deciding(stages: &[Stage]) -> usize {
    stages.iter().rposition(|stage| stage.share > 0).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shares_of_a_flow_are_the_whole_promise() {
        for number in 1..=12 {
            let stages = stages(PowerKind::try_from(number).unwrap());
            assert_eq!(stages.iter().map(|stage| stage.share).sum::<u32>(), 100, "{stages:?}");
        }
    }
}
