//! Ready-made requests: what arrives is what the receivers' API descriptions ask for, whatever the names are like.

use insta::assert_snapshot;
use serde_json::{Value, json};

use crate::support::{Received, Receiver, TestApp, base64, open_to_receiver};

/// A webhook made from a preset, told of a contract, and of a result for it.
async fn told(preset: &str, parameters: Value, consumer: &str, version: &str, provider: &str) -> Vec<Received> {
    let receiver = Receiver::start().await;
    let app = TestApp::with(open_to_receiver).await;
    let mut parameters = parameters;
    for (_, value) in parameters.as_object_mut().expect("parameters") {
        *value = value.as_str().expect("a text").replace("RECEIVER", &receiver.url("")).into();
    }
    let body = json!({
        "events": [{"name": "contract_published"}, {"name": "provider_verification_published"}],
        "preset": {"name": preset, "parameters": parameters},
    });
    app.post("/webhooks", &body).await.is(201);

    app.world().consumer(consumer).version(version).branch("main").contract_with(provider, &["a"]).await;
    app.run_jobs().await;
    app.world().provider(provider).version("40").fails(consumer, version).await;
    app.run_jobs().await;

    let both = receiver.received();
    assert_eq!(both.len(), 2);
    both
}

const COMMIT: &str = "6dcb09b5b57875f334f61aebed695e2e4193db5e";

/// With ordinary names, and with the longest.
async fn check(preset: &str, parameters: Value, target: &str, headers: &[(&str, &str)], schema: Value) -> Vec<Value> {
    let validator = jsonschema::validator_for(&schema).expect("a schema");
    let of_ordinary = told(preset, parameters.clone(), "shop", COMMIT, "stock").await;
    let consumer = format!("<!channel> \"&'/{}", "ü".repeat(200));
    let of_long = told(preset, parameters, &consumer, COMMIT, &"stöck".repeat(50)).await;

    for received in of_ordinary.iter().chain(&of_long) {
        assert_eq!((received.method.as_str(), received.target.as_str()), ("POST", target));
        assert_eq!(received.header("content-type"), "application/json");
        for (name, value) in headers {
            assert_eq!(received.header(name), *value, "{name}");
        }
        let body = received.json();
        assert!(!received.body.contains("${"), "{body}");
        let errors: Vec<String> =
            validator.iter_errors(&body).map(|error| format!("{}: {error}", error.instance_path())).collect();
        assert!(errors.is_empty(), "{errors:?}\n{body:#}");
    }
    of_ordinary.iter().map(Received::json).collect()
}

#[tokio::test]
async fn a_github_commit_shows_the_result() {
    let parameters = json!({"owner": "acme", "repository": "shop", "token": "t0ken", "base_url": "RECEIVER/api/v3/"});
    let schema = json!({
        "type": "object",
        "required": ["state"],
        "additionalProperties": false,
        "properties": {
            "state": {"enum": ["error", "failure", "pending", "success"]},
            "target_url": {"type": "string", "pattern": "^https?://"},
            "description": {"type": "string", "maxLength": 140},
            "context": {"type": "string", "minLength": 1, "maxLength": 255},
        },
    });
    let headers = [
        ("authorization", "Bearer t0ken"),
        ("accept", "application/vnd.github+json"),
        ("x-github-api-version", "2022-11-28"),
    ];
    let target = format!("/api/v3/repos/acme/shop/statuses/{COMMIT}");

    let bodies = check("github-commit-status", parameters, &target, &headers, schema).await;

    assert_eq!(bodies[0]["state"], "pending");
    assert_eq!(bodies[1]["state"], "failure");
    assert_eq!(bodies[1]["context"], "pact/stock");
    assert_eq!(bodies[1]["description"], "Contract with stock: failure");
}

