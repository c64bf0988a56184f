//! `/enrolments`: tokens, who came with them, and who is let in. A token is shown once, to whoever
//! made it.

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use maud::{Markup, html};
use sanheyi_exchange_spec::ids::PlatformId;
use sanheyi_exchange_spec::suite::Digest;
use sanheyi_exchange_spec::time::Timestamp;
use sanheyi_node::process::said::{Said, with_causes};
use sanheyi_node::process::tls::subject::{names_of_pem, pin_of_chain};
use sanheyi_node::web::error::WebError;
use sanheyi_node::web::form::{Fields, encoded};
use sanheyi_node::web::lang::Lang;
use sanheyi_node::web::page::Page;
use sanheyi_node::web::parts::{
    Column, Table, Tone, exact, facts, form_token, moment, none, said, state,
};
use sanheyi_node::web::viewer::Viewer;

use super::names::Names;
use super::site::Site;
use crate::enrolment::{EnrolmentError, LISTED, NewToken, VALID_HOURS, VALID_HOURS_MOST, is_over};
use crate::exchange::EVERYTHING;
use crate::store::{Asked, EnrolmentRow, EnrolmentState, enrolment_list};

/// What was just done.
enum Done {
    Nothing,
    Refused(String),
    /// A token as it is handed over, the command for the machine, and until when it is good.
    Made(String, String, Timestamp),
}

/// The page.
///
/// # Errors
/// If the store cannot be read.
pub async fn page(State(site): State<Site>, viewer: Viewer) -> Result<Response, WebError> {
    show(&site, &viewer, &Done::Nothing).await
}

async fn show(site: &Site, viewer: &Viewer, done: &Done) -> Result<Response, WebError> {
    let rows = enrolment_list(&site.parts().database, None, LISTED).await?;
    let status = match done {
        Done::Refused(_) => StatusCode::UNPROCESSABLE_ENTITY,
        Done::Nothing | Done::Made(..) => StatusCode::OK,
    };
    let names = site.names(viewer.lang).await?;
    Ok((status, shown(viewer, &rows, done, &names)).into_response())
}

/// Makes a token.
///
/// # Errors
/// If the store cannot be read or written, or the hub's own certificate cannot be read.
pub async fn token(
    State(site): State<Site>,
    viewer: Viewer,
    fields: Fields,
) -> Result<Response, WebError> {
    let lang = viewer.lang;
    let Ok(platform) = fields.get("platform").parse::<PlatformId>() else {
        let why =
            lang.t("平台标识不合规，例如 jintan。", "That is no platform id, such as jintan.");
        return show(&site, &viewer, &Done::Refused(why.to_owned())).await;
    };
    let config = &site.parts().config;
    let chain = std::fs::read_to_string(&config.tls.certificate);
    let chain = chain.map_err(|error| unreadable(&error))?;
    let (zh, en) = (fields.get("title_zh"), fields.get("title_en"));
    let new = NewToken {
        platform,
        titles: (!zh.is_empty() && !en.is_empty()).then(|| (zh.to_owned(), en.to_owned())),
        may_send: vec![EVERYTHING.to_owned()],
        hours: fields.get("hours").parse().unwrap_or(0),
        replaces: fields.get("replaces") == "yes",
        pin: pin_of_chain(&chain).map_err(|error| unreadable(&error))?,
        who: viewer.acting().0,
    };
    match site.parts().enrolments.token(&new).await {
        Ok((token, row)) => {
            let name = names_of_pem(&chain).unwrap_or_default().into_iter().next();
            let name = name.unwrap_or_else(|| "localhost".to_owned());
            let text = token.reveal();
            let port = config.listen.port();
            let command = format!("sanheyi-node enrol --hub {name}:{port} --token-file -");
            show(&site, &viewer, &Done::Made(text, command, row.expires)).await
        }
        Err(error) => refused(&site, &viewer, error).await,
    }
}

/// Approves or rejects the machine that waits, if it is still the one that was shown.
///
/// # Errors
/// If the store cannot be read or written.
pub async fn decide(
    State(site): State<Site>,
    Path(platform): Path<String>,
    viewer: Viewer,
    fields: Fields,
) -> Result<Response, WebError> {
    let platform: PlatformId = platform.parse().map_err(|_| WebError::not_found())?;
    let fingerprint: Digest =
        fields.get("fingerprint").parse().map_err(|_| WebError::not_found())?;
    let enrolments = &site.parts().enrolments;
    let who = viewer.acting().0;
    let decided = match fields.get("act") {
        "approve" => enrolments.approve(&platform, Some(fingerprint), &who).await,
        "reject" => enrolments.reject(&platform, Some(fingerprint), &who).await,
        _ => return Err(WebError::not_found()),
    };
    match decided {
        Ok(_) => Ok(Redirect::to("/enrolments").into_response()),
        Err(error) => refused(&site, &viewer, error).await,
    }
}

