"""Fixtures that every folder of tests may use."""

import pytest

pytest_plugins = ["tests.support.fixtures"]

# their asserts belong to the tests that use them
pytest.register_assert_rewrite("tests.clients.two_tools", "tests.clients.agents.job")
