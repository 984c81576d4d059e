"""What code should keep to, and what it costs not to."""

from __future__ import annotations

from pydantic import Field, model_validator

from core.config import Config


class ComplianceLimits(Config):
    """
    A measure over its limit is a violation. Docstrings don't count towards the length of a function or class: writing
    one shall never break a limit.

    Attributes:
        file_lines: Lines of a file, all of them.
        critical_file_lines: A file above this is critical, between the two major.
        class_lines, function_lines: From ``class`` or ``def`` to the last line; decorators and docstring left out.
        functions_per_file: Functions at the top of a file; methods and nested functions are none of it.
        classes_per_file, enums_per_file: Classes at the top of a file; an enum is counted as an enum alone.
        parameters: Of one function, ``self`` and ``cls`` left out.
        complexity: Cyclomatic, of one function, what is nested in it left out (``core.compliance.complexity``).
        inheritance_depth: Longest chain of classes above one, as far as the code that is looked at reaches.
        coverage: Least per cent of a file's lines that its tests run, where that was measured.
        line_length: Characters.
    """

    file_lines: int = Field(default=400, ge=1)
    critical_file_lines: int = Field(default=600, ge=1)
    class_lines: int = Field(default=200, ge=1)
    function_lines: int = Field(default=30, ge=1)
    functions_per_file: int = Field(default=10, ge=0)
    classes_per_file: int = Field(default=5, ge=0)
    enums_per_file: int = Field(default=3, ge=0)
    parameters: int = Field(default=5, ge=0)
    complexity: int = Field(default=10, ge=1)
    inheritance_depth: int = Field(default=2, ge=0)
    coverage: float = Field(default=85.0, ge=0, le=100)
    line_length: int = Field(default=100, ge=1)

    @model_validator(mode="after")
    def _critical_is_more(self) -> ComplianceLimits:
        if self.critical_file_lines < self.file_lines:
            raise ValueError("critical_file_lines: has to be at least file_lines")
        return self
