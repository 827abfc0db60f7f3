"""Plugins: listing, running, settings."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from stash_cli.core.client.base import Dict, StashClientBase

if TYPE_CHECKING:
    from collections.abc import Sequence

    from stash_cli.core import types

    Kind = types.PackageType | str
    Specs = Sequence[types.PackageSpecInput | Dict]


class PluginClientMixin(StashClientBase):
    """Operations on plugins."""

    async def get_plugins(self) -> list[types.Plugin]:
        return await self.ask("plugins")

    async def get_plugin_tasks(self) -> list[types.PluginTask]:
        return await self.ask("pluginTasks")

    async def set_plugins_enabled(self, enabled_map: dict[str, bool]) -> bool:
        return await self.ask("setPluginsEnabled", enabledMap=enabled_map)

    async def run_plugin_task(
        self,
        plugin_id: str,
        task_name: str | None = None,
        description: str | None = None,
        args_map: Dict | None = None,
    ) -> str:
        """Start a plugin's task; the job's id."""
        return await self.ask(
            "runPluginTask",
            plugin_id=plugin_id,
            task_name=task_name,
            description=description,
            args_map=args_map,
        )

    async def run_plugin_operation(self, plugin_id: str, args: Dict | None = None) -> Any:
        """Run a plugin and wait for its answer."""
        return await self.ask_json("runPluginOperation", None, plugin_id=plugin_id, args=args or {})

    async def reload_plugins(self) -> bool:
        return await self.ask("reloadPlugins")

    async def configure_plugin(self, plugin_id: str, config: Dict) -> Dict:
        return await self.ask("configurePlugin", plugin_id=plugin_id, input=config)


class PackageClientMixin(StashClientBase):
    """Operations on packages; those that change something answer a job's id."""

    async def install_packages(self, package_type: Kind, packages: Specs) -> str:
        return await self.ask("installPackages", type=package_type, packages=packages)

    async def update_packages(self, package_type: Kind, packages: Specs | None = None) -> str:
        """Update the named packages, or all that have a newer version."""
        return await self.ask("updatePackages", type=package_type, packages=packages)

    async def uninstall_packages(self, package_type: Kind, packages: Specs) -> str:
        return await self.ask("uninstallPackages", type=package_type, packages=packages)

    async def installed_packages(self, package_type: Kind) -> list[types.Package]:
        return await self.ask("installedPackages", type=package_type)

    async def available_packages(self, package_type: Kind, source: str) -> list[types.Package]:
        return await self.ask("availablePackages", type=package_type, source=source)
