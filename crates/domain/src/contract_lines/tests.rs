use super::*;

/// The first interaction of a contract: its parts with their fields, lines and rules, as text.
fn shown(text: &str) -> String {
    let interaction = Readable::parse(text).unwrap().interaction(0).unwrap();
    let mut out: Vec<String> =
        interaction.states.iter().map(|(name, params)| format!("given {name} {params}")).collect();
    for part in &interaction.parts {
        let words = [part.method.as_deref(), part.path.as_deref(), part.status.as_deref()];
        let head: Vec<&str> = words.into_iter().flatten().collect();
        out.push(format!(
            "{:?} {}{}",
            part.kind,
            head.join(" "),
            rule(part.path_rule.as_ref().or(part.status_rule.as_ref()))
        ));
        for field in &part.fields {
            out.push(format!("  {}: {}{}", field.name, field.value, rule(field.rule.as_ref())));
        }
        match &part.body.shown {
            Shown::Absent => {}
            Shown::Json(lines) => out.extend(lines.iter().map(line)),
            Shown::Text(lines) => out.extend(lines.iter().map(|line| format!("  | {line}"))),
            Shown::Bytes(bytes) => out.push(format!("  {} bytes", bytes.len())),
        }
        out.extend(part.unbound.iter().map(|(path, one)| format!("  unbound {path}{}", rule(Some(one)))));
    }
    out.iter().map(|line| line.trim_end()).collect::<Vec<_>>().join("\n")
}

fn rule(rule: Option<&Rule>) -> String {
    rule.map(|rule| format!(" <- {} {}", rule.words, rule.code).trim_end().to_owned()).unwrap_or_default()
}

fn line(line: &BodyLine) -> String {
    let key = line.key.as_ref().map(|key| format!("{key}: ")).unwrap_or_default();
    let token = match &line.token {
        Token::Mark(mark) | Token::Word(mark) => (*mark).to_owned(),
        Token::Text(text) | Token::Number(text) => text.clone(),
        Token::Folded(count) => format!("{count} more"),
    };
    let comma = if line.has_comma { "," } else { "" };
    format!("  {}{key}{token}{comma}{}", "  ".repeat(line.depth), rule(line.rule.as_ref()))
}

#[test]
fn rules_of_version_2_stand_at_what_they_bind() {
    let text = r#"{"interactions":[{"description":"d","providerState":"there are items",
        "request":{"method":"get","path":"/items/7","query":"page=1&q=a%20b","headers":{"Accept":"application/json"},
          "matchingRules":{"$.path":{"match":"regex","regex":"/items/\\d+"},"$.query.page":{"match":"type"},"$.headers.accept":{"regex":"json"}}},
        "response":{"status":200,"body":{"items":[{"id":7,"name":"pen"}],"total":1.50},
          "matchingRules":{"$.body.items":{"min":1},"$.body.items[*].*":{"match":"type"},"$.body.items[*].id":{"match":"integer"},"$.body.gone":{"match":"type"}}}}],
        "metadata":{"pactSpecification":{"version":"2.0.0"}}}"#;

    insta::assert_snapshot!(shown(text), @r#"
    given there are items
    Request get /items/7 <- regex /items/\d+
      page: 1 <- any text
      q: a b
      Accept: application/json <- regex json
    Response 200
      {
        "items": [ <- 1 or more, each like
          {
            "id": 7, <- whole number
            "name": "pen" <- any text
          }
        ],
        "total": 1.50 <- exactly this
      }
      unbound $.body.gone <- by type
    "#);
}

#[test]
fn rules_of_version_3_stand_at_what_they_bind() {
    let text = r#"{"interactions":[{"description":"d","providerStates":[{"name":"an item","params":{"id":7}},{"name":"a user"}],
        "request":{"method":"POST","path":"/items","query":{"tag":["a","b"]},
          "matchingRules":{"path":{"matchers":[{"match":"type"}]},"query":{"tag[0]":{"matchers":[{"match":"regex","regex":"a|b"}]}}}},
        "response":{"status":201,"headers":{"Content-Type":"application/json"},"body":{"at":"2026-01-01","keys":{"a":1},"one":null,"b c":true},
          "matchingRules":{"header":{"content-type":{"matchers":[{"match":"include","value":"json"}]}},
            "body":{"$.at":{"combine":"OR","matchers":[{"match":"date","date":"yyyy-MM-dd"},{"match":"null"}]},
              "$.keys":{"matchers":[{"match":"values"}]},"$['b c']":{"matchers":[{"match":"boolean"}]}}}}}],
        "metadata":{"pactSpecification":{"version":"3.0.0"}}}"#;

    insta::assert_snapshot!(shown(text), @r#"
    given an item {"id":7}
    given a user
    Request POST /items <- any text
      tag: a, b <- regex a|b
    Response 201
      Content-Type: application/json <- contains json
      {
        "at": "2026-01-01", <- date yyyy-MM-dd or null
        "keys": { <- any keys, each value like
          "a": 1 <- exactly this
        },
        "one": null, <- exactly this
        "b c": true <- true or false
      }
    "#);
}

