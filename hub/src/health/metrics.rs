//! What a hub tells of its work, beside what every process tells of its health.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use sanheyi_node::health::metrics::{Metric, Samples, Source};
use sanheyi_node::metrics;
use sanheyi_node::process::meter::Meter;

use crate::exchange::Stages;

metrics! { OF_HUB:
    ADMITTED = "sanheyi_entries_admitted_total", Counter, [], "已入库的条目数", "entries admitted";
    JUDGED = "sanheyi_entries_judged_total", Counter, ["verdict"], "闸口首次裁定的条目数，按结论", "entries judged for the first time, by verdict";
    STAGE = "sanheyi_hub_stage_seconds_total", Counter, ["stage"], "接收与闸口各阶段所用秒数", "seconds of admission and gate by stage";
    SETTLE = "sanheyi_gate_settle_seconds", Histogram, [], "闸口每批裁定落盘用时", "how long the verdicts of a range take until they are durable";
    RECEIVED = "sanheyi_line_received_bytes_total", Counter, [], "全部线路接收的字节数", "bytes received on all lines, as on the wire";
    SENT = "sanheyi_line_sent_bytes_total", Counter, [], "全部线路发送的字节数", "bytes sent on all lines, as on the wire";
}

/// What a hub tells.
pub struct HubMetrics {
    /// Admission and gate.
    pub stages: Arc<Stages>,
    /// All lines.
    pub meter: Arc<Meter>,
}

impl HubMetrics {
    /// Its list, as documents have it.
    pub const METRICS: &'static [Metric] = OF_HUB;
}

impl Source for HubMetrics {
    fn metrics(&self) -> &'static [Metric] {
        OF_HUB
    }

    fn samples(&self, into: &mut Samples) {
        let stages = &self.stages;
        let read = |number: &AtomicU64| number.load(Ordering::Relaxed);
        into.put(ADMITTED, &[], read(&stages.admitted) as f64);
        let (quarantined, pending) = (read(&stages.quarantined), read(&stages.pending));
        let accepted = read(&stages.judged).saturating_sub(quarantined + pending);
        for (verdict, count) in
            [("accepted", accepted), ("quarantined", quarantined), ("pending", pending)]
        {
            into.put(JUDGED, &[verdict], count as f64);
        }
        for (stage, micros) in [
            ("open", &stages.open),
            ("admit", &stages.admit),
            ("judge", &stages.judge),
            ("settle", &stages.settle),
        ] {
            into.put(STAGE, &[stage], read(micros) as f64 / 1e6);
        }
        into.put_spread(SETTLE, stages.settles.read());
        into.put(RECEIVED, &[], self.meter.received() as f64);
        into.put(SENT, &[], self.meter.sent() as f64);
    }
}
