//! What every process tells of its health, and what a branch tells of its work.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use sanheyi_exchange_spec::health::LinkState;
use sanheyi_exchange_spec::time::Timestamp;
use tokio::sync::watch;

use super::super::{LinkStanding, Standing, VERSION};
use super::{Metric, Samples, Source};
use crate::branch::Stages;
use crate::metrics;
use crate::process::clock::Clock;
use crate::upkeep::room::Room;

metrics! { OF_STANDING:
    BUILD = "sanheyi_build_info", Gauge, ["version"], "程序版本，恒为 1", "version of the program, always 1";
    STARTED = "sanheyi_start_time_seconds", Gauge, [], "进程启动时刻（1970 年起的秒数）", "when the process started, in seconds since 1970";
    LOOKED = "sanheyi_look_age_seconds", Gauge, [], "距看门狗上一次查看的秒数", "seconds since the watchdog last looked";
    READY = "sanheyi_ready", Gauge, [], "就绪为 1，否则为 0", "1 if the process takes work, else 0";
    ALERT = "sanheyi_alert", Gauge, ["name", "subject", "severity"], "当前告警，每条为 1；结束后不再出现", "what is wrong now, 1 each; gone when it has ended";
    LINK_STATE = "sanheyi_link_state", Gauge, ["platform", "state"], "链路所处状态为 1，其余为 0", "1 for the state that a link is in, 0 for the others";
    LINK_BACKLOG = "sanheyi_link_backlog_entries", Gauge, ["platform"], "对方尚未确认的条目数", "entries that the other side has not acknowledged";
    LINK_ELDEST = "sanheyi_link_eldest_age_seconds", Gauge, ["platform"], "最早一条未确认条目已等待的秒数", "how long the eldest entry that is not acknowledged waits";
    LINK_UNJUDGED = "sanheyi_link_unjudged_entries", Gauge, ["platform"], "已入库而未判的条目数", "entries that are stored and not judged";
    LINK_HEARD = "sanheyi_link_heard_age_seconds", Gauge, ["platform"], "距对方最近一次应答的秒数", "seconds since the other side was last heard";
    LINK_BEAT = "sanheyi_link_heartbeat_age_seconds", Gauge, ["platform"], "距对方最近一次心跳的秒数", "seconds since the last heartbeat of the other side";
    LINK_SKEW = "sanheyi_link_clock_skew_seconds", Gauge, ["platform"], "对方时钟减本机时钟", "the other side's clock less ours";
    LINK_SENT = "sanheyi_link_sent_bytes_total", Counter, ["platform"], "线路上发送的字节数", "bytes sent, as on the wire";
    LINK_RECEIVED = "sanheyi_link_received_bytes_total", Counter, ["platform"], "线路上接收的字节数", "bytes received, as on the wire";
    DISK_FREE = "sanheyi_disk_free_bytes", Gauge, [], "数据目录所在磁盘的剩余字节数", "bytes free on the disk of the data folder";
    DISK_TOTAL = "sanheyi_disk_total_bytes", Gauge, [], "数据目录所在磁盘的总字节数", "bytes of the disk of the data folder";
    CERTIFICATE = "sanheyi_certificate_remaining_days", Gauge, [], "本进程证书距到期的天数，过期后为负", "days until the process's certificate ends, below 0 after it";
}

metrics! { OF_BRANCH:
    APPENDED = "sanheyi_entries_appended_total", Counter, [], "已写入本平台日志的条目数", "entries appended to the platform's journals";
    GROUPS = "sanheyi_groups_committed_total", Counter, [], "写入任务提交的批数", "groups that the writer has committed";
    STAGE = "sanheyi_stage_seconds_total", Counter, ["stage"], "写入任务各阶段所用秒数", "seconds of the writer by stage";
    COMMIT = "sanheyi_commit_seconds", Histogram, [], "每批提交（落盘）用时", "how long the commit of a group takes, until it is durable";
}

/// What every process tells.
pub struct StandingMetrics {
    /// What its watchdog sees.
    pub standing: watch::Receiver<Arc<Standing>>,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// The disk of its data.
    pub room: Option<Arc<Room>>,
    /// When its certificate ends, where it has one.
    pub certificate_ends: Box<dyn Fn() -> Option<Timestamp> + Send + Sync>,
    /// Name and version of its program.
    pub version: &'static str,
}

