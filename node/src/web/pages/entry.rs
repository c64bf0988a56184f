//! `/entries/{journal}/{sequence}`: one entry: header, body by the dictionary's titles, receipt,
//! proof.

use std::collections::BTreeMap;

use axum::extract::Path;
use axum::response::{IntoResponse, Response};
use maud::{Markup, html};
use sanheyi_exchange_spec::gate::{EXCHANGE_FAMILY, Standing};

use super::body::{self, Masks};
use super::ground::{Ground, Whole, dataset, role_of, standing};
use super::proof;
use super::record::{operation, said_of, why};
use crate::process::said::Said;
use crate::store::{ChangeRow, JournalRow, StoreError};
use crate::web::error::WebError;
use crate::web::form::Fields;
use crate::web::page::Page;
use crate::web::parts::{Tone, exact, facts, form_token, none, number, said};
use crate::web::viewer::Viewer;

/// Fewest and most characters of a purpose.
pub const PURPOSE: (usize, usize) = (4, 200);

type Params = BTreeMap<String, String>;

/// The entry that an address names.
///
/// # Errors
/// If there is none, or the store cannot be read.
pub(super) async fn find(
    ground: &Ground,
    params: &Params,
) -> Result<(JournalRow, u64, Whole), WebError> {
    let param = |name: &str| params.get(name).map_or("", String::as_str);
    let row = ground.find(param("journal")).await?;
    let sequence: u64 = param("sequence").parse().map_err(|_| WebError::not_found())?;
    if sequence >= row.head.size {
        return Err(WebError::not_found());
    }
    let whole = ground.whole(row.number, sequence).await?;
    Ok((row, sequence, whole.ok_or_else(WebError::not_found)?))
}

/// The page, personal fields masked.
///
/// # Errors
/// If there is no such entry, or the store cannot be read.
pub async fn page(
    viewer: Viewer,
    ground: Ground,
    Path(params): Path<Params>,
) -> Result<Response, WebError> {
    let (row, sequence, whole) = find(&ground, &params).await?;
    show(&viewer, &ground, (&row, sequence, &whole), Masks::On, None).await
}

/// The page with personal fields, for a purpose, which is written into the audit first.
///
/// # Errors
/// As [`page`], and if whoever asks may not, or names no purpose.
pub async fn unmask(
    viewer: Viewer,
    ground: Ground,
    Path(params): Path<Params>,
    fields: Fields,
) -> Result<Response, WebError> {
    let who = viewer.require(ground.unmask)?.clone();
    let (row, sequence, whole) = find(&ground, &params).await?;
    let at = (&row, sequence, &whole);
    let purpose = fields.get("purpose");
    if !(PURPOSE.0..=PURPOSE.1).contains(&purpose.chars().count()) {
        let short =
            Said::new("请写明事由，4 至 200 个字", "Say what it is for, in 4 to 200 characters");
        return show(&viewer, &ground, at, Masks::On, Some(short)).await;
    }
    let parts = viewer.shell.parts();
    let header = &whole.header;
    let subject = format!("{}/{}#{}", header.dataset, header.record, header.revision);
    let who = (format!("web:{}", who.name), who.role.as_str().to_owned());
    let (clock, entropy) = (parts.clock.as_ref(), parts.entropy.as_ref());
    let change = ChangeRow::done(clock, entropy, who.0, "body.unmask", subject);
    let detail = format!("{}: {purpose}", ground.store.platform());
    let change = ChangeRow { role: who.1, ..change.with(detail) };
    let mut tx = parts.store.begin("body_unmask").await?;
    tx.change_add(&parts.store, &change).await?;
    tx.commit().await?;
    show(&viewer, &ground, at, Masks::Off, None).await
}

async fn show(
    viewer: &Viewer,
    ground: &Ground,
    (row, sequence, whole): (&JournalRow, u64, &Whole),
    masks: Masks,
    problem: Option<Said>,
) -> Result<Response, WebError> {
    let lang = viewer.lang;
    let proved = proof::prove(ground, row, sequence, whole).await?;
    let here = ground.entry(row.number, sequence);
    let (journals, journal) = (ground.path("/journals"), ground.journal(row.number));
    let header = &whole.header;
    let title = format!("{} {}", lang.t("条目", "Entry"), crate::cli::table::grouped(sequence));
    let body = html! {
        (ground.crumbs(lang, &[
            (lang.t("日志", "Journals"), &journals),
            (role_of(lang, ground, &row.head.journal), &journal),
        ]))
        @if let Some(problem) = &problem { (said(Tone::Bad, lang.t(&problem.zh, &problem.en))) }
        @if masks == Masks::Off { (said(Tone::Warn, lang.t("正在显示个人信息；事由已记入审计。", "Personal data is shown; the purpose was written into the audit."))) }
        section aria-labelledby="header-title" {
            h2 #header-title { (lang.t("条目头", "Header")) }
            (head(viewer, ground, row, whole))
        }
        section aria-labelledby="body-title" {
            h2 #body-title { (lang.t("正文", "Body")) }
            (body::shown(lang, whole, masks))
            @if masks == Masks::On { (unmasking(viewer, ground, whole, &here)) }
        }
        @if !header.dataset.as_str().starts_with(EXCHANGE_FAMILY) && row.head.journal.author == *ground.store.platform() {
            section aria-labelledby="receipt-title" {
                h2 #receipt-title { (lang.t("回执", "Receipt")) }
                (receipt(viewer, ground, row, sequence).await?)
            }
        }
        section aria-labelledby="proof-title" {
            h2 #proof-title { (lang.t("证明", "Proof")) }
            (proof::shown(viewer, whole, &proved, &format!("{here}/proof")))
        }
        (around(viewer, ground, row, sequence))
    };
    Ok(Page::new(viewer, title, body).into_response())
}

