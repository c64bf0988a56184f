//! A case that two districts handle together (协同办理). The city permits it while everything runs; the
//! partner is shown the request and the parts and verifies each by the author's own checkpoint;
//! nobody else is shown anything; what is withdrawn later is withdrawn there, too.

use std::collections::BTreeSet;

use anyhow::Context as _;
use sanheyi_exchange_spec::checkpoint::Checkpoint;
use sanheyi_exchange_spec::entry::{HeaderView, Operation};
use sanheyi_node::branch::{stored_rules, verify_shown};
use sanheyi_node::cli::table::grouped;
use sanheyi_node::store::{EnclosureRow, ForeignKey, Store};

use super::command::until;
use super::records::{JOINT, OPINION, STEP, case, joint, opinion, step, withdrawn};
use super::stage::Stage;
use super::told::Told;
use crate::demo::year::Written;

/// Who asks.
const LEAD: &str = "jintan";
/// A district that has no part in it.
const OTHER: &str = "liyang";
/// Who is asked.
const PARTNER: &str = "wujin";
/// Its organisation that answers.
const ORGANISATION: &str = "JS041200JT";
/// Where the lead's cases are numbered.
const REGION: &str = "0482";
/// Serial of the case.
const SERIAL: u64 = 901;
/// Most entries of one store that are counted.
const MOST: u64 = 1000;

/// Plays it.
pub(super) async fn play(stage: &Stage<'_>) -> anyhow::Result<Told> {
    let mut told = Told::new("跨区协同办理", "a case handled by two districts");
    let before = shown_to_others(stage).await?;
    permit(stage, &mut told).await?;
    let case = case(REGION, SERIAL);
    let step = step(&case.record);
    let request = joint(&case.record, PARTNER, &[&case, &step]);
    stage.submit(LEAD, &case, Default::default()).await?;
    let head = stage.submit(LEAD, &step, Default::default()).await?;
    stage.submit(LEAD, &request, Default::default()).await?;
    let mut sizes = BTreeSet::new();
    for one in [&request, &case, &step] {
        sizes.insert(proved(stage, one).await?.0);
    }
    let sizes: Vec<_> = sizes.into_iter().map(grouped).collect();
    let answer = opinion(LEAD, &request, ORGANISATION);
    stage.submit(PARTNER, &answer, Default::default()).await?;
    shown(stage.node(LEAD)?, &key(PARTNER, &answer)?).await?;
    let sizes = sizes.join(", ");
    let (lead, partner) = (&stage.member(LEAD)?.title, &stage.member(PARTNER)?.title);
    told.say(format!(
        "{lead} → {partner}，办件 {}\n  请求与材料 2 件，逐件以提出方自己的检查点核验（大小 {sizes}），答复原路返回\n  the request and 2 parts, each verified by its author's own checkpoint,\n  of size {sizes}; the answer came back in the same way",
        case.record
    ));
    // The step is taken back, and what was shown of it says so.
    let back = withdrawn(&step);
    stage.submit(LEAD, &back, head).await?;
    let (_, operation) = proved(stage, &back).await?;
    told.check(operation == Operation::Withdraw, "the withdrawal was not followed");
    told.say(format!(
        "材料 {STEP} {} 随后撤回，对方即见\n  that part was withdrawn then, and the partner sees it: revision {}",
        back.record, back.revision
    ));
    for (platform, one) in
        [(LEAD, &case), (LEAD, &step), (LEAD, &back), (LEAD, &request), (PARTNER, &answer)]
    {
        stage.accepted(platform, one, &mut told).await?;
    }
    others(stage, before, &mut told).await?;
    Ok(told)
}

