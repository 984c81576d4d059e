#!/usr/bin/env bash
# Installs the pinned dependencies, without the project itself, into DIRECTORY/.venv.
set -euo pipefail
cd "${1:?usage: requirements.sh DIRECTORY}"
test -d .venv || python3 -m venv .venv
names=$(python3 - <<'PYTHON'
import tomllib

with open("pyproject.toml", "rb") as file:
    project = tomllib.load(file)["project"]
extras = project["optional-dependencies"]
print("\n".join([*project["dependencies"], *extras["corpus"], *extras["heldout"]]))
PYTHON
)
pins=$(grep '^torch==' constraints.txt)
.venv/bin/python -m pip install --quiet -c constraints.txt "$pins"
printf '%s\n' "$names" | .venv/bin/python -m pip install --quiet -c constraints.txt -r /dev/stdin
