//! What Postgres alone makes of the rows that a published result writes: the same inserts and the same update in one
//! transaction, sent by pgbench over as many connections as the server has. Nothing is looked up in it.

use std::path::PathBuf;
use std::time::Duration;

use tokio::process::Command;

use crate::Result;
use crate::cast::Promise;
use crate::requests::BUILD_URL;

/// Scripts, one for each content that results are about. More of them would be prepared for longer than they run.
pub(crate) const SCRIPTS: usize = 32;

/// The server's address in what is told, as long as in its own rows.
const BASE_URL: &str = "http://127.0.0.1:39401";

/// A folder of scripts; gone when it is dropped.
pub(crate) struct Scripts {
    folder: PathBuf,
    files: Vec<PathBuf>,
}

impl Drop for Scripts {
    fn drop(&mut self) {
        // Files of no worth in the folder for such files.
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

impl Scripts {
    /// `run` names the versions that are written.
    pub(crate) fn write(promises: &[Promise], run: &str) -> Result<Self> {
        let folder = std::env::temp_dir().join(format!("pactolus-pgbench-{}", std::process::id()));
        std::fs::create_dir_all(&folder)?;
        let mut scripts = Self { folder, files: Vec::new() };
        for (number, promise) in promises.iter().take(SCRIPTS).enumerate() {
            let file = scripts.folder.join(format!("result-{number}.sql"));
            std::fs::write(&file, script(promise, run))?;
            scripts.files.push(file);
        }
        Ok(scripts)
    }

    /// Transactions a second.
    pub(crate) async fn run(&self, database_url: &str, connections: u32, time: Duration) -> Result<f64> {
        let mut command = Command::new("pgbench");
        command
            .args(["--no-vacuum", "--protocol=prepared", "--jobs=2"])
            .arg(format!("--client={connections}"))
            .arg(format!("--time={}", time.as_secs().max(1)))
            .args(self.files.iter().map(|file| format!("--file={}", file.display())))
            .arg(database_url)
            .kill_on_drop(true);
        let output = command.output().await.map_err(|error| format!("pgbench cannot be started: {error}"))?;
        let text = String::from_utf8_lossy(&output.stdout);
        if !output.status.success() {
            return Err(format!("pgbench failed: {text}{}", String::from_utf8_lossy(&output.stderr)).into());
        }
        transactions_per_second(&text).ok_or_else(|| format!("pgbench gave no throughput, or failures: {text}").into())
    }
}

fn transactions_per_second(output: &str) -> Option<f64> {
    let none_failed = output.lines().any(|line| line.starts_with("number of failed transactions: 0 "));
    let line = output.lines().find_map(|line| line.strip_prefix("tps = "))?;
    let tps = line.split_whitespace().next()?.parse().ok()?;
    none_failed.then_some(tps)
}

/// The inserts of one published result, with rows as long as the server's and ids that sort by time as its ids do. (A
/// colon before a word would be a variable of pgbench, also in a text.)
fn script(promise: &Promise, run: &str) -> String {
    let Promise { provider, provider_id, content_id, sha, consumer, .. } = promise;
    let name = format!("pgbench-{run}-");
    let contract_url = format!("{BASE_URL}/pacts/provider/{provider}/consumer/{}/pact-version/{sha}", consumer.name);
    format!(
        r#"\set low random(0, 1000000000000)
begin;
insert into version (tenant_id, pacticipant_id, number, build_url, created_at, updated_at)
values (1, {provider_id}, '{name}' || :client_id || '-' || :low, null, clock_timestamp(), clock_timestamp())
on conflict on constraint version_number_key do update
set build_url = coalesce(excluded.build_url, version.build_url),
    updated_at = case
        when excluded.build_url is distinct from version.build_url and excluded.build_url is not null
        then excluded.updated_at
        else version.updated_at
    end
returning id as version_id, position as version_position \gset
insert into verification_log (tenant_id, content_id, provider_version_id, success, build_url, test_results,
                              verified_by, consumer_version_numbers, wip, pending, created_at)
values (1, {content_id}, :version_id, true, '{BUILD_URL}',
        '{{"tests":[{{"testDescription":"a request for an item","status":"passed"}}]}}',
        '{{"implementation":"pact-verifier","version":"1.3.0"}}', '{{}}', false, false, clock_timestamp())
returning number as result_number \gset
insert into verification (tenant_id, content_id, provider_version_id, provider_position, success, number, verified_at)
values (1, {content_id}, :version_id, :version_position, true, :result_number, clock_timestamp())
on conflict (tenant_id, content_id, provider_version_id) do update
set success = excluded.success, number = excluded.number, verified_at = excluded.verified_at
where verification.number < excluded.number;
insert into audit_event (tenant_id, id, actor, action, subject, detail, created_at)
values (1, (lpad(to_hex((extract(epoch from clock_timestamp()) * 1000)::bigint), 12, '0')
            || substr(replace(gen_random_uuid()::text, '-', ''), 13))::uuid,
        'local', 'verification.published', '{provider} {name}' || :low || ' {consumer}',
        ('{{"sha":"{sha}","success": true,"number":' || :result_number || '}}')::json, clock_timestamp());
insert into event (tenant_id, id, name, source, subject, data, once, created_at)
select 1, (lpad(to_hex((extract(epoch from clock_timestamp()) * 1000)::bigint), 12, '0')
           || substr(replace(gen_random_uuid()::text, '-', ''), 13))::uuid,
       name, '{BASE_URL}', '{consumer}/{provider}',
       ('{{"consumer":{{"name":"{consumer}","version":"{head}"}},"provider":{{"name":"{provider}","version":"{name}'
        || :low || '"}},"contract":{{"sha":"{sha}","url":"{contract_url}"}},"verification":{{"number":'
        || :result_number || ',"success": true,"url":"{contract_url}/verification-results/' || :result_number
        || '"}},"buildUrl":"{BUILD_URL}"}}')::json,
       null, clock_timestamp()
from unnest(array['provider_verification_published', 'provider_verification_succeeded']) as name
on conflict (tenant_id, once) where once is not null do nothing;
update integration
set updated_at = clock_timestamp()
where (tenant_id, consumer_id, provider_id) in (
    select integration.tenant_id, integration.consumer_id, integration.provider_id
    from integration
    where integration.tenant_id = 1
      and integration.consumer_id = {consumer_id}
      and integration.provider_id = {provider_id}
    for update skip locked
);
commit;
"#,
        consumer = consumer.name,
        consumer_id = consumer.id,
        head = consumer.head,
    )
}

/// Whether pgbench is there, said before anything is measured.
pub(crate) fn installed() -> bool {
    std::env::var_os("PATH")
        .is_some_and(|path| std::env::split_paths(&path).any(|folder| folder.join("pgbench").exists()))
}
