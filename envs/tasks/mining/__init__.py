"""Mining: functions of installed packages, with suites that pin down what they do."""
