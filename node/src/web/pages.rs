//! The pages themselves, one file each: what it shows is gathered, then laid out.
//!
//! Pages about the platform's own store take a [`Ground`], so that a hub shows the rows of each
//! platform by the same code; those about operators take the site alone.

pub mod attachments;
pub mod body;
pub mod changes;
pub mod entry;
pub mod ground;
pub mod incoming;
pub mod journal;
pub mod journals;
pub mod operators;
pub mod overview;
pub mod password;
pub mod proof;
pub mod quarantine;
pub mod record;
pub mod records;
pub mod settings;

use axum::extract::FromRef;
use axum::routing::{get, post};

pub use self::ground::{Ground, of_ground};
use super::assets;
use super::guard::{Does, PASSWORD, Route, SIGN_IN, SIGN_OUT};
use super::shell::Shell;
use super::sign_in;
use super::viewer::Role;

/// The routes that every site has: signing in, passwords, operators, the audit, what pages look like.
pub fn of_every_site<S>() -> Vec<Route<S>>
where
    S: Clone + Send + Sync + 'static,
    Shell: FromRef<S>,
{
    vec![
        Route::open(assets::ROUTE, Does::Shows, get(assets::serve)),
        Route::open(SIGN_IN, Does::Shows, get(sign_in::page)),
        Route::open(SIGN_IN, Does::Changes, post(sign_in::enter)),
        Route::changes(SIGN_OUT, Role::Viewer, post(sign_in::leave)),
        Route::shows(PASSWORD, Role::Viewer, get(password::page)),
        Route::changes(PASSWORD, Role::Viewer, post(password::change)),
        Route::shows("/operators", Role::Admin, get(operators::page)),
        Route::changes("/operators", Role::Admin, post(operators::add)),
        Route::changes("/operators/{name}", Role::Admin, post(operators::act)),
        Route::shows("/changes", Role::Operator, get(changes::page)),
    ]
}
