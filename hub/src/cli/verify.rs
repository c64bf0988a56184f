//! `verify`: the hub's store held against its own bytes, platform by platform.

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
    let mut reports = Vec::new();
    for row in &platforms {
        let found = tenants::verify(&database.of(&row.platform), row, &config.hub, &keys).await?;
        reports.push(VerifyReport::new(row.platform.as_str(), found));
    }
    database.close().await;
    let clean = reports.iter().all(|report| report.clean);
    let answer = Answer::report(&reports, listing.json, |reports| {
        let each = |report: &VerifyReport| format!("【{}】\n{}", report.platform, text(report));
        reports.iter().map(each).collect()
    })?;
    Ok(if clean { answer } else { Answer { code: DIFFERENT, ..answer } })
}
