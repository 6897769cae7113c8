"""For `pytest --nbval` anywhere in this repository; the tests' own settings are in tests/."""

pytest_plugins = ["authoring.nbval_displays"]
