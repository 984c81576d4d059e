"""The grammar of edits: every way to change a function by one step, used to put bugs in and to take them out."""
