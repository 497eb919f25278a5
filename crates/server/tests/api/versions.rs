//! Pacticipants, their versions, branches and tags.

use insta::assert_snapshot;
use serde_json::{Value, json};

use crate::support::{Answer, TestApp, path_of};

fn names(listed: &Answer, pointer: &str, key: &str) -> Vec<String> {
    let listed = listed.at(pointer);
    listed.as_array().expect("a list").iter().map(|one| one[key].as_str().expect("a name").to_owned()).collect()
}

#[tokio::test]
async fn a_pacticipant_is_created_changed_and_listed() {
    let app = TestApp::start().await;

    let created = app.post("/pacticipants", &json!({"name": "Shop", "mainBranch": "main"})).await.is(201);
    app.patch(&created.link("self"), &json!({"repositoryUrl": "https://git.example.org/shop"})).await.is(200);

    let shown = app.get("/pacticipants/Shop").await.is(200);
    assert_snapshot!(shown.shown(), @r#"
    {
      "name": "Shop",
      "displayName": "Shop",
      "repositoryUrl": "https://git.example.org/shop",
      "mainBranch": "main",
      "createdAt": "2026-11-22T06:48:46+00:00",
      "_embedded": {
        "labels": []
      },
      "_links": {
        "self": {
          "href": "http://pactolus.test/pacticipants/Shop"
        },
        "pb:versions": {
          "href": "http://pactolus.test/pacticipants/Shop/versions"
        },
        "pb:branches": {
          "href": "http://pactolus.test/pacticipants/Shop/branches"
        },
        "pb:deployed-environments": [],
        "pb:version": {
          "title": "Get, create or delete a pacticipant version",
          "href": "http://pactolus.test/pacticipants/Shop/versions/{version}",
          "templated": true
        },
        "pb:version-tag": {
          "title": "Get, create or delete a tag for a version of Shop",
          "href": "http://pactolus.test/pacticipants/Shop/versions/{version}/tags/{tag}",
          "templated": true
        },
        "pb:branch-version": {
          "title": "Get or add/create a version for a branch of Shop",
          "href": "http://pactolus.test/pacticipants/Shop/branches/{branch}/versions/{version}",
          "templated": true
        },
        "pb:label": {
          "title": "Get, create or delete a label for Shop",
          "href": "http://pactolus.test/pacticipants/Shop/labels/{label}",
          "templated": true
        },
        "pb:can-i-deploy-badge": {
          "title": "Badge, whether Shop can be deployed from one tag to another",
          "href": "http://pactolus.test/pacticipants/Shop/latest-version/{tag}/can-i-deploy/to/{environmentTag}/badge",
          "templated": true
        },
        "pb:can-i-deploy-branch-to-environment-badge": {
          "title": "Badge, whether a branch of Shop can be deployed to an environment",
          "href": "http://pactolus.test/pacticipants/Shop/branches/{branch}/latest-version/can-i-deploy/to-environment/{environment}/badge",
          "templated": true
        },
        "versions": {
          "title": "Deprecated - use pb:versions",
          "href": "http://pactolus.test/pacticipants/Shop/versions"
        },
        "curies": [
          {
            "name": "pb",
            "href": "http://pactolus.test/doc/{rel}?context=pacticipant",
            "templated": true
          }
        ]
      }
    }
    "#);
    assert_eq!(names(&app.get("/pacticipants").await.is(200), "/_embedded/pacticipants", "name"), ["Shop"]);
}

#[tokio::test]
async fn a_version_is_put_patched_and_shown() {
    let app = TestApp::start().await;

    app.put("/pacticipants/shop/versions/1", &json!({"buildUrl": "https://ci/1", "tags": [{"name": "a"}]}))
        .await
        .is(201);
    app.put("/pacticipants/shop/versions/1", &json!({"buildUrl": "https://ci/2"})).await.is(200);
    app.patch("/pacticipants/shop/versions/1", &json!({"tags": [{"name": "b"}]})).await.is(200);

    let shown = app.get("/pacticipants/shop/versions/1").await.is(200);
    assert_snapshot!(shown.shown(), @r#"
    {
      "number": "1",
      "buildUrl": "https://ci/2",
      "createdAt": "2026-11-22T06:48:46+00:00",
      "_embedded": {
        "branchVersions": [],
        "tags": [
          {
            "name": "b",
            "_links": {
              "self": {
                "title": "Tag",
                "name": "b",
                "href": "http://pactolus.test/pacticipants/shop/versions/1/tags/b"
              }
            }
          }
        ]
      },
      "_links": {
        "self": {
          "title": "Version",
          "name": "1",
          "href": "http://pactolus.test/pacticipants/shop/versions/1"
        },
        "pb:pacticipant": {
          "title": "Pacticipant",
          "name": "shop",
          "href": "http://pactolus.test/pacticipants/shop"
        },
        "pb:tag": {
          "title": "Get, create or delete a tag for this pacticipant version",
          "href": "http://pactolus.test/pacticipants/shop/versions/1/tags/{tag}",
          "templated": true
        },
        "pb:latest-verification-results-where-pacticipant-is-consumer": {
          "title": "Latest verification results for consumer version",
          "href": "http://pactolus.test/verification-results/consumer/shop/version/1/latest"
        },
        "pb:pact-versions": [],
        "pb:deployed-environments": [],
        "pb:released-environments": [],
        "pb:record-deployment": [],
        "pb:record-release": [],
        "pb:evidence": {
          "title": "What this version answered when it was verified",
          "href": "http://pactolus.test/pacticipants/shop/versions/1/evidence"
        },
        "curies": [
          {
            "name": "pb",
            "href": "http://pactolus.test/doc/{rel}?context=version",
            "templated": true
          }
        ]
      }
    }
    "#);
}

#[tokio::test]
async fn patching_keeps_what_it_does_not_name_and_putting_does_not() {
    let app = TestApp::start().await;
    app.put("/pacticipants/shop/versions/1", &json!({"buildUrl": "https://ci/1"})).await.is(201);

    app.patch("/pacticipants/shop/versions/1", &json!({})).await.is(200);
    assert_eq!(app.get("/pacticipants/shop/versions/1").await.at("/buildUrl"), "https://ci/1");
    app.put("/pacticipants/shop/versions/1", &json!({})).await.is(200);
    assert_eq!(app.get("/pacticipants/shop/versions/1").await.at("/buildUrl"), Value::Null);
}

#[tokio::test]
async fn versions_are_listed_latest_first_in_pages() {
    let app = TestApp::start().await;
    for number in ["10", "9", "2.0", "1"] {
        app.world().consumer("shop").version(number).await;
    }

    let all = app.get("/pacticipants/shop/versions").await.is(200);
    let page = app.get("/pacticipants/shop/versions?page=2&size=3").await.is(200);

    assert_eq!(names(&all, "/_embedded/versions", "number"), ["1", "2.0", "9", "10"]);
    assert_eq!(names(&page, "/_embedded/versions", "number"), ["10"]);
    assert_eq!(page.at("/page"), json!({"number": 2, "size": 3, "totalElements": 4, "totalPages": 2}));
    let previous = app.get(&page.link("previous")).await.is(200);
    assert_eq!(names(&previous, "/_embedded/versions", "number"), ["1", "2.0", "9"]);
}

#[tokio::test]
async fn pages_that_make_no_sense_are_refused() {
    let app = TestApp::start().await;
    app.world().consumer("shop").version("1").await;

    for query in ["page=0", "size=0", "page=-1", "size=x", "page=99999999999999999999"] {
        app.get(&format!("/pacticipants/shop/versions?{query}")).await.is(400);
    }
    app.get("/pacticipants/shop/versions?page=9223372036854775807&size=9223372036854775807").await.is(200);
}

#[tokio::test]
async fn the_latest_version_is_the_one_created_last() {
    let app = TestApp::start().await;
    let shop = app.world().consumer("shop");
    shop.version("9").tag("prod").await;
    shop.version("1").await;

    assert_eq!(app.get("/pacticipants/shop/latest-version").await.is(200).at("/number"), "1");
    assert_eq!(app.get("/pacticipants/shop/latest-version/prod").await.is(200).at("/number"), "9");
    app.get("/pacticipants/shop/latest-version/none").await.is(404);
    app.get("/pacticipants/nobody/latest-version").await.is(404);
}

#[tokio::test]
async fn the_head_of_a_branch_is_the_version_added_last() {
    let app = TestApp::start().await;
    let shop = app.world().consumer("shop");
    shop.version("1").await;
    shop.version("2").branch("main").await;
    app.put_nothing("/pacticipants/shop/branches/main/versions/1").await.is(201);
    app.put_nothing("/pacticipants/shop/branches/main/versions/2").await.is(200);

    let head = app.get("/pacticipants/shop/branches/main/latest-version").await.is(200);

    assert_eq!(head.at("/number"), "1");
    let listed = app.get("/pacticipants/shop/branches/main/versions").await.is(200);
    assert_eq!(listed.at("/_embedded/versions").as_array().map(Vec::len), Some(2));
}

#[tokio::test]
async fn branches_are_listed_and_searched() {
    let app = TestApp::start().await;
    for (number, branch) in [("1", "main"), ("2", "feat/search"), ("3", "feat/pages"), ("4", "100%_done")] {
        app.world().consumer("shop").version(number).branch(branch).await;
    }

    let listed = |query: &'static str| {
        let app = &app;
        async move {
            let listed = app.get(&format!("/pacticipants/shop/branches{query}")).await.is(200);
            let mut names = names(&listed, "/_embedded/branches", "name");
            names.sort_unstable();
            names.join(" ")
        }
    };

    assert_eq!(listed("").await, "100%_done feat/pages feat/search main");
    assert_eq!(listed("?q=feat").await, "feat/pages feat/search");
    assert_eq!(listed("?q=%25").await, "100%_done");
    assert_eq!(listed("?q=_").await, "100%_done");
    app.get("/pacticipants/shop/branches/main").await.is(200);
    app.get("/pacticipants/shop/branches/none").await.is(404);
}

#[tokio::test]
async fn a_tag_is_put_shown_and_removed() {
    let app = TestApp::start().await;
    let tag = "/pacticipants/shop/versions/1/tags/prod";

    let created = app.put(tag, &json!({})).await.is(201);
    assert_snapshot!(created.shown(), @r#"
    {
      "name": "prod",
      "createdAt": "2026-11-22T06:48:46+00:00",
      "_links": {
        "self": {
          "title": "Tag",
          "name": "prod",
          "href": "http://pactolus.test/pacticipants/shop/versions/1/tags/prod"
        },
        "version": {
          "title": "Version",
          "name": "1",
          "href": "http://pactolus.test/pacticipants/shop/versions/1"
        },
        "pacticipant": {
          "title": "Pacticipant",
          "name": "shop",
          "href": "http://pactolus.test/pacticipants/shop"
        }
      }
    }
    "#);
    app.put_nothing(tag).await.is(200);
    app.get(tag).await.is(200);
    app.delete(tag).await.is(204);
    app.get(tag).await.is(404);
    app.delete(tag).await.is(404);
}

#[tokio::test]
async fn removing_a_tag_gives_the_head_to_the_version_before() {
    let app = TestApp::start().await;
    app.world().consumer("shop").version("1").tag("prod").await;
    app.world().consumer("shop").version("2").tag("prod").await;

    app.delete("/pacticipants/shop/versions/2/tags/prod").await.is(204);

    assert_eq!(app.get("/pacticipants/shop/latest-version/prod").await.is(200).at("/number"), "1");
}

#[tokio::test]
async fn the_versions_with_a_tag_are_listed_newest_first_in_pages() {
    let app = TestApp::start().await;
    for number in ["1", "2", "3"] {
        app.put(&format!("/pacticipants/shop/versions/{number}"), &json!({})).await.is(201);
    }
    for number in ["3", "1"] {
        app.put_nothing(&format!("/pacticipants/shop/versions/{number}/tags/prod")).await.is(201);
    }

    let all = app.get("/pacticipants/shop/tags/prod/versions").await.is(200);
    let second = app.get("/pacticipants/shop/tags/prod/versions?page=2&size=1").await.is(200);

    let numbers = [0, 1, 2].map(|index| all.at(&format!("/_embedded/versions/{index}/number")));
    assert_eq!(numbers, [json!("3"), json!("1"), Value::Null]);
    assert_eq!(second.at("/_embedded/versions/0/number"), "1");
    assert_eq!(second.at("/page/totalElements"), 2);
    app.get("/pacticipants/shop/tags/dev/versions").await.is(404);
    app.get("/pacticipants/nobody/tags/prod/versions").await.is(404);
}

#[tokio::test]
async fn badges_are_linked_from_a_pacticipant() {
    let app = TestApp::start().await;
    app.world().environment("production").await;
    app.world().consumer("shop").version("1").branch("main").tag("prod").await;

    let shop = app.get("/pacticipants/shop").await.is(200);

    let values =
        [("{tag}", "prod"), ("{environmentTag}", "prod"), ("{branch}", "main"), ("{environment}", "production")];
    for relation in ["pb:can-i-deploy-badge", "pb:can-i-deploy-branch-to-environment-badge"] {
        let address = values.iter().fold(shop.link(relation), |href, (name, value)| href.replace(name, value));
        assert!(app.get(&address).await.is(200).text().starts_with("<svg"), "{address}");
    }
}

#[tokio::test]
async fn a_tag_named_like_an_environment_records_a_deployment() {
    let app = TestApp::start().await;
    let environment = app.world().environment("production").await;
    app.world().consumer("shop").version("1").await;

    app.put_nothing("/pacticipants/shop/versions/1/tags/production").await.is(201);

    let deployed = app.get(&format!("{environment}/deployed-versions/currently-deployed")).await.is(200);
    assert_eq!(deployed.at("/_embedded/deployedVersions/0/_embedded/version/number"), "1");
}

/// Names that people and pipelines give, each as pacticipant, version, branch and tag.
const ODD_NAMES: [&str; 23] = [
    "feat/search",
    "a b",
    " leading and trailing ",
    "Zoë ß ☃ 漢字",
    "100%",
    "%2F",
    "%252F",
    "a+b",
    "..",
    ".",
    "../../etc/passwd",
    "'; drop table version; --",
    "\"quoted\"",
    "back\\slash",
    "😀👩‍👩‍👧",
    "a?b#c",
    "a&b=c;d",
    "{braces}",
    "<script>alert(1)</script>",
    "latest",
    "e\u{301} decomposed",
    "\u{202e}right to left",
    "~!@$^*()_-=[]|:,`",
];

#[tokio::test]
async fn odd_names_are_kept_as_they_are() {
    let app = TestApp::start().await;

    for name in ODD_NAMES {
        let version = path_of(&["pacticipants", name, "versions", name]);
        app.put(&version, &json!({})).await.is(201);
        let shown = app.get(&version).await.is(200);
        assert_eq!(shown.at("/number"), name);
        app.get(&shown.link("self")).await.is(200);
        app.get(&shown.link("pb:pacticipant")).await.is(200);
        let branch_version = path_of(&["pacticipants", name, "branches", name, "versions", name]);
        let branch_version = app.put_nothing(&branch_version).await.is(201);
        app.get(&branch_version.link("self")).await.is(200);
        let head = path_of(&["pacticipants", name, "branches", name, "latest-version"]);
        assert_eq!(app.get(&head).await.is(200).at("/number"), name);
        let tag = app.put_nothing(&path_of(&["pacticipants", name, "versions", name, "tags", name])).await.is(201);
        assert_eq!(app.get(&tag.link("self")).await.is(200).at("/name"), name);
        let latest = app.get(&path_of(&["pacticipants", name, "latest-version", name])).await.is(200);
        assert_eq!(latest.at("/number"), name);
    }
}

#[tokio::test]
async fn contracts_between_odd_names_are_published_verified_and_asked_about() {
    let app = TestApp::with(|settings| settings.check_similar_names = false).await;
    let world = app.world();

    for name in ODD_NAMES {
        let provider = format!("{name} provider");
        world.consumer(name).version(name).branch(name).tag(name).contract_with(&provider, &[name]).await;
        world.provider(&provider).version(name).tag("to").verifies(name, name).await;
        let query = crate::support::query_of(&[("pacticipant", name), ("version", name), ("to", "to")]);
        let verdict = app.get(&format!("/can-i-deploy{query}")).await.is(200);
        assert_eq!(verdict.at("/summary/deployable"), true, "{name}: {verdict:?}");
        let served =
            app.get(&path_of(&["pacts", "provider", &provider, "consumer", name, "latest", name])).await.is(200);
        app.get(&served.link("self")).await.is(200);
        app.get(&served.link("pb:matrix-for-consumer-version")).await.is(200);
    }
}

#[tokio::test]
async fn the_longest_name_has_512_characters() {
    let app = TestApp::start().await;
    let longest = "😀".repeat(512);
    let too_long = "x".repeat(513);

    let created =
        app.put_nothing(&path_of(&["pacticipants", &longest, "versions", &longest, "tags", &longest])).await.is(201);
    app.get(&created.link("self")).await.is(200);
    app.put_nothing(&path_of(&["pacticipants", "shop", "branches", &longest, "versions", &longest])).await.is(201);
    for address in [
        path_of(&["pacticipants", &too_long, "versions", "1", "tags", "a"]),
        path_of(&["pacticipants", "shop", "versions", &too_long, "tags", "a"]),
        path_of(&["pacticipants", "shop", "versions", "1", "tags", &too_long]),
    ] {
        app.put_nothing(&address).await.is(400);
    }
}

#[tokio::test]
async fn names_are_told_apart_exactly() {
    let app = TestApp::start().await;
    app.world().consumer("Shop").version("1").await;

    app.get("/pacticipants/shop").await.is(404);
    app.get("/pacticipants/Shop%20").await.is(404);
    app.get("/pacticipants/Shop/versions/1.0").await.is(404);
}

#[tokio::test]
async fn versions_are_listed_by_tag_and_by_environment() {
    let app = TestApp::start().await;
    for (version, tag) in [("1", "prod"), ("2", "prod"), ("3", "dev")] {
        app.put_nothing(&format!("/pacticipants/shop/versions/{version}/tags/{tag}")).await.is(201);
    }
    let address = app.world().environment("production").await;
    let (_, id) = address.rsplit_once('/').expect("an address with a UUID");
    app.world().deployed("shop", "1", "production").await;
    app.world().deployed("shop", "3", "production").await;
    app.world().released("shop", "3", "production").await;

    for (which, title, expected) in [
        ("tags/prod".to_string(), "Versions of shop with tag prod", ["2", "1"]),
        (format!("environments/{id}"), "Versions for shop in environment Production", ["3", "1"]),
    ] {
        let listed = app.get(&format!("/pacticipants/shop/{which}/versions")).await.is(200);
        assert_eq!(listed.text_at("/_links/self/title"), title);
        let numbers = [listed.text_at("/_embedded/versions/0/number"), listed.text_at("/_embedded/versions/1/number")];
        assert_eq!(numbers, expected);
        let beyond = app.get(&format!("/pacticipants/shop/{which}/versions?page=3&size=1")).await.is(200);
        assert_eq!((beyond.at("/_embedded/versions"), beyond.at("/page/totalElements")), (json!([]), json!(2)));
    }
    for which in ["tags/none".to_string(), format!("environments/{}", uuid::Uuid::nil()), "environments/x".into()] {
        app.get(&format!("/pacticipants/shop/{which}/versions")).await.is(404);
    }
    app.get(&format!("/pacticipants/nobody/environments/{id}/versions")).await.is(404);
}
