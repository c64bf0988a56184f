//! `verify`: the hub's store held against its own bytes, platform by platform.

use sanheyi_node::branch::attachment::verify_files;
use sanheyi_node::branch::{stored_rules, verify as verify_bytes, verify_shown};
use sanheyi_node::cli::verify::{VerifyReport, text};
use sanheyi_node::cli::{Answer, DIFFERENT};

use super::Listing;
use crate::app::signing_key;
use crate::store::{author_keys, platform_list};
use crate::tenants;

pub(crate) async fn verify(listing: &Listing) -> anyhow::Result<Answer> {
    let (config, database) = listing.at.open().await?;
    let platforms = platform_list(&database).await?;
    let hub_key = signing_key(&config.signing)?.verifying();
    let keys = author_keys(&platforms, &config.hub, hub_key);
    let rules = stored_rules(&database.of(&config.hub), &config.hub).await?;
    // The broadcast stands in the hub's own rows.
    let own = database.of(&config.hub);
    let (found, files) = (verify_bytes(&own, &keys).await?, verify_files(&own).await?);
    let mut reports = vec![VerifyReport::new(config.hub.as_str(), found, files)];
    for row in &platforms {
        let store = database.of(&row.platform);
        let found = tenants::verify(&store, row, &config.hub, &keys).await?;
        let files = verify_files(&store).await?;
        let report = VerifyReport::new(row.platform.as_str(), found, files);
        // A node verifies what it was shown itself; of a tenant it stands here.
        reports.push(match row.hosted {
            true => report.beside(verify_shown(&store, &rules, &config.hub).await?),
            false => report,
        });
    }
    database.close().await;
    let clean = reports.iter().all(|report| report.clean);
    let answer = Answer::report(&reports, listing.json, |reports| {
        let each = |report: &VerifyReport| format!("【{}】\n{}", report.platform, text(report));
        reports.iter().map(each).collect()
    })?;
    Ok(if clean { answer } else { Answer { code: DIFFERENT, ..answer } })
}