fn head(viewer: &Viewer, ground: &Ground, row: &JournalRow, whole: &Whole) -> Markup {
    let lang = viewer.lang;
    let header = &whole.header;
    let own = row.head.journal.author == *ground.store.platform();
    let record = html! {
        @if own { a href=(ground.record(header.dataset.as_str(), header.record.as_str())) { code { (header.record) } } }
        @else { code { (header.record) } }
    };
    facts([
        (lang.t("数据集", "Dataset"), dataset(lang, header.dataset.as_str())),
        (lang.t("记录", "Record"), record),
        (lang.t("版本", "Revision"), number(header.revision)),
        (lang.t("动作", "Operation"), operation(lang, header.operation)),
        (lang.t("发生", "Occurred"), exact(header.occurred)),
        (lang.t("写入", "Recorded"), exact(header.recorded)),
        (lang.t("标准版本", "Version of the standard"), number(u64::from(header.standard))),
        (lang.t("保管权纪元", "Custody epoch"), number(header.custody_epoch)),
        (
            lang.t("接续", "Follows"),
            html! { @if let Some(follows) = &header.follows { code { (follows) } } @else { (none()) } },
        ),
        (lang.t("摘要", "Digest"), html! { code { (whole.digest) } }),
    ])
}

fn unmasking(viewer: &Viewer, ground: &Ground, whole: &Whole, here: &str) -> Markup {
    let lang = viewer.lang;
    if !viewer.may(ground.unmask) || !body::has_personal(whole) {
        return html! {};
    }
    html! {
        details.unmask {
            summary { (lang.t("查看个人信息", "See personal data")) }
            form.stack method="post" action=(here) {
                (form_token(viewer))
                label for="purpose" { (lang.t("事由（记入审计）", "Purpose (goes into the audit)"))
                    input #purpose name="purpose" required minlength=(PURPOSE.0) maxlength=(PURPOSE.1) autocomplete="off";
                }
                div.actions { button { (lang.t("显示", "Show")) } }
            }
        }
    }
}

async fn receipt(
    viewer: &Viewer,
    ground: &Ground,
    row: &JournalRow,
    sequence: u64,
) -> Result<Markup, StoreError> {
    let lang = viewer.lang;
    let Some(receipt) = ground.store.receipt_over(row.number, sequence).await? else {
        return Ok(html! {
            p { (standing(lang, None)) }
            p.quiet { (lang.t("市级还没有判定此条目；连接正常时几秒内会有。", "The hub has not judged this entry yet; on a living link that takes seconds.")) }
        });
    };
    let (stands, reasons) = said_of(ground, row.number, sequence).await?;
    let todo = match stands {
        Standing::Accepted => None,
        Standing::Quarantined => Some(lang.t(
            "请在原系统更正后重新交来：同一记录的新版本被接受后即离开隔离区。",
            "Correct it where it comes from and hand it in again: a later revision that is accepted takes the record out of the quarantine.",
        )),
        Standing::Pending => Some(lang.t(
            "它所引用的记录尚未到达，到达后会自动再判。",
            "What it refers to has not arrived; it is judged again by itself then.",
        )),
    };
    Ok(html! {
        (facts([
            (lang.t("状态", "Standing"), standing(lang, Some(stands))),
            (lang.t("判定范围", "Range judged"), html! { (number(receipt.first)) "–" (number(receipt.past.saturating_sub(1))) }),
            (lang.t("市级收到", "Received by the hub"), exact(receipt.received)),
            (lang.t("按标准版本", "By version of the standard"), number(u64::from(receipt.standard))),
            (lang.t("范围末的根", "Root at its end"), html! { code { (receipt.root) } }),
        ]))
        @if !reasons.is_empty() { h3 { (lang.t("原因", "Reasons")) } (why(lang, &reasons)) }
        @if let Some(todo) = todo { p { (todo) } }
    })
}

/// The entries before and after.
fn around(viewer: &Viewer, ground: &Ground, row: &JournalRow, sequence: u64) -> Markup {
    let lang = viewer.lang;
    let next = (sequence + 1 < row.head.size).then_some(sequence + 1);
    html! {
        nav.pager aria-label=(lang.t("前后条目", "Entries around")) {
            span {
                @if let Some(before) = sequence.checked_sub(1) {
                    a href=(ground.entry(row.number, before)) rel="prev" { "← " (number(before)) }
                }
            }
            @if let Some(next) = next {
                a href=(ground.entry(row.number, next)) rel="next" { (number(next)) " →" }
            }
        }
    }
}
