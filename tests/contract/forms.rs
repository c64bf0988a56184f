//! The forms of the port, each made for a platform of a world. Forms without faults take them, too,
//! so that all are made alike.

use std::sync::Arc;

use sanheyi_hub::exchange::LocalPort;
use sanheyi_node::uplink::grpc::GrpcPort;
use sanheyi_tests::world::{Faults, Faulty, Foreign, Patient, World};

/// A port with faults, and a caller who lives with them.
pub(crate) type Wrapped<P> = Patient<Faulty<P>>;

pub(crate) async fn local(world: &mut World, name: &str, _: &Arc<Faults>) -> Foreign<LocalPort> {
    world.local(name).await
}

pub(crate) async fn local_faulty(
    world: &mut World,
    name: &str,
    faults: &Arc<Faults>,
) -> Foreign<Wrapped<LocalPort>> {
    let plain = world.local(name).await;
    plain.behind(|port| Patient::new(Faulty::new(port, Arc::clone(faults))))
}

pub(crate) async fn grpc(world: &mut World, name: &str, _: &Arc<Faults>) -> Foreign<GrpcPort> {
    world.foreign(name).await
}

pub(crate) async fn grpc_faulty(
    world: &mut World,
    name: &str,
    faults: &Arc<Faults>,
) -> Foreign<Wrapped<GrpcPort>> {
    let plain = world.foreign(name).await;
    plain.behind(|port| Patient::new(Faulty::new(port, Arc::clone(faults))))
}
