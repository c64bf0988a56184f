//! Where platforms lie on the map. What is known of the ground stands in `hub/data/map.toml`;
//! whoever is not in it gets a free stop of a ring around, so nothing here decides who exists.

use std::sync::LazyLock;

use serde::Deserialize;

/// Least distance between two stops, in units of the map: a name of some characters fits between.
pub const APART: f64 = 84.0;
/// Radii of the first ring.
const RING: (f64, f64) = (238.0, 220.0);
/// By how much the next ring is wider.
const WIDER: f64 = 96.0;
/// The first stop lies a little south of the east, so that its line runs beside those of the ground.
const TILT: f64 = 0.22;
/// Most rings: hundreds of platforms, more than any city has.
const RINGS: u32 = 12;
/// Room around a stop, for half a name above or below it.
const MARGIN: f64 = 62.0;
/// Room beside a stop whose name stands there.
const NAME: f64 = 130.0;
/// Room around a stop where its name does not stand.
const BARE: f64 = 24.0;

/// A point of the map.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Point {
    /// To the east.
    pub x: f64,
    /// To the south.
    pub y: f64,
}

/// Where a name stands beside its stop.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub enum Side {
    /// Above.
    #[serde(rename = "n")]
    North,
    /// To the right.
    #[serde(rename = "e")]
    East,
    /// Below.
    #[serde(rename = "s")]
    South,
    /// To the left.
    #[serde(rename = "w")]
    West,
}

/// How a line goes from the hub.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Bend {
    Straight,
    Diagonal,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Ground {
    hub: Point,
    stop: Vec<Known>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Known {
    platform: String,
    region: String,
    x: f64,
    y: f64,
    label: Side,
    bend: Bend,
}

/// Where one platform lies.
#[derive(Clone, Debug, PartialEq)]
pub struct Placed {
    /// Its stop.
    pub at: Point,
    /// Where its line bends, if it does.
    pub bend: Option<Point>,
    /// Where its name stands.
    pub label: Side,
}

/// The whole map.
#[derive(Clone, Debug, PartialEq)]
pub struct Plan {
    /// The hub.
    pub hub: Point,
    /// The platforms, in the order in which they were asked about.
    pub stops: Vec<Placed>,
    /// West, north, width, height.
    pub frame: [f64; 4],
}

static GROUND: LazyLock<Ground> = LazyLock::new(|| {
    // A test reads the file; were it broken, everybody would stand on the ring.
    toml::from_str(include_str!("../../../data/map.toml"))
        .unwrap_or(Ground { hub: Point { x: 300.0, y: 280.0 }, stop: Vec::new() })
});

/// Lays out platforms, each given by its id and the regions that it answers for.
pub fn plan<'a>(platforms: impl IntoIterator<Item = (&'a str, Vec<&'a str>)>) -> Plan {
    let hub = GROUND.hub;
    let mut taken = vec![hub];
    let mut stops: Vec<Option<Placed>> = Vec::new();
    for (platform, regions) in platforms {
        let known = GROUND
            .stop
            .iter()
            .find(|one| one.platform == platform)
            .or_else(|| GROUND.stop.iter().find(|one| regions.contains(&one.region.as_str())));
        // Two that answer for one region do not stand on one stop.
        let placed = known.map(|one| placed(hub, one)).filter(|one| is_free(&taken, one.at));
        taken.extend(placed.iter().map(|one| one.at));
        stops.push(placed);
    }
    let mut ring = ring(hub);
    let mut on_ring = |taken: &mut Vec<Point>| {
        let at = ring.find(|at| is_free(taken, *at)).unwrap_or(hub);
        taken.push(at);
        Placed { at, bend: None, label: if at.y < hub.y { Side::North } else { Side::South } }
    };
    let stops: Vec<_> =
        stops.into_iter().map(|stop| stop.unwrap_or_else(|| on_ring(&mut taken))).collect();
    Plan { hub, frame: frame(hub, &stops), stops }
}

fn placed(hub: Point, known: &Known) -> Placed {
    let at = Point { x: known.x, y: known.y };
    let (dx, dy) = (at.x - hub.x, at.y - hub.y);
    let both = dx.abs().min(dy.abs());
    let bend = match known.bend {
        Bend::Diagonal => Point { x: hub.x + both * dx.signum(), y: hub.y + both * dy.signum() },
        Bend::Straight => Point { x: at.x - both * dx.signum(), y: at.y - both * dy.signum() },
    };
    Placed { at, bend: Some(bend).filter(|bend| *bend != at && *bend != hub), label: known.label }
}