#[tokio::test]
async fn github_workflows_are_started() {
    let parameters = json!({"owner": "acme", "repository": "stock", "token": "t0ken", "base_url": "RECEIVER"});
    let schema = json!({
        "type": "object",
        "required": ["event_type"],
        "additionalProperties": false,
        "properties": {
            "event_type": {"type": "string", "minLength": 1, "maxLength": 100},
            "client_payload": {"type": "object", "maxProperties": 10, "additionalProperties": {"type": "string"}},
        },
    });
    let headers = [("authorization", "Bearer t0ken"), ("accept", "application/vnd.github+json")];

    let bodies =
        check("github-repository-dispatch", parameters, "/repos/acme/stock/dispatches", &headers, schema).await;

    assert_eq!(bodies[0]["event_type"], "contract_published");
    assert_eq!(bodies[0]["client_payload"]["consumerVersionBranch"], "main");
    assert_eq!(bodies[0]["client_payload"]["providerVersionNumber"], "");
    assert_eq!(bodies[1]["client_payload"]["providerVersionNumber"], "40");
}

#[tokio::test]
async fn a_gitlab_commit_shows_the_result() {
    let parameters = json!({"project": "acme/shop", "token": "t0ken", "base_url": "RECEIVER"});
    let schema = json!({
        "type": "object",
        "required": ["state"],
        "additionalProperties": false,
        "properties": {
            "state": {"enum": ["pending", "running", "success", "failed", "canceled", "skipped"]},
            "name": {"type": "string", "minLength": 1, "maxLength": 255},
            "target_url": {"type": "string", "pattern": "^https?://", "maxLength": 255},
            "description": {"type": "string", "maxLength": 255},
        },
    });
    let target = format!("/api/v4/projects/acme%2Fshop/statuses/{COMMIT}");

    let bodies = check("gitlab-commit-status", parameters, &target, &[("private-token", "t0ken")], schema).await;

    assert_eq!(bodies[1]["state"], "failed");
}

#[tokio::test]
async fn a_gitlab_pipeline_is_triggered() {
    let parameters = json!({"project": "42", "token": "t0ken", "ref": "trunk", "base_url": "RECEIVER"});
    let schema = json!({
        "type": "object",
        "required": ["token", "ref"],
        "additionalProperties": false,
        "properties": {
            "token": {"const": "t0ken"},
            "ref": {"const": "trunk"},
            "variables": {
                "type": "object",
                "propertyNames": {"pattern": "^[a-zA-Z0-9_]+$", "maxLength": 255},
                "additionalProperties": {"type": "string"},
            },
        },
    });

    let bodies =
        check("gitlab-pipeline-trigger", parameters, "/api/v4/projects/42/trigger/pipeline", &[], schema).await;

    assert_eq!(bodies[0]["variables"]["PACT_CONSUMER_VERSION"], COMMIT);
    assert!(bodies[0]["variables"]["PACT_URL"].as_str().is_some_and(|url| url.contains("/pact-version/")));
}

#[tokio::test]
async fn a_bitbucket_commit_shows_the_result() {
    let parameters = json!({"workspace": "acme", "repository": "shop", "token": "t0ken", "base_url": "RECEIVER"});
    let schema = json!({
        "type": "object",
        "required": ["key", "state", "url"],
        "additionalProperties": false,
        "properties": {
            "key": {"type": "string", "minLength": 1, "maxLength": 40},
            "state": {"enum": ["SUCCESSFUL", "FAILED", "INPROGRESS", "STOPPED"]},
            "url": {"type": "string", "pattern": "^https?://"},
            "name": {"type": "string", "maxLength": 255},
            "description": {"type": "string", "maxLength": 255},
        },
    });
    let target = format!("/2.0/repositories/acme/shop/commit/{COMMIT}/statuses/build");
    let headers = [("authorization", "Bearer t0ken")];

    let bodies = check("bitbucket-build-status", parameters, &target, &headers, schema).await;

    assert_eq!((&bodies[0]["state"], &bodies[1]["state"]), (&json!("INPROGRESS"), &json!("FAILED")));
}