/// The city permits both to see what the other addresses to them; before that nobody may.
async fn permit(stage: &Stage<'_>, told: &mut Told) -> anyhow::Result<()> {
    told.check(!permitted(stage, PARTNER).await?, "seen by whom nobody permitted it");
    for (id, reader, datasets, author) in
        [("joint-wujin", PARTNER, "case.*", LEAD), ("joint-jintan", LEAD, OPINION, PARTNER)]
    {
        let set = ["policy", "set", id, "--platform", reader, "--see", datasets, "--of", author];
        let why = ["--scope", "addressed", "--reason", "跨区协同办理", "--by", "王芳"];
        stage.hub_says(&[&set[..], &why].concat()).await?;
    }
    let (partner, other) = tokio::try_join!(permitted(stage, PARTNER), permitted(stage, OTHER))?;
    told.check(partner && !other, format!("permitted: partner {partner}, other {other}"));
    let word = |permitted: bool| match permitted {
        true => "允许 permitted",
        false => "禁止 denied",
    };
    told.say(format!(
        "策略 policy joint-wujin，运行中设立 set while running：\n  {} {}；{} 默认 by default {}",
        stage.member(PARTNER)?.title,
        word(partner),
        stage.member(OTHER)?.title,
        word(other)
    ));
    Ok(())
}

/// What `policy explain` says of a district that would see the lead's requests.
async fn permitted(stage: &Stage<'_>, platform: &str) -> anyhow::Result<bool> {
    let asked = ["policy", "explain", "--platform", platform, "--see", JOINT, "--of", LEAD];
    let said = stage.hub_says(&asked).await?;
    said["permitted"].as_bool().context("permitted")
}

fn key(author: &str, one: &Written) -> anyhow::Result<ForeignKey> {
    let (dataset, record) = (one.dataset.to_owned(), one.record.clone());
    Ok(ForeignKey { author: author.parse()?, dataset, record, revision: one.revision })
}

async fn shown(store: &Store, key: &ForeignKey) -> anyhow::Result<EnclosureRow> {
    until("an entry of another district", async || Ok(store.enclosure_get(key).await?)).await
}

/// Waits until the partner has an entry of the lead, and verifies it by the lead's own key: answers
/// the size of the checkpoint, and what was done.
async fn proved(stage: &Stage<'_>, one: &Written) -> anyhow::Result<(u64, Operation)> {
    let (store, hub) = (stage.node(PARTNER)?, &stage.federation.setup.hub);
    let row = shown(store, &key(LEAD, one)?).await?;
    let rules = stored_rules(store, hub).await?;
    row.forward.verify(&row.enclosure, |author, lane, at| rules.key_of(author, lane, at))?;
    let journal = &row.forward.journal;
    let key = rules.key_of(&journal.author, journal.lane, row.forward.sequence);
    let checkpoint = Checkpoint::open(&row.enclosure.checkpoint, &key.context("its key")?)?;
    let header = HeaderView::parse(&row.forward.header)?;
    Ok((checkpoint.size, header.operation))
}

/// Entries of others that were shown to those who have no part in it.
async fn shown_to_others(stage: &Stage<'_>) -> anyhow::Result<u64> {
    let mut count = 0;
    for member in stage.federation.members() {
        let platform = member.platform.as_str();
        if platform != LEAD && platform != PARTNER {
            let at_hub = stage.at_hub(platform)?;
            let store = if member.is_hosted() { &at_hub } else { stage.node(platform)? };
            count += store.enclosure_list(None, None, MOST).await?.len() as u64;
        }
    }
    Ok(count)
}

/// What the others have: nothing. And all that the two have is proved.
async fn others(stage: &Stage<'_>, before: u64, told: &mut Told) -> anyhow::Result<()> {
    let after = shown_to_others(stage).await?;
    told.check((before, after) == (0, 0), format!("others were shown {before}, {after} entries"));
    let mut proved = Vec::new();
    for platform in [LEAD, PARTNER] {
        let store = stage.node(platform)?;
        let hub = &stage.federation.setup.hub;
        let report = verify_shown(store, &stored_rules(store, hub).await?, hub).await?;
        told.check(report.difference.is_none(), format!("{platform}: {:?}", report.difference));
        proved.push(format!("{} {}", stage.member(platform)?.title, report.proved));
    }
    let others = stage.federation.members().len() - 2;
    told.say(format!(
        "所示条目均经核验 shown and proved: {}；\n  其余 {others} 个平台 the other {others}: {after}",
        proved.join("，")
    ));
    Ok(())
}
