"""Small git repositories, made anew for each test: the same commits, to the hash, every time."""

import os
import subprocess
from collections.abc import Mapping
from pathlib import Path


class Repository:
    """A work tree at ``home``; every commit is a day after the one before."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.commits = 0
        home.mkdir(parents=True)
        self.git("init", "--quiet", "--initial-branch=main")

    def commit(self, subject: str, files: Mapping[str, str | None]) -> str:
        """Writes ``files`` (None takes one away) and commits them; the revision."""
        for name, text in files.items():
            path = self.home / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.unlink(missing_ok=True) if text is None else path.write_text(text)
        self.commits += 1
        self.git("add", "--all")
        self.git("commit", "--quiet", "--allow-empty", "--message", subject)
        return self.git("rev-parse", "HEAD").strip()

    def git(self, *arguments: str) -> str:
        """What git writes."""
        date = f"2024-01-{self.commits + 1:02}T12:00:00 +0000"
        settings = ("-c", "user.name=A", "-c", "user.email=a@example.com", "-c", "commit.gpgsign=false")
        environment = {"GIT_AUTHOR_DATE": date, "GIT_COMMITTER_DATE": date, "GIT_CONFIG_GLOBAL": os.devnull}
        done = subprocess.run(
            ["git", *settings, *arguments],
            cwd=self.home,
            env={"PATH": os.environ["PATH"], "GIT_CONFIG_NOSYSTEM": "1", **environment},
            check=True,
            capture_output=True,
            text=True,
        )
        return done.stdout