/// What a branch tells.
pub struct BranchMetrics(pub Arc<Stages>);

// === impl StandingMetrics ===

impl StandingMetrics {
    /// Its list, as documents have it.
    pub const METRICS: &'static [Metric] = OF_STANDING;

    /// Of a standing, for a process without more to tell.
    pub fn new(standing: watch::Receiver<Arc<Standing>>, clock: Arc<dyn Clock>) -> Self {
        Self { standing, clock, room: None, certificate_ends: Box::new(|| None), version: VERSION }
    }
}

fn seconds(micros: i64) -> f64 {
    micros as f64 / 1e6
}

fn of_link(link: &LinkStanding, now: Timestamp, into: &mut Samples) {
    let facts = &link.facts;
    let platform = facts.platform.as_str();
    for word in LinkState::WORDS {
        let is = word == link.state.as_str();
        into.put(LINK_STATE, &[platform, word], f64::from(u8::from(is)));
    }
    into.put(LINK_BACKLOG, &[platform], link.backlog() as f64);
    let eldest = facts.lanes.iter().filter_map(|lane| lane.eldest).min();
    let ages = [
        (LINK_ELDEST, eldest),
        (LINK_HEARD, facts.heard),
        (LINK_BEAT, link.beat.as_ref().map(|(_, came)| *came)),
    ];
    for (metric, at) in ages {
        if let Some(at) = at {
            into.put(metric, &[platform], seconds(now.micros_since(at)));
        }
    }
    into.put(LINK_UNJUDGED, &[platform], link.unjudged as f64);
    into.put(LINK_SKEW, &[platform], seconds(facts.skew));
    into.put(LINK_SENT, &[platform], link.sent as f64);
    into.put(LINK_RECEIVED, &[platform], link.received as f64);
}

impl Source for StandingMetrics {
    fn metrics(&self) -> &'static [Metric] {
        OF_STANDING
    }

    fn samples(&self, into: &mut Samples) {
        let now = self.clock.now();
        let standing = Arc::clone(&self.standing.borrow());
        into.put(BUILD, &[self.version], 1.0);
        into.put(STARTED, &[], seconds(standing.started.as_micros()));
        into.put(LOOKED, &[], seconds(now.micros_since(standing.at)));
        into.put(READY, &[], f64::from(u8::from(standing.ready)));
        for one in &standing.findings {
            into.put(ALERT, &[one.name, &one.subject, one.severity.as_str()], 1.0);
        }
        for link in &standing.links {
            of_link(link, now, into);
        }
        if let Some(seen) = self.room.as_ref().and_then(|room| room.look()) {
            into.put(DISK_FREE, &[], seen.space.free_bytes as f64);
            into.put(DISK_TOTAL, &[], seen.space.total_bytes as f64);
        }
        if let Some(ends) = (self.certificate_ends)() {
            into.put(CERTIFICATE, &[], seconds(ends.micros_since(now)) / 86_400.0);
        }
    }
}

// === impl BranchMetrics ===

impl BranchMetrics {
    /// Its list, as documents have it.
    pub const METRICS: &'static [Metric] = OF_BRANCH;
}

impl Source for BranchMetrics {
    fn metrics(&self) -> &'static [Metric] {
        OF_BRANCH
    }

    fn samples(&self, into: &mut Samples) {
        let stages = &self.0;
        let read = |number: &AtomicU64| number.load(Ordering::Relaxed) as f64;
        into.put(APPENDED, &[], read(&stages.entries));
        into.put(GROUPS, &[], read(&stages.groups));
        for (stage, micros) in [
            ("check", &stages.check),
            ("decide", &stages.decide),
            ("seal", &stages.seal),
            ("pack", &stages.pack),
            ("write", &stages.write),
            ("commit", &stages.commit),
        ] {
            into.put(STAGE, &[stage], read(micros) / 1e6);
        }
        into.put_spread(COMMIT, stages.commits.read());
    }
}
