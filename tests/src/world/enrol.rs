//! Machines of a world that enrol by a token.

use std::sync::Arc;
use std::time::Duration;

use sanheyi_exchange_spec::enrolment::Token;
use sanheyi_exchange_spec::gate::Edition;
use sanheyi_hub::enrolment::{Approval, Enrolments, NewToken, VALID_HOURS};
use sanheyi_hub::exchange::{EVERYTHING, ExchangeParts};
use sanheyi_hub::store::platform_get;
use sanheyi_node::enrol::EnrolParts;
use sanheyi_node::process::entropy::SeededEntropy;
use sanheyi_node::process::tls::subject::pin_of_chain;

use super::{World, id};

impl World {
    /// What the hub's operator does about enrolments, beside the hub that runs.
    pub fn enrolments(&mut self) -> Enrolments {
        self.seed += 10;
        let parts = ExchangeParts {
            hub: self.setup.hub.clone(),
            database: self.hub.database(),
            key: self.hub.key(),
            clock: Arc::clone(&self.clock) as _,
            entropy: Arc::new(SeededEntropy::new(self.seed)),
            edition: Edition::CURRENT,
        };
        Enrolments::new(parts, self.hub.certificates(), Approval::Token)
    }

    /// A token for a platform's first machine, or for another one.
    ///
    /// # Panics
    /// If the hub makes none.
    pub async fn token(&mut self, name: &str, replaces: bool) -> Token {
        let known = platform_get(&self.hub.database(), &id(name)).await.expect("the directory");
        let titles = known.is_none().then(|| (name.to_owned(), name.to_owned()));
        let chain = std::fs::read_to_string(self.hub.folder().join("hub.pem")).expect("a chain");
        let new = NewToken {
            platform: id(name),
            titles,
            may_send: vec![EVERYTHING.to_owned()],
            hours: VALID_HOURS,
            replaces,
            pin: pin_of_chain(&chain).expect("a pin"),
            who: "cli:1000".to_owned(),
        };
        self.enrolments().token(&new).await.expect("a token").0
    }

    /// A machine that comes with a token, in a folder of that name.
    pub fn machine(&mut self, folder: &str, token: &Token) -> EnrolParts {
        self.seed += 10;
        EnrolParts {
            hub: self.hub.address().to_string(),
            server_name: "127.0.0.1".to_owned(),
            token: token.clone(),
            folder: self.folder(folder),
            ask_every: Duration::from_millis(20),
            clock: Arc::clone(&self.clock) as _,
            entropy: Arc::new(SeededEntropy::new(self.seed)),
        }
    }
}