#[test]
fn messages_have_metadata() {
    let text = r#"{"messages":[{"description":"an event","contents":{"id":1},"metaData":{"topic":"orders"},
        "matchingRules":{"body":{"$.id":{"matchers":[{"match":"number"}]}},"metadata":{"topic":{"matchers":[{"match":"type"}]}}}}],
        "metadata":{"pactSpecification":{"version":"3.0.0"}}}"#;

    insta::assert_snapshot!(shown(text), @r#"
    Message
      topic: orders <- any text
      {
        "id": 1 <- any number
      }
    "#);
}

#[test]
fn calls_of_version_4_have_a_request_and_answers() {
    let text = r#"{"interactions":[{"type":"Synchronous/Messages","description":"a call",
        "request":{"contents":{"content":"AAEC/w==","contentType":"application/protobuf","encoded":"base64"}},
        "response":[{"contents":{"content":{"ok":true},"contentType":"application/json","encoded":false},
          "matchingRules":{"body":{"$.ok":{"combine":"AND","matchers":[{"match":"boolean"}]}}}},
          {"contents":{"content":"<a/>\n<b/>","contentType":"application/xml","encoded":false}}]}],
        "metadata":{"pactSpecification":{"version":"4.0"}}}"#;

    insta::assert_snapshot!(shown(text), @r#"
    Message
      4 bytes
    Reply
      {
        "ok": true <- true or false
      }
    Reply
      | <a/>
      | <b/>
    "#);
}

#[test]
fn long_arrays_fold_and_long_bodies_end() {
    let many: Vec<String> = (0..30).map(|number| number.to_string()).collect();
    let text = format!(r#"{{"messages":[{{"description":"d","contents":[{}]}}]}}"#, many.join(","));
    assert!(shown(&text).ends_with("19,\n    10 more\n  ]"), "{}", shown(&text));

    let members: Vec<String> = (0..30_000).map(|number| format!("\"k{number}\":{number}")).collect();
    let text = format!(r#"{{"messages":[{{"description":"d","contents":{{{}}}}}]}}"#, members.join(","));
    let interaction = Readable::parse(&text).unwrap().interaction(0).unwrap();
    let body = &interaction.parts[0].body;
    assert!(body.is_cut);
    assert!(matches!(&body.shown, Shown::Json(lines) if lines.len() == 500));
}

#[test]
fn paths_are_spelled_one_way() {
    assert_eq!(canonical_path("$['a'][\"b c\"][0].d-e").unwrap(), "$.a['b c'][0].d-e");
    assert_eq!(canonical_path("$").unwrap(), "$");
    assert_eq!(canonical_path("$.a[*]"), None);
}

#[test]
fn whatever_is_written_can_be_shown() {
    for text in [
        "{}",
        "[]",
        "1",
        r#"{"interactions":[1,null,"x",[],{}],"messages":[{"contents":null}]}"#,
        r#"{"interactions":[{"request":[],"response":"x","matchingRules":{"body":1}}]}"#,
        r#"{"interactions":[{"type":"Synchronous/Messages","request":1,"response":{"a":1}}]}"#,
    ] {
        let contract = Readable::parse(text).unwrap();
        for (index, outline) in contract.outlines().iter().enumerate() {
            assert!(contract.interaction(index).is_some(), "{outline:?}");
        }
    }
}

#[test]
fn a_place_is_named_as_the_usage_of_contracts_names_it() {
    assert_eq!(way_to_field("$.items[0]['a/b'].price").as_deref(), Some("/items/*/a~1b/price"));
    assert_eq!(way_to_field("$['items'][*]").as_deref(), Some("/items/*"));
    assert_eq!(way_to_field("$").as_deref(), Some(""));
    assert_eq!(way_to_field("Content-Type"), None);
}
