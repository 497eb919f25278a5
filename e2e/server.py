"""Starts, kills and stops `pactolus serve`, and says where the stories find it."""

import base64
import glob
import os
import pwd
import re
import secrets
import shutil
import signal
import subprocess
import tempfile
import time
import urllib.request

from postgres import Cluster, free_port

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
BINARY = os.environ.get("PACTOLUS", os.path.join(ROOT, os.environ.get("CARGO_TARGET_DIR", "target"), "release", "pactolus"))

READY_WITHIN_S = 60
RECOVERED_WITHIN_S = 15
STOPPED_WITHIN_S = 30


def clean_environment(**settings):
    """The caller's environment without anything that steers Pactolus, Pact clients or the detection of a CI system."""
    steering = re.compile("PACT|DATABASE_URL|PG|CI$|CI_|GIT|BUILD|JENKINS|CIRCLE|TRAVIS|BUILDKITE|DRONE|BITBUCKET|TF_BUILD|RUST_LOG")
    kept = {name: value for name, value in os.environ.items() if not steering.match(name)}
    return {**kept, "NO_COLOR": "1", "NO_PROXY": "127.0.0.1,localhost", "no_proxy": "127.0.0.1,localhost", **settings}


class Server:
    """One `pactolus serve` process on its own port; `kill` and `start` again keep the port and the data folder."""

    def __init__(self, folder, name="server", *, binary=BINARY, data_dir=None, user=None, **settings):
        self.folder = folder
        self.binary = binary
        self.data_dir = data_dir
        self.user = user
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.log = f"{folder}/{name}.log"
        # Webhooks go to a listener on this machine, which is refused unless it is allowed.
        self.settings = {"PACTOLUS_WEBHOOK_HOST_WHITELIST": "127.0.0.1", "PACTOLUS_WEBHOOK_SCHEME_WHITELIST": "http https", **settings}
        self.process = None

    def launch(self):
        """Starts the process and does not wait for it."""
        command = [self.binary, "serve", "--listen", f"127.0.0.1:{self.port}"]
        if self.data_dir:
            command += ["--data-dir", self.data_dir]
        with open(self.log, "ab") as log:
            self.log_start = log.tell()
            self.started_at = time.monotonic()
            self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=self.folder,
                                            env=clean_environment(HOME=self.folder, **self.settings), start_new_session=True,
                                            **self._identity())

    def _identity(self):
        return {"user": self.user.pw_uid, "group": self.user.pw_gid, "extra_groups": []} if self.user else {}

    def wait_until_ready(self):
        """Returns the seconds since the launch."""
        return self._wait_until(self.is_ready, self.started_at, READY_WITHIN_S)

    def is_ready(self):
        try:
            with urllib.request.urlopen(self.url + "/readyz", timeout=5) as answer:
                return answer.status == 200
        except OSError:
            return False

    def _wait_until(self, condition, since, within_s):
        while not condition():
            if self.process.poll() is not None:
                raise AssertionError(f"the server ended with {self.process.returncode} instead of serving:\n{self.log_tail()}")
            if time.monotonic() - since > within_s:
                raise AssertionError(f"the server was not ready within {within_s} s:\n{self.log_tail()}")
            time.sleep(0.02)
        return time.monotonic() - since

    def start(self):
        self.launch()
        return self.wait_until_ready()

    def kill(self):
        """kill -9 of the server alone: its private Postgres is left behind."""
        self.process.kill()
        self.process.wait(STOPPED_WITHIN_S)

    def kill_with_postgres(self):
        """kill -9 of the server and of everything that it started, Postgres's own processes included."""
        for pid in [self.process.pid, *descendants(self.process.pid)]:
            send(pid, signal.SIGKILL)
        self.process.wait(STOPPED_WITHIN_S)

    def kill_postgres(self):
        """kill -9 of the private Postgres under the running server, which must start another one by itself."""
        postmaster = self.postmaster()
        killed_at = time.monotonic()
        for pid in [postmaster, *descendants(postmaster)]:
            send(pid, signal.SIGKILL)
        return self._wait_until(lambda: self.postmaster() != postmaster and self.is_ready(), killed_at, RECOVERED_WITHIN_S)

    def postmaster(self):
        """The process id of the private Postgres; None while there is none."""
        for path in glob.glob(self.data_dir + "/**/postmaster.pid", recursive=True):
            try:
                with open(path, encoding="ascii") as file:
                    return int(file.readline() or 0) or None
            except FileNotFoundError:
                continue
        return None

    def stop(self):
        """Ctrl-C: must end with 0, and leave no Postgres behind."""
        if self.process is None or self.process.poll() is not None:
            return
        postmaster = self.postmaster() if self.data_dir else None
        assert postmaster or not self.data_dir, f"there is no Postgres to stop in {self.data_dir}"
        send(self.process.pid, signal.SIGINT)
        code = self.process.wait(STOPPED_WITHIN_S)
        if code != 0:
            raise AssertionError(f"the server ended with {code} after Ctrl-C:\n{self.log_tail()}")
        if postmaster and os.path.exists(f"/proc/{postmaster}/stat"):
            raise AssertionError(f"Postgres ({postmaster}) still runs after its server was stopped:\n{self.log_tail()}")

    def clean_up(self):
        """Leaves no process behind, whatever happened before."""
        if self.process is not None and self.process.poll() is None:
            self.kill_with_postgres()
        if self.data_dir:
            for postmaster in processes_naming(self.data_dir + "/"):
                for pid in [postmaster, *descendants(postmaster)]:
                    send(pid, signal.SIGKILL)

    def log_tail(self):
        with open(self.log, encoding="utf-8", errors="replace") as log:
            return "".join(log.readlines()[-40:])

    def output_since_start(self):
        with open(self.log, "rb") as log:
            log.seek(self.log_start)
            return log.read().decode("utf-8", "replace")


