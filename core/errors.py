"""Errors that a person can act on, apart from errors that are bugs."""

from __future__ import annotations

EXIT_BAD_INPUT = 2


class UserError(Exception):
    """Bad input: one clear line that says what is wrong, where, and what to do. The command line exits with code 2."""

    def __init__(self, what: str, *, where: str = "", remedy: str = "") -> None:
        self.what, self.where, self.remedy = what, where, remedy
        line = what if not where else f"{where}: {what}"
        super().__init__(f"{line}. {remedy}" if remedy else line)


class ConfigError(UserError):
    """A configuration that can't be read, or holds an unknown key or an ill-typed value."""


class PluginError(UserError):
    """A plug-in name that doesn't resolve, or an object that breaks its contract."""


class TaskError(UserError):
    """A task file or record that can't be used."""


class CheckpointError(UserError):
    """A checkpoint that is missing, torn, or of another shape than the model."""


class EditError(Exception):
    """An edit that doesn't apply to its source; the source is left as it was."""


class SandboxError(Exception):
    """The sandbox itself failed, not the code that it ran."""


class SandboxUnavailable(UserError):
    """This machine can't isolate code as strongly as the configuration demands."""
