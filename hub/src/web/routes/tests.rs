use sanheyi_node::web::guard::Does;

use super::*;

/// What each page takes, written down a second time: who changes a role changes it here, too.
const MATRIX: [(&str, Does, Role); 26] = [
    ("/", Does::Shows, Role::Viewer),
    ("/live", Does::Refreshes, Role::Viewer),
    ("/platforms", Does::Shows, Role::Viewer),
    ("/platforms/{platform}", Does::Shows, Role::Viewer),
    ("/platforms/{platform}/live", Does::Refreshes, Role::Viewer),
    ("/search", Does::Shows, Role::Operator),
    ("/search", Does::Changes, Role::Operator),
    ("/looks", Does::Shows, Role::Operator),
    ("/quarantine", Does::Shows, Role::Viewer),
    ("/quarantine/entry/{platform}/{journal}/{sequence}", Does::Shows, Role::Viewer),
    ("/quarantine/plan", Does::Changes, Role::Operator),
    ("/quarantine/reviews", Does::Changes, Role::Operator),
    ("/quarantine/reviews/{id}", Does::Shows, Role::Viewer),
    ("/orders", Does::Shows, Role::Viewer),
    ("/complaints", Does::Shows, Role::Viewer),
    ("/broadcast", Does::Shows, Role::Viewer),
    ("/health", Does::Shows, Role::Viewer),
    ("/health/live", Does::Refreshes, Role::Viewer),
    ("/enrolments", Does::Shows, Role::Admin),
    ("/enrolments", Does::Changes, Role::Admin),
    ("/enrolments/{platform}", Does::Changes, Role::Admin),
    ("/certificates", Does::Shows, Role::Admin),
    ("/certificates/{platform}/revoke", Does::Shows, Role::Admin),
    ("/certificates/{platform}/revoke", Does::Changes, Role::Admin),
    ("/authority", Does::Shows, Role::Admin),
    ("/settings", Does::Shows, Role::Admin),
];

#[test]
fn every_page_takes_the_role_that_is_written_down_and_none_is_forgotten() {
    let shared: Vec<_> = of_every_site::<Site>()
        .into_iter()
        .chain(of_ground(PLATFORM))
        .map(|route| (route.path, route.does))
        .collect();
    let own: Vec<_> = routes()
        .into_iter()
        .filter(|route| !shared.contains(&(route.path.clone(), route.does)))
        .map(|route| (route.path, route.does, route.role))
        .collect();
    let written = MATRIX.map(|(path, does, role)| (path.to_owned(), does, Some(role)));
    assert_eq!(own, written);
}

#[test]
fn nothing_is_changed_by_whoever_may_only_look() {
    for route in routes().into_iter().filter(|route| route.does == Does::Changes) {
        let open = ["/sign-in", "/sign-out", "/password"].contains(&route.path.as_str());
        assert!(open || route.role >= Some(Role::Operator), "{}", route.path);
    }
}

#[test]
fn every_entry_of_the_menu_leads_to_a_page_that_its_role_may_see() {
    for entry in crate::web::menu::MENU {
        let page = routes().into_iter().find(|route| route.path == entry.path);
        assert_eq!(page.unwrap().role, Some(entry.role), "{}", entry.path);
    }
}
