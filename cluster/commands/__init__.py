"""What each command does, one module each, loaded only when the command is called."""
