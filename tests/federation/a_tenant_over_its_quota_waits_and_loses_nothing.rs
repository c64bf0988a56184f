//! A tenant shares the hub's process and store with others. One that writes too much waits for its
//! turn, or is told when to come again; nobody else waits with it, and nothing is lost.

use sanheyi_exchange_spec::error::Code;
use sanheyi_exchange_spec::link::Refusal;
use sanheyi_node::branch::QUOTA_WAIT;
use sanheyi_node::gateway::client::IntakeError;
use sanheyi_tests::fixtures::{new_complaint, new_complaints};
use sanheyi_tests::patience::until;
use sanheyi_tests::world::{Tenant, World, assert_tenant_sound, home_and_admitted, settled};

async fn over_quota(tenant: &Tenant, serial: u64) -> Option<Refusal> {
    match tenant.try_submit(vec![new_complaint(serial)]).await {
        Ok(_) => None,
        Err(IntakeError::Refused(refusal)) => Some(*refusal),
        Err(other) => panic!("{other}"),
    }
}

#[tokio::test]
async fn and_nobody_waits_with_it() {
    let mut world = World::new(311, &[]).await;
    let tianning = world.tenant_with("tianning", 20).await;
    let zhonglou = world.tenant("zhonglou").await;
    // The clock stands. One second's worth goes at once, the next has 50 ms to wait.
    tianning.submit(new_complaints(1..21)).await;
    tianning.submit(vec![new_complaint(21)]).await;
    zhonglou.submit(new_complaints(1..2001)).await;

    // More than a second's worth goes when nothing is owed, and is owed then.
    world.clock.advance(QUOTA_WAIT);
    tianning.submit(new_complaints(22..262)).await;
    let refusal = over_quota(&tianning, 262).await.expect("its turn is too far off");
    assert_eq!(refusal.code, Code::Unavailable, "{refusal}");
    assert!(refusal.zh.contains("秒后重试") && refusal.en.contains("quota"), "{refusal}");
    zhonglou.submit(vec![new_complaint(2001)]).await;

    // What was refused left nothing behind; when its time has come it goes.
    world.clock.advance(QUOTA_WAIT * 2);
    assert_eq!(over_quota(&tianning, 262).await, None);
    for (tenant, size) in [(&tianning, 262), (&zhonglou, 2001)] {
        let store = world.hub.store(&tenant.platform);
        until("all is answered", async || settled(&store).await).await;
        assert_tenant_sound(&world, tenant).await;
        assert_eq!(home_and_admitted(&store).await.0.head.size, size);
    }
}

#[tokio::test]
async fn and_another_quota_holds_while_it_runs() {
    let mut world = World::new(312, &[]).await;
    let tianning = world.tenant_with("tianning", 1).await;
    tianning.submit(new_complaints(1..101)).await;
    assert!(over_quota(&tianning, 101).await.is_some());
    world.setup().tenant_quota(&tianning.platform, 0).await.unwrap();
    until("the new quota holds", async || over_quota(&tianning, 101).await.is_none()).await;
    tianning.submit(new_complaints(102..202)).await;
    let store = world.hub.store(&tianning.platform);
    until("all is answered", async || settled(&store).await).await;
    assert_tenant_sound(&world, &tianning).await;

    // There is a quota for tenants only.
    let absent = world.setup().tenant_quota(&world.setup().hub, 5).await.unwrap_err();
    assert!(absent.to_string().contains("there is no tenant"), "{absent}");
}