async fn refused(
    site: &Site,
    viewer: &Viewer,
    error: EnrolmentError,
) -> Result<Response, WebError> {
    match error {
        EnrolmentError::Store(error) => Err(error.into()),
        error => show(site, viewer, &Done::Refused(with_causes(&error))).await,
    }
}

fn unreadable(error: &(dyn std::error::Error + 'static)) -> WebError {
    let error = with_causes(error);
    tracing::error!(error, "the hub's own certificate cannot be read: {error}");
    WebError::new(
        StatusCode::SERVICE_UNAVAILABLE,
        Said::new("无法读取市级平台的证书", "The hub's certificate cannot be read"),
        Said::new("请检查配置中的 tls.certificate", "check tls.certificate in the configuration"),
    )
}

fn shown<'a>(viewer: &'a Viewer, rows: &[EnrolmentRow], done: &Done, names: &Names) -> Page<'a> {
    let lang = viewer.lang;
    let body = html! {
        (told(lang, done))
        (waiting(viewer, rows))
        (new_token(viewer))
        (all(viewer, rows, names))
    };
    Page::new(viewer, lang.t("入网", "Enrolment"), body)
}

fn told(lang: Lang, done: &Done) -> Markup {
    match done {
        Done::Nothing => html! {},
        Done::Refused(why) => said(Tone::Bad, why),
        Done::Made(token, command, until) => html! {
            div.said.good role="status" #made {
                p { (lang.t("令牌已生成，只显示这一次，只能用一次，有效至 ", "The token is shown this once. It is good once, until ")) (exact(*until)) }
                p { code.secret { (token) } }
                p { (lang.t("在节点的机器上运行，粘贴令牌后按 Ctrl-D：", "Run on the node's machine, paste the token, then Ctrl-D:")) }
                pre { (command) }
            }
        },
    }
}

fn waiting(viewer: &Viewer, rows: &[EnrolmentRow]) -> Markup {
    let lang = viewer.lang;
    let waits = rows.iter().filter(|row| row.state == EnrolmentState::Waiting);
    let waits: Vec<_> = waits.filter_map(|row| Some((row, row.asked.as_ref()?))).collect();
    html! {
        section aria-labelledby="waiting-title" {
            h2 #waiting-title { (lang.t("待批准", "Waiting for approval")) }
            @if waits.is_empty() { p.empty { (lang.t("没有待批准的申请。", "Nobody waits.")) } }
            @for (row, asked) in waits { (request(viewer, row, asked)) }
        }
    }
}

fn request(viewer: &Viewer, row: &EnrolmentRow, asked: &Asked) -> Markup {
    let lang = viewer.lang;
    let about = [
        (
            lang.t("平台", "Platform"),
            html! { (lang.t(&row.title_zh, &row.title_en)) " " code.quiet { (row.platform) } },
        ),
        (lang.t("申请指纹", "Fingerprint of the request"), html! { code { (asked.request) } }),
        (lang.t("来自", "From"), html! { (asked.address) " · " (asked.software) }),
        (lang.t("申请于", "Asked"), moment(viewer, asked.at)),
    ];
    html! {
        div.request {
            (facts(about))
            @if row.replaces { p { (state(Tone::Warn, lang.t("批准后吊销该平台原有证书", "earlier certificates are revoked when it is approved"))) } }
            p.quiet { (lang.t("请与机房核对指纹，一致才批准。", "Compare the fingerprint with whoever set the machine up before you approve.")) }
            form.actions method="post" action={ "/enrolments/" (encoded(row.platform.as_str())) } {
                (form_token(viewer))
                input type="hidden" name="fingerprint" value=(asked.request);
                button name="act" value="approve" { (lang.t("批准", "Approve")) " " (row.platform) }
                button.danger name="act" value="reject" { (lang.t("拒绝", "Reject")) }
            }
        }
    }
}

fn new_token(viewer: &Viewer) -> Markup {
    let lang = viewer.lang;
    let text = |name: &'static str, label: &'static str, example: &'static str, required: bool| {
        html! {
            label for=(name) { (label)
                input id=(name) name=(name) placeholder=(example) required[required] autocomplete="off" maxlength="64";
            }
        }
    };
    html! {
        section aria-labelledby="new-title" {
            h2 #new-title { (lang.t("生成入网令牌", "Make a token")) }
            form.stack method="post" action="/enrolments" {
                (form_token(viewer))
                (text("platform", lang.t("平台标识", "Id of the platform"), "jintan", true))
                (text("title_zh", lang.t("中文名（首次登记时）", "Name in Chinese, the first time"), "金坛市", false))
                (text("title_en", lang.t("英文名（首次登记时）", "Name in English, the first time"), "Jintan", false))
                label for="hours" { (lang.t("有效小时数", "Good for so many hours"))
                    input #hours name="hours" type="number" min="1" max=(VALID_HOURS_MOST) value=(VALID_HOURS) required;
                }
                label.inline { input type="checkbox" name="replaces" value="yes"; (lang.t("更换机器：入网后吊销该平台原有证书", "Another machine: earlier certificates are revoked when it is granted")) }
                div.actions { button { (lang.t("生成令牌", "Make the token")) } }
            }
        }
    }
}

