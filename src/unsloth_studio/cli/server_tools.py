"""The tools that a server runs for its clients, from its settings."""

from __future__ import annotations

from unsloth_studio.problem import OperatorProblem
from unsloth_studio.settings import Settings
from unsloth_studio.tools.policy import ToolPolicy
from unsloth_studio.tools.search.provider import SearchSettings
from unsloth_studio.tools.toolbox import Toolbox


def check_hosts(settings: Settings) -> None:
    """Raises `OperatorProblem` for a host in `tool_network_hosts` that is none. Before anything is started."""
    from unsloth_studio.tools.sandbox.host_list import read_rules

    try:
        read_rules(settings.tool_network_hosts)
    except ValueError as error:
        raise OperatorProblem(str(error)) from error


def toolbox_of(settings: Settings, policy: ToolPolicy) -> Toolbox:
    """Raises `OperatorProblem` for a search provider that is chosen and not set up, and for a host that is none."""
    search = SearchSettings(
        settings.search_providers,
        searxng_url=settings.searxng_url or "",
        brave_api_key=settings.brave_api_key.reveal() if settings.brave_api_key else "",
        tavily_api_key=settings.tavily_api_key.reveal() if settings.tavily_api_key else "",
    )
    try:
        return Toolbox.at(
            settings.home,
            policy,
            search=search,
            allowed_hosts=settings.fetch_allowed_hosts,
            network_hosts=settings.tool_network_hosts,
            approval_seconds=settings.tool_approval_seconds,
        )
    except ValueError as error:
        raise OperatorProblem(str(error)) from error