#[tokio::test]
async fn a_commit_in_azure_repos_shows_the_result() {
    let parameters = json!({
        "organization": "acme", "project": "The Shop", "repository": "shop", "token": "t0ken", "base_url": "RECEIVER",
    });
    let schema = json!({
        "type": "object",
        "required": ["state", "context"],
        "additionalProperties": false,
        "properties": {
            "state": {"enum": ["notSet", "pending", "succeeded", "failed", "error", "notApplicable"]},
            "description": {"type": "string"},
            "targetUrl": {"type": "string", "pattern": "^https?://"},
            "context": {
                "type": "object",
                "required": ["name"],
                "additionalProperties": false,
                "properties": {"name": {"type": "string", "minLength": 1, "maxLength": 128},
                               "genre": {"type": "string", "maxLength": 128}},
            },
        },
    });
    let target = format!("/acme/The%20Shop/_apis/git/repositories/shop/commits/{COMMIT}/statuses?api-version=7.0");
    let authorization = format!("Basic {}", base64(":t0ken"));

    let headers = [("authorization", authorization.as_str())];
    let bodies = check("azure-devops-commit-status", parameters, &target, &headers, schema).await;

    assert_eq!((&bodies[0]["state"], &bodies[1]["state"]), (&json!("pending"), &json!("failed")));
}

#[tokio::test]
async fn a_pipeline_of_azure_devops_is_run() {
    let parameters = json!({
        "organization": "acme", "project": "Shop", "pipeline": "12", "token": "t0ken", "base_url": "RECEIVER",
    });
    let schema = json!({
        "type": "object",
        "additionalProperties": false,
        "properties": {
            "resources": {
                "type": "object",
                "additionalProperties": false,
                "properties": {"repositories": {
                    "type": "object",
                    "additionalProperties": {
                        "type": "object",
                        "properties": {"refName": {"type": "string", "pattern": "^refs/(heads|tags)/."}},
                    },
                }},
            },
            "variables": {
                "type": "object",
                "additionalProperties": {
                    "type": "object",
                    "required": ["value"],
                    "additionalProperties": false,
                    "properties": {"value": {"type": "string"}, "isSecret": {"type": "boolean"}},
                },
            },
        },
    });
    let authorization = format!("Basic {}", base64(":t0ken"));
    let headers = [("authorization", authorization.as_str())];

    let target = "/acme/Shop/_apis/pipelines/12/runs?api-version=7.0";
    let bodies = check("azure-devops-pipeline", parameters, target, &headers, schema).await;

    assert_eq!(bodies[0]["resources"]["repositories"]["self"]["refName"], "refs/heads/main");
    assert_eq!(bodies[0]["variables"]["PACT_EVENT"]["value"], "contract_published");
}

#[tokio::test]
async fn a_slack_channel_is_told_and_nobody_is_called_by_a_name() {
    let text = |kinds: Value| {
        json!({
            "type": "object",
            "required": ["type", "text"],
            "additionalProperties": false,
            "properties": {"type": {"enum": kinds}, "text": {"type": "string", "minLength": 1, "maxLength": 3000}},
        })
    };
    let schema = json!({
        "type": "object",
        "required": ["text"],
        "additionalProperties": false,
        "properties": {
            // Read as markup, so no name may stand here.
            "text": {"type": "string", "minLength": 1, "maxLength": 40000, "pattern": "^[^<>&]*$"},
            "blocks": {
                "type": "array",
                "maxItems": 50,
                "items": {"oneOf": [
                    {
                        "required": ["type", "text"],
                        "additionalProperties": false,
                        "properties": {"type": {"const": "section"}, "text": text(json!(["plain_text", "mrkdwn"]))},
                    },
                    {
                        "required": ["type", "elements"],
                        "additionalProperties": false,
                        "properties": {
                            "type": {"const": "context"},
                            "elements": {"type": "array", "maxItems": 10, "items": text(json!(["plain_text"]))},
                        },
                    },
                ]},
            },
        },
    });

    let parameters = json!({"url": "RECEIVER/services/T0/B0/s3cret"});
    let bodies = check("slack", parameters, "/services/T0/B0/s3cret", &[], schema).await;

    assert_eq!(bodies[1]["blocks"][0]["text"]["text"], "Contract of shop with stock: failure");
    let link = bodies[1]["blocks"][2]["text"]["text"].as_str().expect("a text");
    assert!(link.starts_with("<http://pactolus.test/pacts/") && link.ends_with("|Contract>"), "{link}");
}

