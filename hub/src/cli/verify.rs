//! `verify`: the hub's store held against its own bytes, platform by platform.

use sanheyi_exchange_spec::ids::JournalId;
use sanheyi_node::branch::attachment::verify_files;
use sanheyi_node::branch::{stored_rules, verify_shown, verify_told};
use sanheyi_node::cli::progress::Progress;
use sanheyi_node::cli::verify::{VerifyReport, text};
use sanheyi_node::cli::{Answer, DIFFERENT};

use super::Listing;
use crate::app::signing_key;
use crate::store::{author_keys, former_key_list, platform_list};
use crate::tenants;

pub(crate) async fn verify(listing: &Listing) -> anyhow::Result<Answer> {
    let (config, database) = listing.at.open().await?;
    let platforms = platform_list(&database).await?;
    let hub_key = signing_key(&config.signing)?.verifying();
    let keys = author_keys(&platforms, &former_key_list(&database).await?, &config.hub, hub_key);
    let rules = stored_rules(&database.of(&config.hub), &config.hub).await?;
    // The broadcast stands in the hub's own rows.
    let own = database.of(&config.hub);
    let mut progress = Progress::new();
    let mut told = |journal: &JournalId, done, of| {
        progress.tell(&format!("核验 verify {journal}"), done, of);
    };
    let found = verify_told(&own, &keys, &mut told).await?;
    let files = verify_files(&own).await?;
    let mut reports = vec![VerifyReport::new(config.hub.as_str(), found, files)];
    for row in &platforms {
        let store = database.of(&row.platform);
        let found = tenants::verify_told(&store, row, &config.hub, &keys, &mut told).await?;
        let files = verify_files(&store).await?;
        let report = VerifyReport::new(row.platform.as_str(), found, files);
        // A node verifies what it was shown itself; of a tenant it stands here.
        reports.push(match row.hosted {
            true => report.beside(verify_shown(&store, &rules, &config.hub).await?),
            false => report,
        });
    }
    database.close().await;
    drop(progress);
    let clean = reports.iter().all(|report| report.clean);
    let answer = Answer::report(&reports, listing.json, |reports| {
        let each = |report: &VerifyReport| format!("【{}】\n{}", report.platform, text(report));
        reports.iter().map(each).collect()
    })?;
    Ok(if clean { answer } else { Answer { code: DIFFERENT, ..answer } })
}
