//! What a page says where it cannot show what was asked for. Causes go to the log, not to the page.

use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use maud::{DOCTYPE, html};

use super::assets;
use crate::process::said::{Said, with_causes};
use crate::store::StoreError;

/// Why there is no page.
#[derive(Debug)]
pub struct WebError {
    status: StatusCode,
    said: Said,
    remedy: Said,
}

// === impl WebError ===

impl WebError {
    /// An answer of this kind, in both languages.
    pub fn new(status: StatusCode, said: Said, remedy: Said) -> Self {
        Self { status, said, remedy }
    }

    /// What was asked for is not there.
    pub fn not_found() -> Self {
        Self::new(
            StatusCode::NOT_FOUND,
            Said::new("没有找到", "There is no such thing here"),
            Said::new(
                "请核对地址，或从菜单重新进入",
                "check the address, or begin again from the menu",
            ),
        )
    }

    /// A form or an address that is not understood.
    pub fn bad(said: Said, remedy: Said) -> Self {
        Self::new(StatusCode::BAD_REQUEST, said, remedy)
    }

    /// Whoever looks may not do that.
    pub fn forbidden() -> Self {
        Self::new(
            StatusCode::FORBIDDEN,
            Said::new("没有权限", "You may not do this"),
            Said::new("请联系管理员调整角色", "ask an administrator for the role that may"),
        )
    }

    /// Its status.
    pub fn status(&self) -> StatusCode {
        self.status
    }
}

impl From<StoreError> for WebError {
    fn from(error: StoreError) -> Self {
        let error = with_causes(&error);
        tracing::error!(error, "a page could not be shown: {error}");
        Self::new(
            StatusCode::SERVICE_UNAVAILABLE,
            Said::new("暂时无法读取存储", "The store cannot be read at the moment"),
            Said::new("请稍后重试；原因见运行日志", "try again in a moment; the log says why"),
        )
    }
}

impl IntoResponse for WebError {
    fn into_response(self) -> Response {
        let Self { status, said, remedy } = self;
        let page = html! {
            (DOCTYPE)
            html lang="zh-CN" {
                head {
                    meta charset="utf-8";
                    meta name="viewport" content="width=device-width, initial-scale=1";
                    meta name="color-scheme" content="light dark";
                    title { (said.zh) " · " (said.en) }
                    link rel="stylesheet" href=(assets::STYLE.path());
                    link rel="icon" href=(assets::ICON.path()) type="image/svg+xml";
                }
                body {
                    main #main.alone {
                        h1 { (said.zh) }
                        p { (remedy.zh) "。" }
                        div lang="en" {
                            p { strong { (said.en) ":" } " " (remedy.en) "." }
                        }
                        p { a href="/" { "返回首页 · Home" } }
                    }
                }
            }
        };
        let html = [(header::CONTENT_TYPE, "text/html; charset=utf-8")];
        (status, html, page.into_string()).into_response()
    }
}
