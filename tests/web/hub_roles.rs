//! Every route of a hub, asked for by every role over plain HTTP: it is answered, refused, or sent
//! to sign in, as the table of routes says and as nothing else does.

use std::fmt::Write as _;

use sanheyi_hub::web::routes;
use sanheyi_node::process::clock::Clock as _;
use sanheyi_node::process::clock::SystemClock;
use sanheyi_node::web::guard::Does;
use sanheyi_node::web::viewer::Role;
use sanheyi_tests::knobs::Ground;
use sanheyi_tests::patience::within;
use sanheyi_tests::world::World;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::stage::{WORD, name, operators};

/// Whoever asks: the cookie of a session and the token of its forms; both empty for a stranger.
#[derive(Default)]
struct Caller {
    cookie: String,
    token: String,
}

/// Asks, and gives the connection with the head of the answer read.
async fn ask(
    world: &World,
    method: &str,
    path: &str,
    who: &Caller,
    form: &str,
) -> (TcpStream, String) {
    let address = world.hub.pages();
    let mut line = TcpStream::connect(address).await.unwrap();
    let mut text = format!("{method} {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n");
    if !who.cookie.is_empty() {
        write!(text, "Cookie: {}\r\n", who.cookie).unwrap();
    }
    if method == "POST" {
        let form = format!("form_token={}&{form}", who.token);
        let kind = "application/x-www-form-urlencoded";
        write!(text, "Content-Type: {kind}\r\nContent-Length: {}\r\n\r\n{form}", form.len())
            .unwrap();
    } else {
        text.push_str("\r\n");
    }
    line.write_all(text.as_bytes()).await.unwrap();
    let mut head = Vec::new();
    within(path, async {
        while !head.ends_with(b"\r\n\r\n") {
            head.push(line.read_u8().await.unwrap());
        }
    })
    .await;
    (line, String::from_utf8(head).unwrap())
}

/// The value of a header.
fn header<'a>(head: &'a str, name: &str) -> &'a str {
    let lines = head.lines().filter_map(|line| line.split_once(": "));
    lines.into_iter().find(|(key, _)| *key == name).map_or("", |(_, value)| value)
}

fn code(head: &str) -> u16 {
    head.split(' ').nth(1).unwrap().parse().unwrap()
}

async fn sign_in(world: &World, role: Role) -> Caller {
    let form = format!("name={}&password={}", name(role), WORD.replace(' ', "+"));
    let (_, head) = ask(world, "POST", "/sign-in", &Caller::default(), &form).await;
    assert_eq!((code(&head), header(&head, "location")), (303, "/"), "{head}");
    let cookie = header(&head, "set-cookie").split(';').next().unwrap().to_owned();
    let mut who = Caller { cookie, token: String::new() };
    let (mut line, _) = ask(world, "GET", "/password", &who, "").await;
    let mut page = String::new();
    line.read_to_string(&mut page).await.unwrap();
    let token = page.split("name=\"form_token\" value=\"").nth(1).unwrap();
    who.token = token.split('"').next().unwrap().to_owned();
    who
}

/// The path with something in the place of what a route leaves open.
fn filled(path: &str) -> String {
    let parts = path.split('/').map(|part| match part {
        "{platform}" => "jintan",
        part if part.starts_with('{') => "1",
        part => part,
    });
    parts.collect::<Vec<_>>().join("/")
}

/// What became of it: may, `403`, or sent to sign in.
fn fate(head: &str) -> &'static str {
    match (code(head), header(head, "location")) {
        (303, to) if to.starts_with("/sign-in") => "signs in first",
        (403, _) => "refused",
        _ => "may",
    }
}

async fn begun(seed: u64) -> World {
    let world = World::begun(Ground::Sqlite, SystemClock.now(), seed, &["jintan"]).await;
    operators(&world.hub.store(&world.setup().hub), &world.clock).await;
    world
}

#[tokio::test]
async fn every_route_is_for_whom_it_is_and_nobody_else() {
    let world = begun(750).await;
    let mut callers = vec![(None, Caller::default())];
    for role in Role::ALL {
        callers.push((Some(role), sign_in(&world, role).await));
    }
    let mut asked = 0;
    // Who signs out has no session any more: the story below does.
    for route in routes().into_iter().filter(|route| route.path != "/sign-out") {
        let method = if route.does == Does::Changes { "POST" } else { "GET" };
        let path = filled(&route.path);
        for (role, who) in &callers {
            let due = match (route.role, role) {
                (None, _) => "may",
                (Some(_), None) => "signs in first",
                (Some(least), Some(role)) if *role < least => "refused",
                _ => "may",
            };
            let (_, head) = ask(&world, method, &path, who, "").await;
            assert_eq!(fate(&head), due, "{method} {path} by {role:?}: {head}");
            assert!(code(&head) < 500, "{method} {path} by {role:?}: {head}");
            asked += 1;
            if method == "POST" && route.role.is_some() && role.is_some() {
                let forged = Caller { cookie: who.cookie.clone(), token: "forged".into() };
                let (_, head) = ask(&world, method, &path, &forged, "").await;
                assert_eq!(fate(&head), "refused", "{path} by {role:?} without its form");
            }
        }
    }
    assert!(asked > 150, "{asked}");
}

#[tokio::test]
async fn what_keeps_a_page_fresh_ends_when_its_reader_signs_out() {
    let world = begun(751).await;
    let (leaves, stays) =
        (sign_in(&world, Role::Viewer).await, sign_in(&world, Role::Viewer).await);
    let (mut line, head) = ask(&world, "GET", "/live", &leaves, "").await;
    assert_eq!((code(&head), header(&head, "content-type")), (200, "text/event-stream"));
    let (mut other, _) = ask(&world, "GET", "/live", &stays, "").await;
    let mut first = [0; 64];
    assert!(line.read(&mut first).await.unwrap() > 0, "all is said at once");
    let (_, head) = ask(&world, "POST", "/sign-out", &leaves, "").await;
    assert_eq!(code(&head), 303, "{head}");
    let mut rest = Vec::new();
    within("the stream ends", line.read_to_end(&mut rest)).await.unwrap();
    let (_, head) = ask(&world, "GET", "/live", &leaves, "").await;
    assert_eq!(fate(&head), "signs in first");
    assert!(other.read(&mut first).await.unwrap() > 0, "whoever stays goes on reading");
    let (_, head) = ask(&world, "GET", "/live", &stays, "").await;
    assert_eq!(code(&head), 200);
}
