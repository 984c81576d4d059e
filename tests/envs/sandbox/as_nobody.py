"""
``python tests/envs/sandbox/as_nobody.py MODULE ARGUMENTS``: as root, runs a module as the user nobody, where the
interpreter and the checkout can be read by everybody even if they lie below root's home (in a mount namespace).
"""

from __future__ import annotations

import os
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))))
sys.path.insert(0, ROOT)

from envs.sandbox.syscalls import mount, syscall  # noqa: E402

BIND, RECURSIVE, PRIVATE = 4096, 16384, 1 << 18
NOBODY = 65534


def hidden_ancestor(path: str) -> str | None:
    """The uppermost folder on the way to ``path`` that others may not pass."""
    parts = path.strip("/").split("/")
    above = ["/" + "/".join(parts[:count]) for count in range(1, len(parts) + 1)]
    return next((folder for folder in above if not os.stat(folder).st_mode & 0o001), None)


def uncover(path: str) -> None:
    """Lets ``path`` show through an empty folder in place of the hidden one."""
    ancestor = hidden_ancestor(path)
    if ancestor is None:
        return
    handle = os.open(path, os.O_PATH)
    mount("tmpfs", ancestor, "tmpfs", 0, "mode=755")
    os.makedirs(path)
    mount(f"/proc/self/fd/{handle}", path, "", BIND | RECURSIVE)
    os.close(handle)


def main() -> None:
    syscall("unshare", 0x00020000)
    mount("", "/", "", RECURSIVE | PRIVATE)
    for path in (sys.base_prefix, sys.prefix, ROOT):
        uncover(path)
    os.setgroups([])
    os.setresgid(NOBODY, NOBODY, NOBODY)
    os.setresuid(NOBODY, NOBODY, NOBODY)
    os.environ["HOME"] = "/tmp"
    os.chdir(ROOT)
    os.execv(sys.executable, [sys.executable, "-B", "-m", *sys.argv[1:]])


if __name__ == "__main__":
    main()