def new_key():
    return base64.b64encode(secrets.token_bytes(32)).decode()


def send(pid, number):
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        pass


def processes_naming(path):
    """The processes whose command line holds `path`, such as a Postgres that was started on a folder in it."""
    found = []
    for command_line in glob.glob("/proc/[0-9]*/cmdline"):
        try:
            with open(command_line, encoding="utf-8", errors="replace") as file:
                if path in file.read():
                    found.append(int(command_line.split("/")[2]))
        except (FileNotFoundError, ProcessLookupError):
            continue
    return found


def descendants(pid):
    """Every process below `pid`, nearest first."""
    children = {}
    for stat in glob.glob("/proc/[0-9]*/stat"):
        try:
            with open(stat, encoding="utf-8", errors="replace") as file:
                fields = file.read().rpartition(")")[2].split()
        except (FileNotFoundError, ProcessLookupError):
            continue
        children.setdefault(int(fields[1]), []).append(int(stat.split("/")[2]))
    found = list(children.get(pid, []))
    for child in found:
        found.extend(children.get(child, []))
    return found


class Folder:
    """A folder for one story that every user may pass through: the private Postgres runs as another one than root."""

    def __enter__(self):
        self.path = tempfile.mkdtemp(prefix="pactolus-e2e-", dir="/tmp")
        os.chmod(self.path, 0o755)
        return self.path

    def __exit__(self, *_):
        shutil.rmtree(self.path)


class OneServer:
    """A server that nothing happens to."""

    interrupts_deliveries = False

    def __init__(self, folder, *, as_ordinary_user=False, binary=BINARY, **settings):
        user = None
        if as_ordinary_user and os.geteuid() == 0:
            user = pwd.getpwnam("nobody")
        data_dir = folder + "/data"
        os.mkdir(data_dir)
        if user:
            os.chown(data_dir, user.pw_uid, user.pw_gid)
        self.server = Server(folder, binary=binary, data_dir=data_dir, user=user, **settings)

    def __enter__(self):
        try:
            seconds = self.server.start()
            assert self.server.url in self.server.output_since_start(), \
                f"no line says {self.server.url}:\n{self.server.output_since_start()}"
            print(f"    first start: ready in {seconds:.2f} s", flush=True)
        except BaseException:
            self.server.clean_up()
            raise
        return self

    @property
    def url(self):
        """Where the next step finds a server."""
        return self.server.url

    def between_steps(self):
        pass

    def __exit__(self, failed, *_):
        try:
            if failed is None:
                self.server.stop()
        finally:
            self.server.clean_up()


class KilledServer(OneServer):
    """A server that is killed after each step and started again on the same data folder."""

    interrupts_deliveries = True

    def __init__(self, folder):
        super().__init__(folder)
        self.kills = 0

    def between_steps(self):
        ways = {"the server": self.server_dies, "both": self.both_die, "Postgres": self.postgres_dies}
        killed, way = list(ways.items())[self.kills % len(ways)]
        self.kills += 1
        print(f"    kill -9 of {killed}: ready again in {way():.2f} s", flush=True)

    def server_dies(self):
        self.server.kill()
        return self.server.start()

    def both_die(self):
        self.server.kill_with_postgres()
        return self.server.start()

    def postgres_dies(self):
        return self.server.kill_postgres()


class TwoServers:
    """Two servers taking turns on one database that neither owns."""

    interrupts_deliveries = False

    def __init__(self, folder):
        self.folder = folder

    def __enter__(self):
        self.cluster = Cluster().__enter__()
        self.servers = []
        try:
            self.cluster.psql("--command", "create database pactolus")
            key = new_key()
            self.servers = [self._server("first", key), self._server("second", key)]
            # Both at once: they must not stumble over each other's migrations.
            for server in self.servers:
                server.launch()
            for server in self.servers:
                server.wait_until_ready()
        except BaseException:
            self._clean_up()
            raise
        return self

    def _server(self, name, key):
        return Server(self.folder, name, DATABASE_URL=self.cluster.url("pactolus"), PACTOLUS_ENCRYPTION_KEY=key)

    def _one_with_another_key_is_refused(self):
        """It could not read the webhook's password, which the others have sealed by now."""
        stranger = self._server("stranger", new_key())
        stranger.launch()
        try:
            code = stranger.process.wait(READY_WITHIN_S)
            said = stranger.output_since_start()
            assert code != 0 and "another encryption key" in said and "PACTOLUS_ENCRYPTION_KEY" in said, (code, said)
        finally:
            stranger.clean_up()

    @property
    def url(self):
        return self.servers[0].url

    def between_steps(self):
        self.servers.reverse()

    def _clean_up(self):
        try:
            for server in self.servers:
                server.clean_up()
        finally:
            self.cluster.__exit__()

    def __exit__(self, failed, *_):
        try:
            if failed is None:
                self._one_with_another_key_is_refused()
                for server in self.servers:
                    server.stop()
        finally:
            self._clean_up()
