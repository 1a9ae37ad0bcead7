"""Buttons, selects and menus."""