#[tokio::test]
async fn a_teams_channel_gets_an_adaptive_card() {
    let schema = json!({
        "type": "object",
        "required": ["type", "attachments"],
        "additionalProperties": false,
        "properties": {
            "type": {"const": "message"},
            "attachments": {
                "type": "array",
                "minItems": 1,
                "maxItems": 1,
                "items": {
                    "type": "object",
                    "required": ["contentType", "content"],
                    "properties": {
                        "contentType": {"const": "application/vnd.microsoft.card.adaptive"},
                        "contentUrl": {"type": "null"},
                        "content": {
                            "type": "object",
                            "required": ["type", "version", "body"],
                            "properties": {
                                "type": {"const": "AdaptiveCard"},
                                "version": {"enum": ["1.2", "1.3", "1.4"]},
                                "body": {"type": "array", "items": {
                                    "required": ["type"],
                                    "properties": {
                                        "type": {"enum": ["TextBlock", "FactSet"]},
                                        "text": {"type": "string", "minLength": 1},
                                        "facts": {"items": {
                                            "required": ["title", "value"],
                                            "properties": {"value": {"type": "string", "minLength": 1}},
                                        }},
                                    },
                                }},
                                "actions": {"type": "array", "items": {
                                    "required": ["type", "url"],
                                    "properties": {
                                        "type": {"const": "Action.OpenUrl"},
                                        "url": {"type": "string", "pattern": "^https?://"},
                                    },
                                }},
                            },
                        },
                    },
                },
            },
        },
    });

    let parameters = json!({"url": "RECEIVER/workflows/1/invoke?api-version=1&sig=s3cret"});
    let target = "/workflows/1/invoke?api-version=1&sig=s3cret";
    let bodies = check("microsoft-teams", parameters, target, &[], schema).await;

    let facts = &bodies[1]["attachments"][0]["content"]["body"][1]["facts"];
    assert_eq!(facts[2], json!({"title": "Provider", "value": "stock 40"}));
}

