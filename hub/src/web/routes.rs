//! Every page of a hub, with the role that it takes.

use axum::extract::FromRequestParts;
use axum::extract::Path;
use axum::http::request::Parts;
use axum::routing::{get, post};
use sanheyi_exchange_spec::ids::PlatformId;
use sanheyi_node::process::said::Said;
use sanheyi_node::web::error::WebError;
use sanheyi_node::web::guard::Route;
use sanheyi_node::web::pages::ground::of_ground;
use sanheyi_node::web::pages::{Ground, of_every_site};
use sanheyi_node::web::viewer::Role;

use super::certificates::{authority, revoke};
use super::desk::{entry, review};
use super::site::Site;
use super::{
    broadcast, certificates, desk, enrolments, health, oversight, overview, platform, platforms,
    search, settings,
};
use crate::store::platform_get;

/// Where the pages about the rows of a platform are.
const PLATFORM: &str = "/platforms/{platform}";

/// All routes.
pub fn routes() -> Vec<Route<Site>> {
    let (viewer, operator, admin) = (Role::Viewer, Role::Operator, Role::Admin);
    let mut routes = of_every_site();
    routes.extend([
        Route::shows("/", viewer, get(overview::page)),
        Route::refreshes("/live", viewer, get(overview::live)),
        Route::shows("/platforms", viewer, get(platforms::page)),
        Route::shows(PLATFORM, viewer, get(platform::page)),
        Route::refreshes("/platforms/{platform}/live", viewer, get(platform::live)),
        Route::shows("/search", operator, get(search::page)),
        Route::changes("/search", operator, post(search::look)),
        Route::shows("/looks", operator, get(search::looks)),
        Route::shows("/quarantine", viewer, get(desk::page)),
        Route::shows("/quarantine/entry/{platform}/{journal}/{sequence}", viewer, get(entry::page)),
        Route::changes("/quarantine/plan", operator, post(review::plan)),
        Route::changes("/quarantine/reviews", operator, post(review::begin)),
        Route::shows("/quarantine/reviews/{id}", viewer, get(review::progress)),
        Route::shows("/orders", viewer, get(oversight::orders)),
        Route::shows("/complaints", viewer, get(oversight::complaints)),
        Route::shows("/broadcast", viewer, get(broadcast::page)),
        Route::shows("/health", viewer, get(health::page)),
        Route::refreshes("/health/live", viewer, get(health::live)),
        Route::shows("/enrolments", admin, get(enrolments::page)),
        Route::changes("/enrolments", admin, post(enrolments::token)),
        Route::changes("/enrolments/{platform}", admin, post(enrolments::decide)),
        Route::shows("/certificates", admin, get(certificates::page)),
        Route::shows("/certificates/{platform}/revoke", admin, get(revoke::page)),
        Route::changes("/certificates/{platform}/revoke", admin, post(revoke::revoke)),
        Route::shows("/authority", admin, get(authority::page)),
        Route::shows("/settings", admin, get(settings::page)),
    ]);
    routes.extend(of_ground(PLATFORM));
    routes
}

/// The rows of the platform in the path, or the hub's own.
impl FromRequestParts<Site> for Ground {
    type Rejection = WebError;

    async fn from_request_parts(parts: &mut Parts, site: &Site) -> Result<Self, WebError> {
        let named = Path::<Vec<(String, String)>>::from_request_parts(parts, site).await;
        let Path(named) = named.map_err(|_| WebError::not_found())?;
        let platform = named.iter().find(|(name, _)| name == "platform").map(|(_, value)| value);
        let platform: PlatformId =
            platform.and_then(|text| text.parse().ok()).ok_or_else(WebError::not_found)?;
        let known = platform_get(&site.parts().database, &platform).await?;
        let title = match known {
            Some(row) => Said::new(row.title_zh, row.title_en),
            None if platform == site.parts().hub => Said::new(platform.as_str(), platform.as_str()),
            None => return Err(WebError::not_found()),
        };
        site.ground(&platform, title).await.map_err(WebError::from)
    }
}

#[cfg(test)]
mod tests;
