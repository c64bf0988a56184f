//! Enrolling once more (再次入网): a machine whose certificate was revoked or has ended comes back
//! with another one. Its store and its signing key stay, and so does whatever the hub has not heard
//! yet.
//!
//! ```text
//!   identity/again/key.pem, enrolment.json ──► ask … ask ──► epochs, authorities ──► the pair
//!   made here, never sent   what is asked, always the same   what a crash left    the last one
//! ```
//!
//! As with the first time, the same command goes on after a crash. Whoever fears that the signing
//! key has become known enrols an empty folder instead: that makes another one.

use std::sync::Arc;

use super::files::{Asking, Given, hold};
use super::{CONFIG, Done, EnrolError, EnrolParts, Step, answer, question};
use crate::config::NodeConfig;
use crate::identity::files::FOLDER;
use crate::process::folder;
use crate::process::tls::request::fingerprint;

/// The folder of what is asked with, among the identities: it goes when the new pair counts.
const AGAIN: &str = "again";

/// Enrols once more the machine whose configuration lies in the folder of `parts`. No node may run
/// on it. It may be dropped at any moment and run again.
///
/// # Errors
/// See [`EnrolError`]. A hub that cannot be reached is asked again for ever, one that refuses is
/// not.
pub async fn enrol_again(
    parts: &EnrolParts,
    mut tell: impl FnMut(Step),
) -> Result<Done, EnrolError> {
    let path = parts.folder.join(CONFIG);
    let config = NodeConfig::load(&path).map_err(|error| EnrolError::Config(Box::new(error)))?;
    let signing = config.read_signing_key().map_err(|error| EnrolError::Config(error.into()))?;
    folder::private(&config.data)?;
    let _alone = folder::lock(&config.data)?;
    let place = config.data.join(FOLDER).join(AGAIN);
    folder::private(&place)?;
    let (key, asked) = (place.join("key.pem"), place.join("enrolment.json"));
    let asking = Asking::prepare(signing, &key, &asked, parts.entropy.as_ref())?;
    let request = fingerprint(&asking.csr)?;
    tell(Step::Asking { fingerprint: request });
    let enrolled = answer(parts, &question(parts, &asking, request), tell).await?;

    let given = Given::read(&enrolled, &asking, Arc::clone(&parts.clock))?;
    same("platform", &given.platform, &config.platform)?;
    same("hub", &given.hub, &config.hub)?;
    same("hub_key", &given.hub_key, &config.keys.hub_key)?;
    hold(&config, &given, &asking.epochs).await?;
    let files = config.identity();
    files.keep_trust(&given.authorities)?;
    let key = String::from_utf8_lossy(&asking.key);
    files.keep_pair(&given.chain, &key)?;
    Ok(Done { platform: given.platform, config: path, takes_over: 0, already: false })
}

/// What the hub says must be what is configured: a token of another platform would give its
/// certificate to this one.
fn same<T: PartialEq + ToString>(what: &str, given: &T, here: &T) -> Result<(), EnrolError> {
    match given == here {
        true => Ok(()),
        false => {
            let (given, here) = (given.to_string(), here.to_string());
            Err(EnrolError::Answer(format!("{what} {given} ≠ {here}")))
        }
    }
}
