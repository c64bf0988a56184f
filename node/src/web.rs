//! The pages of a branch, and what every page of the house is made of. A hub mounts the same parts.
//!
//! A page is rendered here, whole, and works without scripts: a script only keeps it fresh. Nothing
//! is fetched from anywhere else. Chinese comes first, English is one click away.
//!
//! # Reading order
//!
//! 1. [`shell`]: what all pages of one site share. [`viewer`]: who looks, in which language.
//! 2. [`page`]: head, menu and foot around a page. [`parts`]: what pages are put together from.
//! 3. [`lang`], [`assets`], [`error`], [`form`]: fields of forms and addresses.
//! 4. [`guard`]: who may ask for what. [`session`], [`sign_in`], [`password`]: who somebody is.
//! 5. [`listen`], [`serve`]: from a listener to answers, with bounds.
//! 6. [`pages`]: the pages themselves.

pub mod assets;
pub mod error;
pub mod form;
pub mod guard;
pub mod lang;
pub mod listen;
pub mod live;
pub mod operator;
pub mod page;
pub mod pages;
pub mod parts;
pub mod password;
pub mod serve;
pub mod session;
pub mod shell;
pub mod sign_in;
pub mod site;
pub mod viewer;

#[cfg(test)]
pub(crate) mod tests;
