//! Who the server lets in: flags, environment variables and their aliases.

use anyhow::bail;
use pactolus_server::{Access, Role};

use crate::aliases::{parsed, text};

/// Users and tokens.
#[derive(Debug, clap::Args)]
pub(crate) struct AccessArguments {
    /// User who may read and write
    ///
    /// Alias: `PACT_BROKER_BASIC_AUTH_USERNAME`
    #[arg(long, env = "PACTOLUS_BASIC_AUTH_USERNAME", value_name = "NAME")]
    basic_auth_username: Option<String>,

    /// Password of the user who may read and write; better set as a variable, where `ps` does not show it
    ///
    /// Alias: `PACT_BROKER_BASIC_AUTH_PASSWORD`
    #[arg(long, env = "PACTOLUS_BASIC_AUTH_PASSWORD", value_name = "PASSWORD", hide_env_values = true)]
    basic_auth_password: Option<String>,

    /// User who may only read
    ///
    /// Alias: `PACT_BROKER_BASIC_AUTH_READ_ONLY_USERNAME`
    #[arg(long, env = "PACTOLUS_BASIC_AUTH_READ_ONLY_USERNAME", value_name = "NAME")]
    basic_auth_read_only_username: Option<String>,

    /// Password of the user who may only read
    ///
    /// Alias: `PACT_BROKER_BASIC_AUTH_READ_ONLY_PASSWORD`
    #[arg(long, env = "PACTOLUS_BASIC_AUTH_READ_ONLY_PASSWORD", value_name = "PASSWORD", hide_env_values = true)]
    basic_auth_read_only_password: Option<String>,

    /// Token that may read and write, sent as `Authorization: Bearer …`
    #[arg(long, env = "PACTOLUS_BEARER_TOKEN", value_name = "TOKEN", hide_env_values = true)]
    bearer_token: Option<String>,

    /// Token that may also do what concerns everybody's data, such as deleting all integrations
    #[arg(long, env = "PACTOLUS_ADMINISTRATOR_TOKEN", value_name = "TOKEN", hide_env_values = true)]
    administrator_token: Option<String>,

    /// Let everybody read without credentials [default: false]
    ///
    /// Alias: `PACT_BROKER_ALLOW_PUBLIC_READ`
    #[arg(long, env = "PACTOLUS_ALLOW_PUBLIC_READ", value_name = "BOOL", num_args = 0..=1, default_missing_value = "true")]
    allow_public_read: Option<bool>,

    /// Answer the heartbeat without credentials [default: false]
    ///
    /// Alias: `PACT_BROKER_PUBLIC_HEARTBEAT`
    #[arg(long, env = "PACTOLUS_PUBLIC_HEARTBEAT", value_name = "BOOL", num_args = 0..=1, default_missing_value = "true")]
    public_heartbeat: Option<bool>,

    /// Show badges without credentials [default: false]
    ///
    /// Alias: `PACT_BROKER_ENABLE_PUBLIC_BADGE_ACCESS`
    #[arg(long, env = "PACTOLUS_ENABLE_PUBLIC_BADGE_ACCESS", value_name = "BOOL", num_args = 0..=1,
          default_missing_value = "true")]
    enable_public_badge_access: Option<bool>,
}

impl AccessArguments {
    /// Who is let in. Half of a user, or authentication without any, is refused rather than left open.
    pub(crate) fn access(&self) -> anyhow::Result<Access> {
        let yes_or_no = |given: Option<bool>, alias: &str| -> anyhow::Result<bool> {
            Ok(parsed(given.as_ref(), &[alias])?.unwrap_or(false))
        };
        let mut access = Access::default();
        access.public_read = yes_or_no(self.allow_public_read, "PACT_BROKER_ALLOW_PUBLIC_READ")?;
        access.public_heartbeat = yes_or_no(self.public_heartbeat, "PACT_BROKER_PUBLIC_HEARTBEAT")?;
        access.public_badges = yes_or_no(self.enable_public_badge_access, "PACT_BROKER_ENABLE_PUBLIC_BADGE_ACCESS")?;
        let wanted: Option<bool> = parsed(None, &["PACT_BROKER_BASIC_AUTH_ENABLED"])?;
        if wanted != Some(false) {
            self.let_in_users(&mut access)?;
        }
        if wanted == Some(true) && !access.is_guarded() {
            bail!("PACT_BROKER_BASIC_AUTH_ENABLED is true, but no user is set: set a user name and password");
        }
        let tokens = [
            (Role::Write, "token", &self.bearer_token),
            (Role::Administrator, "administrator", &self.administrator_token),
        ];
        for (role, name, token) in tokens {
            if let Some(token) = text(token.as_ref(), &[]) {
                access.let_in_token(role, name, token.trim());
            }
        }
        Ok(access)
    }

    fn let_in_users(&self, access: &mut Access) -> anyhow::Result<()> {
        let write = user(
            "the read-write user",
            text(self.basic_auth_username.as_ref(), &["PACT_BROKER_BASIC_AUTH_USERNAME"]),
            text(self.basic_auth_password.as_ref(), &["PACT_BROKER_BASIC_AUTH_PASSWORD"]),
        )?;
        let read = user(
            "the read-only user",
            text(self.basic_auth_read_only_username.as_ref(), &["PACT_BROKER_BASIC_AUTH_READ_ONLY_USERNAME"]),
            text(self.basic_auth_read_only_password.as_ref(), &["PACT_BROKER_BASIC_AUTH_READ_ONLY_PASSWORD"]),
        )?;
        for (role, user) in [(Role::Write, write), (Role::Read, read)] {
            if let Some((name, password)) = user {
                access.let_in_user(role, &name, &password);
            }
        }
        Ok(())
    }
}

fn user(who: &str, name: Option<String>, password: Option<String>) -> anyhow::Result<Option<(String, String)>> {
    match (name, password) {
        (None, None) => Ok(None),
        (Some(name), Some(_)) if name.contains(':') => {
            bail!("the name of {who} has a colon in it, which basic authentication cannot carry: choose another")
        }
        (Some(name), Some(password)) => Ok(Some((name, password))),
        (Some(_), None) => bail!("{who} has a name and no password: set both or neither"),
        (None, Some(_)) => bail!("{who} has a password and no name: set both or neither"),
    }
}
