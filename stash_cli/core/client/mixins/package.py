"""Packages: scrapers and plugins from their sources."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stash_cli.core.client.base import StashClientBase

if TYPE_CHECKING:
    from collections.abc import Sequence

    from stash_cli.core.client.mixins.annotations import Dict
    from stash_cli.core.types import Package, PackageSpecInput, PackageType

    Kind = PackageType | str
    Specs = Sequence[PackageSpecInput | Dict]


class PackageClientMixin(StashClientBase):
    """Operations on packages; those that change something answer a job's id."""

    async def install_packages(self, package_type: Kind, packages: Specs) -> str:
        return await self.ask("installPackages", type=package_type, packages=packages)

    async def update_packages(self, package_type: Kind, packages: Specs | None = None) -> str:
        """Update the named packages, or all that have a newer version."""
        return await self.ask("updatePackages", type=package_type, packages=packages)

    async def uninstall_packages(self, package_type: Kind, packages: Specs) -> str:
        return await self.ask("uninstallPackages", type=package_type, packages=packages)

    async def installed_packages(self, package_type: Kind) -> list[Package]:
        return await self.ask("installedPackages", type=package_type)

    async def available_packages(self, package_type: Kind, source: str) -> list[Package]:
        return await self.ask("availablePackages", type=package_type, source=source)