fn all(viewer: &Viewer, rows: &[EnrolmentRow], names: &Names) -> Markup {
    let lang = viewer.lang;
    let columns = [
        Column::text("平台", "Platform"),
        Column::text("令牌", "Token"),
        Column::text("状态", "State"),
        Column::text("生成", "Made"),
        Column::text("有效至", "Good until"),
        Column::text("申请来自", "Asked from"),
        Column::text("处理于", "Decided"),
    ];
    let mut table = Table::new(lang, lang.t("令牌", "Tokens"), &columns);
    for row in rows {
        let asked = row.asked.as_ref();
        table.row([
            names.link(row.platform.as_str()),
            html! { code { (row.token) } },
            stands(viewer, row),
            moment(viewer, row.created),
            exact(row.expires),
            asked.map_or_else(none, |asked| html! { (asked.address) }),
            row.decided.map_or_else(none, |at| moment(viewer, at)),
        ]);
    }
    html! {
        section aria-labelledby="all-title" {
            h2 #all-title { (lang.t("全部令牌", "All tokens")) }
            (table.or(lang.t("还没有令牌。", "No tokens yet.")))
        }
    }
}

fn stands(viewer: &Viewer, row: &EnrolmentRow) -> Markup {
    let lang = viewer.lang;
    if is_over(row, viewer.shell.now()) {
        return state(Tone::Off, lang.t("已过期", "ended"));
    }
    match row.state {
        EnrolmentState::Open => state(Tone::Good, lang.t("未使用", "not used yet")),
        EnrolmentState::Waiting => state(Tone::Warn, lang.t("待批准", "waiting")),
        EnrolmentState::Granted => state(Tone::Good, lang.t("已入网", "granted")),
        EnrolmentState::Rejected => state(Tone::Bad, lang.t("已拒绝", "rejected")),
        EnrolmentState::Withdrawn => state(Tone::Off, lang.t("已被新令牌取代", "withdrawn")),
    }
}

#[cfg(test)]
mod tests {
    use sanheyi_exchange_spec::enrolment::TokenId;
    use sanheyi_exchange_spec::suite::SigningKey;
    use sanheyi_node::web::viewer::Role;

    use super::*;
    use crate::web::planted::{Ground, NOW};

    fn row(state: EnrolmentState) -> EnrolmentRow {
        EnrolmentRow {
            platform: "jintan".parse().unwrap(),
            token: TokenId([1; 8]),
            secret: Digest::new([2; 32]),
            created: NOW,
            expires: NOW.plus_micros(1),
            title_zh: "金坛市".into(),
            title_en: "Jintan".into(),
            may_send: Vec::new(),
            replaces: true,
            state,
            asked: Some(Asked {
                at: NOW,
                csr: String::new(),
                request: Digest::new([0xab; 32]),
                verifying: SigningKey::from_seed(&[3; 32]).verifying(),
                epochs: Vec::new(),
                software: "sanheyi/0.1".into(),
                address: "10.1.2.3".into(),
            }),
            decided: None,
            chain: String::new(),
        }
    }

    #[tokio::test]
    async fn whoever_waits_is_shown_with_the_fingerprint_that_is_approved() {
        let ground = Ground::new().await;
        for lang in [Lang::Zh, Lang::En] {
            let viewer = ground.viewer(Role::Admin, lang);
            let rows = [row(EnrolmentState::Waiting)];
            let html =
                shown(&viewer, &rows, &Done::Nothing, &Names::default()).render().into_string();
            let print = "ab".repeat(32);
            assert_eq!(html.matches(&print).count(), 2, "shown, and carried by the form");
            assert!(html.contains("action=\"/enrolments/jintan\""));
            let rows = [row(EnrolmentState::Granted)];
            let html =
                shown(&viewer, &rows, &Done::Nothing, &Names::default()).render().into_string();
            assert!(!html.contains("name=\"fingerprint\""), "what is decided stays decided");
        }
    }

    #[tokio::test]
    async fn a_token_stands_on_the_answer_to_its_making_alone() {
        let ground = Ground::new().await;
        let viewer = ground.viewer(Role::Admin, Lang::En);
        let done = Done::Made("shy1-secret".into(), "sanheyi-node enrol …".into(), NOW);
        assert!(
            shown(&viewer, &[], &done, &Names::default())
                .render()
                .into_string()
                .contains("shy1-secret")
        );
        let rows = [row(EnrolmentState::Open)];
        let html = shown(&viewer, &rows, &Done::Nothing, &Names::default()).render().into_string();
        assert!(!html.contains("shy1-"), "{html}");
    }
}
