//! The port as a function call: for branches that live in the hub's own process.

use sanheyi_exchange_spec::ids::PlatformId;
use sanheyi_node::uplink::port::{
    CallError, GreetAnswer, GreetCall, HubPort, PullAnswer, PullCall, PushAnswer, PushCall,
};

use super::Exchange;

/// The exchange as one platform sees it, without a wire.
#[derive(Clone)]
pub struct LocalPort {
    exchange: Exchange,
    platform: PlatformId,
}

impl LocalPort {
    /// The port of `platform`. Whoever makes it answers for who calls.
    pub fn new(exchange: Exchange, platform: PlatformId) -> Self {
        Self { exchange, platform }
    }
}

impl HubPort for LocalPort {
    async fn greet(&self, call: GreetCall) -> Result<GreetAnswer, CallError> {
        Ok(self.exchange.greet(&self.platform, call).await?)
    }

    async fn push(&self, call: PushCall) -> Result<PushAnswer, CallError> {
        Ok(self.exchange.push(&self.platform, call).await?)
    }

    async fn pull(&self, call: PullCall) -> Result<PullAnswer, CallError> {
        Ok(self.exchange.pull(&self.platform, call).await?)
    }
}
