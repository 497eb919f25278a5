"""A throw-away Postgres cluster that no Pactolus server owns: for the stories with two servers, and for `.ci/sqlx-metadata`."""

import glob
import os
import pwd
import secrets
import shutil
import socket
import subprocess
import tempfile


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def binaries():
    """The folder that holds initdb: from PATH, else the newest that Debian or Homebrew installed."""
    on_path = shutil.which("initdb")
    if on_path:
        return os.path.dirname(os.path.realpath(on_path))
    folders = glob.glob("/usr/lib/postgresql/*/bin") + glob.glob("/opt/homebrew/opt/postgresql@*/bin")
    folders = [folder for folder in folders if os.path.exists(folder + "/initdb")]
    if not folders:
        raise SystemExit("no Postgres on this machine; on Debian: apt-get install postgresql")
    return max(folders, key=lambda folder: int("".join(c for c in folder if c.isdigit())))


def unprivileged_user():
    """Whom to run Postgres as: it refuses to run as root. None when we are nobody special already."""
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    raise SystemExit("neither a user postgres nor nobody exists, and Postgres does not run as root")


class Cluster:
    """Use as a context manager; `url(database)` is what DATABASE_URL takes."""

    def __enter__(self):
        self.user = unprivileged_user()
        self.bin = binaries()
        self.port = free_port()
        self.password = secrets.token_hex(16)
        # Not under the caller's temporary folder: it may be closed to the unprivileged user, or too deep for a socket.
        self.folder = tempfile.mkdtemp(prefix="pactolus-pg-", dir="/tmp")
        try:
            self._create_and_start()
        except BaseException:
            self.__exit__()
            raise
        return self

    def _create_and_start(self):
        password_file = self.folder + "/password"
        with open(password_file, "w", encoding="ascii") as file:
            file.write(self.password)
        if self.user:
            for path in (self.folder, password_file):
                os.chown(path, self.user.pw_uid, self.user.pw_gid)
        self._run("initdb", "--no-sync", "--auth", "scram-sha-256", "--username", "pactolus", "--pwfile", password_file,
                  "--encoding", "UTF8", "--locale", "C", "--pgdata", self.folder + "/data")
        options = f"-p {self.port} -c listen_addresses=127.0.0.1 -c unix_socket_directories={self.folder} -c fsync=off"
        self._run("pg_ctl", "start", "--wait", "--timeout", "60", "--pgdata", self.folder + "/data",
                  "--log", self.folder + "/log", "--options", options)

    def _run(self, program, *arguments):
        # The log goes to a file: a Postgres that inherits a pipe would hold it open for ever.
        output = self.folder + "/output"
        with open(output, "w+b") as file:
            done = subprocess.run([f"{self.bin}/{program}", *arguments], stdin=subprocess.DEVNULL, stdout=file,
                                  stderr=subprocess.STDOUT, timeout=120, cwd="/", check=False, **self._identity())
            if done.returncode != 0:
                file.seek(0)
                text = file.read().decode("utf-8", "replace")
                if os.path.exists(self.folder + "/log"):
                    with open(self.folder + "/log", encoding="utf-8", errors="replace") as log:
                        text += log.read()
                raise RuntimeError(f"{program} failed with {done.returncode}:\n{text}")

    def _identity(self):
        if not self.user:
            return {}
        return {"user": self.user.pw_uid, "group": self.user.pw_gid, "extra_groups": []}

    def url(self, database="postgres"):
        return f"postgres://pactolus:{self.password}@127.0.0.1:{self.port}/{database}"

    def psql(self, *arguments, database="postgres"):
        """Runs psql, stopping at the first error."""
        done = subprocess.run([f"{self.bin}/psql", "--no-psqlrc", "--quiet", "--set", "ON_ERROR_STOP=1",
                               "--dbname", self.url(database), *arguments], stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=120, check=False)
        if done.returncode != 0:
            raise RuntimeError(f"psql {' '.join(arguments)}:\n{done.stdout}")
        return done.stdout

    def __exit__(self, *_):
        if os.path.exists(self.folder + "/data/postmaster.pid"):
            self._run("pg_ctl", "stop", "--mode", "immediate", "--wait", "--timeout", "30", "--pgdata", self.folder + "/data")
        shutil.rmtree(self.folder)