fn is_free(taken: &[Point], at: Point) -> bool {
    taken.iter().all(|one| (one.x - at.x).hypot(one.y - at.y) >= APART)
}

/// The stops of the rings: the east first, for the west is full of names, and round from there.
fn ring(hub: Point) -> impl Iterator<Item = Point> {
    (0..RINGS).flat_map(move |ring| {
        let wider = WIDER * f64::from(ring);
        let (rx, ry) = (RING.0 + wider, RING.1 + wider);
        let steps = 24 + 12 * ring;
        (0..steps).map(move |step| {
            // One to the right, one to the left, and on from the east.
            let turns = f64::from(step.div_ceil(2)) / f64::from(steps);
            let sign = if step % 2 == 0 { 1.0 } else { -1.0 };
            let angle = sign * turns * std::f64::consts::TAU + TILT;
            Point { x: (hub.x + rx * angle.cos()).round(), y: (hub.y + ry * angle.sin()).round() }
        })
    })
}

/// What is around the hub at least, and every stop with its name.
fn frame(hub: Point, stops: &[Placed]) -> [f64; 4] {
    let around = |at: Point, by: [f64; 4]| {
        let [west, north, east, south] = by;
        [at.x - west, at.y - north, at.x + east, at.y + south]
    };
    let named = stops.iter().map(|stop| {
        let by = match stop.label {
            Side::North => [MARGIN, MARGIN, MARGIN, BARE],
            Side::East => [BARE, BARE, NAME, BARE],
            Side::South => [MARGIN, BARE, MARGIN, MARGIN],
            Side::West => [NAME, BARE, BARE, BARE],
        };
        around(stop.at, by)
    });
    let [west, north, east, south] = named.fold(around(hub, [MARGIN; 4]), |all, one| {
        [all[0].min(one[0]), all[1].min(one[1]), all[2].max(one[2]), all[3].max(one[3])]
    });
    [west, north, east - west, south - north]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(plan: &Plan, index: usize) -> Point {
        plan.stops[index].at
    }

    #[test]
    fn the_ground_is_read_and_its_platforms_lie_where_they_do() {
        let ground: Result<Ground, _> = toml::from_str(include_str!("../../../data/map.toml"));
        assert_eq!(ground.unwrap().stop.len(), 8);
        let ids = ["jiangsu", "xinbei", "tianning", "zhonglou", "qishuyan", "wujin", "jintan"];
        let plan = plan(ids.into_iter().chain(["liyang"]).map(|id| (id, Vec::new())));
        let hub = plan.hub;
        assert!(at(&plan, 0).y < at(&plan, 1).y && at(&plan, 1).y < hub.y, "north");
        assert!(at(&plan, 2).x < at(&plan, 3).x && at(&plan, 3).x < at(&plan, 4).x, "centre");
        assert!(at(&plan, 5).y > hub.y, "south");
        assert!(at(&plan, 6).x < at(&plan, 2).x, "west");
        assert!(at(&plan, 7).x < hub.x && at(&plan, 7).y > hub.y, "south-west");
    }

    #[test]
    fn a_platform_of_another_name_is_found_by_its_region() {
        let plan = plan([("jintan-2", vec!["320400", "320482"]), ("jintan", Vec::new())]);
        assert_eq!(at(&plan, 0), Point { x: 64.0, y: 304.0 });
        assert_ne!(at(&plan, 1), at(&plan, 0), "one stop, one platform");
    }

    #[test]
    fn whoever_is_not_known_stands_on_the_ring_and_nobody_on_anybody() {
        let names: Vec<String> = (0..150).map(|number| format!("p{number}")).collect();
        let known = ["xinbei", "liyang", "jintan"].into_iter();
        let plan = plan(known.chain(names.iter().map(String::as_str)).map(|id| (id, Vec::new())));
        assert_eq!(plan.stops.len(), 153);
        let [west, north, width, height] = plan.frame;
        for (index, one) in plan.stops.iter().enumerate() {
            let (x, y) = (one.at.x, one.at.y);
            assert!(x > west && x < west + width && y > north && y < north + height, "{index}");
            for other in &plan.stops[..index] {
                assert!(is_free(&[other.at], one.at), "{index}: {one:?} {other:?}");
            }
        }
        assert_eq!(super::plan([("new", Vec::new())]).stops[0].at, Point { x: 532.0, y: 328.0 });
    }
}
