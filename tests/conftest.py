"""Fixtures that every folder of tests may use."""

import pytest

pytest_plugins = ["tests.support.fixtures"]

pytest.register_assert_rewrite("tests.clients.two_tools")  # its asserts belong to the tests that use it
