"""
Small packages carved out of real modules, with faults in how they are laid out, and what it takes to mend them.

A state is one text: the files of a package, each behind a marker line. ``reading`` makes a ``Layout`` of it, ``layout``
renders a layout as text, ``moves`` are the steps between layouts, ``measures`` what they are judged by.
"""
