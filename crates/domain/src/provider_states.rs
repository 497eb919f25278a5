//! The provider states that contracts ask for: what a provider's test set-up has to know how to make.

use std::collections::{BTreeMap, BTreeSet};

use crate::json::{Json, JsonError};

/// The provider states of several contracts, each once.
#[derive(Debug, Default)]
pub struct ProviderStates(BTreeMap<Key, BTreeSet<String>>);

/// A state of another parameter is another state.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Key {
    name: String,
    params: Option<String>,
}

/// One provider state, and who needs it.
#[derive(Debug, PartialEq, Eq)]
pub struct ProviderState<'a> {
    /// Never empty.
    pub name: &'a str,
    /// The text of a JSON object with sorted keys; `None` if the contract gives none, or an empty one.
    pub params: Option<&'a str>,
    /// By name.
    pub consumers: Vec<&'a str>,
}

impl ProviderStates {
    /// Takes the states of one contract in: of Pact V1 and V2 `providerState` (or `provider_state`), from V3 on `providerStates`.
    ///
    /// # Errors
    ///
    /// If the text is not JSON.
    pub fn read(&mut self, consumer: &str, contract: &str) -> Result<(), JsonError> {
        let document = Json::parse(contract)?;
        for interaction in document.list("interactions").iter().chain(document.list("messages")) {
            for key in keys_of(interaction) {
                self.0.entry(key).or_default().insert(consumer.to_owned());
            }
        }
        Ok(())
    }

    /// By name, then by parameters.
    pub fn iter(&self) -> impl Iterator<Item = ProviderState<'_>> {
        self.0.iter().map(|(key, consumers)| ProviderState {
            name: &key.name,
            params: key.params.as_deref(),
            consumers: consumers.iter().map(String::as_str).collect(),
        })
    }
}

fn keys_of(interaction: &Json<'_>) -> Vec<Key> {
    let of_one = ["providerState", "provider_state"].into_iter().filter_map(|key| interaction.get(key)?.as_str());
    let of_many = interaction.list("providerStates").iter();
    let named =
        of_many.filter_map(|state| Some(Key { name: state.get("name")?.as_str()?.to_owned(), params: params(state) }));
    let keys = of_one.map(|name| Key { name: name.to_owned(), params: None }).chain(named);
    keys.filter(|key| !key.name.is_empty()).collect()
}

fn params(state: &Json<'_>) -> Option<String> {
    let params = state.get("params")?;
    match params {
        Json::Object(members) if !members.is_empty() => {
            let mut params = params.clone();
            params.sort_keys();
            Some(params.to_text())
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(contracts: &[(&str, &str)], expected: &[(&str, Option<&str>, &[&str])]) {
        let mut states = ProviderStates::default();
        for (consumer, contract) in contracts {
            states.read(consumer, contract).unwrap();
        }

        let expected = expected.iter().map(|&(name, params, consumers)| ProviderState {
            name,
            params,
            consumers: consumers.to_vec(),
        });
        assert_eq!(states.iter().collect::<Vec<_>>(), expected.collect::<Vec<_>>());
    }

    #[test]
    fn each_state_is_listed_once_with_all_who_need_it() {
        let shop =
            r#"{"interactions": [{"providerState": "there is a pen"}, {"providerState": "there is a pen"}, {}]}"#;
        let basket = r#"{"interactions": [{"provider_state": "there is a pen"}, {"providerState": "no pens"}]}"#;

        check(
            &[("shop", shop), ("basket", basket)],
            &[("no pens", None, &["basket"]), ("there is a pen", None, &["basket", "shop"])],
        );
    }

    #[test]
    fn parameters_make_another_state() {
        let contract = r#"{"interactions": [
            {"providerStates": [{"name": "a pen", "params": {"left": 1.50, "colour": "red"}}, {"name": "a user"}]},
            {"providerStates": [{"name": "a pen", "params": {"colour": "red", "left": 1.50}}]},
            {"providerStates": [{"name": "a pen", "params": {}}]}]}"#;

        check(
            &[("shop", contract)],
            &[
                ("a pen", None, &["shop"]),
                ("a pen", Some(r#"{"colour":"red","left":1.5}"#), &["shop"]),
                ("a user", None, &["shop"]),
            ],
        );
    }

    #[test]
    fn messages_have_states_too() {
        check(&[("shop", r#"{"messages": [{"providerStates": [{"name": "sent"}]}]}"#)], &[("sent", None, &["shop"])]);
    }

    #[test]
    fn what_names_no_state_is_none() {
        check(
            &[(
                "shop",
                r#"{"interactions": [{"providerState": null}, {"providerState": ""}, {"providerStates": [{}, 7, {"name": 7}]}, 7]}"#,
            )],
            &[],
        );
        check(&[("shop", r#"{"interactions": {"providerState": "x"}}"#), ("basket", "[]")], &[]);
    }

    #[test]
    fn a_text_that_is_not_json_is_refused() {
        ProviderStates::default().read("shop", "{").unwrap_err();
    }
}
