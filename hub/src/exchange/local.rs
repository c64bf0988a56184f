//! The port as a function call: for branches that live in the hub's own process. It keeps the
//! bounds that a call over the wire keeps.

use bytes::Bytes;
use sanheyi_exchange_spec::attachment::Attachment;
use sanheyi_exchange_spec::ids::PlatformId;
use sanheyi_node::branch::attachment::Held;
use sanheyi_node::process::meter::Meter;
use sanheyi_node::uplink::connect::{Connect, Standing};
use sanheyi_node::uplink::port::{
    CallError, GreetAnswer, GreetCall, HubPort, PieceAsked, PieceCall, PullAnswer, PullCall,
    PushAnswer, PushCall,
};
use sanheyi_node::uplink::sync::Outcome;

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
        self.exchange.peers().called(&self.platform);
        Ok(self.exchange.greet(&self.platform, call.bounded()?).await?)
    }

    async fn push(&self, call: PushCall) -> Result<PushAnswer, CallError> {
        Ok(self.exchange.push(&self.platform, call.bounded()?).await?)
    }

    async fn pull(&self, call: PullCall) -> Result<PullAnswer, CallError> {
        self.exchange.peers().called(&self.platform);
        Ok(self.exchange.pull(&self.platform, call.bounded()?).await?)
    }

    async fn offer_file(&self, file: Attachment) -> Result<Held, CallError> {
        Ok(self.exchange.offer_file(&self.platform, &file).await?)
    }

    async fn put_piece(&self, call: PieceCall) -> Result<Held, CallError> {
        Ok(self.exchange.put_piece(&self.platform, &call).await?)
    }

    async fn get_piece(&self, call: PieceAsked) -> Result<Bytes, CallError> {
        Ok(self.exchange.get_piece(&self.platform, call).await?)
    }
}

impl Connect for LocalPort {
    type Port = Self;

    async fn connect(&self) -> Result<Standing<Self>, Outcome> {
        Ok(Standing { port: self.clone(), meter: Meter::new() })
    }
}