#[tokio::test]
async fn a_preset_is_shown_with_its_request_and_no_secret() {
    let app = TestApp::start().await;
    let parameters = json!({"project": 42, "token": "s3cret"});
    let body = json!({
        "events": [{"name": "contract_published"}],
        "preset": {"name": "gitlab-pipeline-trigger", "parameters": parameters},
    });

    let created = app.post("/webhooks", &body).await.is(201);

    let shown = app.get(&created.link("self")).await.is(200);
    assert!(!shown.text().contains("s3cret") && !created.text().contains("s3cret"), "{shown:?}");
    assert_snapshot!(shown.at("/preset"), @r#"{"name":"gitlab-pipeline-trigger","parameters":{"project":"42","token":"**********"}}"#);
    assert_eq!(shown.text_at("/request/url"), "https://gitlab.com/api/v4/projects/42/trigger/pipeline");
    assert_eq!(shown.text_at("/request/body/token"), "**********");
    assert_eq!(shown.text_at("/description"), "POST gitlab.com");
}

#[tokio::test]
async fn secrets_of_a_preset_that_come_back_masked_stay() {
    let receiver = Receiver::start().await;
    let app = TestApp::with(open_to_receiver).await;
    let body = json!({
        "events": [{"name": "contract_published"}],
        "preset": {"name": "slack", "parameters": {"url": receiver.url("/services/s3cret")}},
    });
    let created = app.post("/webhooks", &body).await.is(201);

    let mut shown = app.get(&created.link("self")).await.is(200).json();
    assert_eq!(shown["preset"]["parameters"]["url"], receiver.url("/**********"));
    shown["description"] = "changed".into();
    // The preset decides.
    shown["request"]["url"] = "https://elsewhere.example.org/".into();
    app.put(&created.link("self"), &shown).await.is(200);
    app.world().consumer("shop").version("1").contract_with("stock", &["a"]).await;
    app.run_jobs().await;

    assert_eq!(receiver.received()[0].target, "/services/s3cret");
    let mut without = shown.clone();
    without.as_object_mut().expect("a webhook").remove("preset");
    without["request"]["url"] = receiver.url("/**********").into();
    let refused = app.put(&created.link("self"), &without).await.is(400);
    assert!(refused.text_at("/errors/request/0").contains("send the preset along"), "{refused:?}");
}

#[tokio::test]
async fn secrets_of_a_preset_do_not_follow_to_another_place() {
    let app = TestApp::start().await;
    let preset = |name: &str, parameters: Value| json!({"events": [{"name": "contract_published"}], "preset": {"name": name, "parameters": parameters}});
    let given = json!({"owner": "acme", "repository": "shop", "token": "s3cret"});
    let created = app.post("/webhooks", &preset("github-commit-status", given.clone())).await.is(201);
    let address = created.link("self");
    let mut masked = given;
    masked["token"] = "**********".into();

    let mut moved = masked.clone();
    moved["base_url"] = "https://github.example.org/api/v3".into();
    let moved = app.put(&address, &preset("github-commit-status", moved)).await.is(400);
    let other = app.put(&address, &preset("github-repository-dispatch", masked.clone())).await.is(400);
    let new = app.post("/webhooks", &preset("github-commit-status", masked)).await.is(400);

    assert_snapshot!(moved.shown(), @r#"
    {
      "errors": {
        "preset.parameters.token": [
          "must be given again, since it would go to another scheme, host or port"
        ]
      }
    }
    "#);
    assert_snapshot!(other.shown(), @r#"
    {
      "errors": {
        "preset.parameters.token": [
          "is masked, and no value is known: give it again"
        ]
      }
    }
    "#);
    assert_eq!(new.at("/errors"), other.at("/errors"));
}

#[tokio::test]
async fn a_preset_goes_only_where_webhooks_may_go() {
    let app = TestApp::with(open_to_receiver).await;
    let body = json!({
        "events": [{"name": "contract_published"}],
        "preset": {"name": "slack", "parameters": {"url": "https://hooks.slack.com/services/s3cret"}},
    });

    let refused = app.post("/webhooks", &body).await.is(400);

    assert!(refused.text_at("/errors/preset.url/0").starts_with("host must be in the whitelist"), "{refused:?}");
}

#[tokio::test]
async fn a_wrong_preset_is_refused_with_what_there_is() {
    let app = TestApp::start().await;
    let refused = async |preset: Value| {
        let body = json!({"events": [{"name": "contract_published"}], "preset": preset});
        app.post("/webhooks", &body).await.is(400).shown()
    };

    assert_snapshot!(refused(json!({"name": "irc"})).await, @r#"
    {
      "errors": {
        "preset.name": [
          "must be one of: azure-devops-commit-status, azure-devops-pipeline, bitbucket-build-status, github-commit-status, github-repository-dispatch, gitlab-commit-status, gitlab-pipeline-trigger, slack, microsoft-teams"
        ]
      }
    }
    "#);
    assert_snapshot!(refused(json!({"name": "slack", "parameters": {"channel": "x"}})).await, @r#"
    {
      "errors": {
        "preset.parameters.channel": [
          "is no parameter of slack, which has: url"
        ],
        "preset.parameters.url": [
          "is missing: the address of an incoming webhook, such as https://hooks.slack.com/services/T…/B…/…"
        ]
      }
    }
    "#);
}

#[tokio::test]
async fn the_presets_are_listed() {
    let app = TestApp::start().await;

    let index = app.get("/").await.is(200);
    let listed = app.get(&index.link("pb:webhook-presets")).await.is(200);

    let names: Vec<Value> =
        listed.at("/_embedded/presets").as_array().expect("a list").iter().map(|one| one["name"].clone()).collect();
    assert_eq!(names.len(), 9);
    assert_snapshot!(serde_json::to_string_pretty(&listed.at("/_embedded/presets/6")).unwrap(), @r#"
    {
      "name": "gitlab-pipeline-trigger",
      "description": "Starts a GitLab pipeline with the contract in its variables.",
      "parameters": [
        {
          "name": "project",
          "required": true,
          "secret": false,
          "example": "acme/shop",
          "description": "the project's path or its number"
        },
        {
          "name": "token",
          "required": true,
          "secret": true,
          "example": "glptt-…",
          "description": "a pipeline trigger token of the project"
        },
        {
          "name": "ref",
          "required": false,
          "secret": false,
          "default": "main",
          "example": "main",
          "description": "the branch or tag to run"
        },
        {
          "name": "base_url",
          "required": false,
          "secret": false,
          "default": "https://gitlab.com",
          "example": "https://gitlab.com",
          "description": "where GitLab is"
        }
      ]
    }
    "#);
}
