"""Extensions of the server: plugins, packages, scrapers and stash-boxes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from stash_cli.core.client.base import Dict, StashClientBase

if TYPE_CHECKING:
    from collections.abc import Sequence

    from stash_cli.core import types

    Kind = types.PackageType | str
    Specs = Sequence[types.PackageSpecInput | Dict]
    Source = types.ScraperSourceInput | Dict


class PluginClientMixin(StashClientBase):
    """Operations on plugins."""

    async def get_plugins(self) -> list[types.Plugin]:
        return await self.call_operation("plugins")

    async def get_plugin_tasks(self) -> list[types.PluginTask]:
        return await self.call_operation("pluginTasks")

    async def set_plugins_enabled(self, enabled_map: dict[str, bool]) -> bool:
        return await self.call_operation("setPluginsEnabled", enabledMap=enabled_map)

    async def run_plugin_task(
        self,
        plugin_id: str,
        task_name: str | None = None,
        description: str | None = None,
        args_map: Dict | None = None,
    ) -> str:
        """Start a plugin's task and return the job's id."""
        return await self.call_operation(
            "runPluginTask",
            plugin_id=plugin_id,
            task_name=task_name,
            description=description,
            args_map=args_map,
        )

    async def run_plugin_operation(self, plugin_id: str, args: Dict | None = None) -> Any:
        """Run a plugin and return its result."""
        return await self.call_operation_json(
            "runPluginOperation", None, plugin_id=plugin_id, args=args or {}
        )

    async def reload_plugins(self) -> bool:
        return await self.call_operation("reloadPlugins")

    async def configure_plugin(self, plugin_id: str, config: Dict) -> Dict:
        return await self.call_operation("configurePlugin", plugin_id=plugin_id, input=config)


class PackageClientMixin(StashClientBase):
    """Operations on packages; those that change packages return a job's id."""

    async def install_packages(self, package_type: Kind, packages: Specs) -> str:
        return await self.call_operation("installPackages", type=package_type, packages=packages)

    async def update_packages(self, package_type: Kind, packages: Specs | None = None) -> str:
        """Update the named packages, or all that have a newer version."""
        return await self.call_operation("updatePackages", type=package_type, packages=packages)

    async def uninstall_packages(self, package_type: Kind, packages: Specs) -> str:
        return await self.call_operation("uninstallPackages", type=package_type, packages=packages)

    async def installed_packages(self, package_type: Kind) -> list[types.Package]:
        return await self.call_operation("installedPackages", type=package_type)

    async def available_packages(self, package_type: Kind, source: str) -> list[types.Package]:
        return await self.call_operation("availablePackages", type=package_type, source=source)


class ScraperClientMixin(StashClientBase):
    """Operations that read metadata from other sites or submit it to stash-boxes."""

    async def list_scrapers(self, types: Sequence[types.ScrapeContentType | str]) -> list[types.Scraper]:
        return await self.call_operation("listScrapers", types=types)

    async def reload_scrapers(self) -> bool:
        return await self.call_operation("reloadScrapers")

    async def scrape_single_scene(
        self, source: Source, input: types.ScrapeSingleSceneInput | Dict
    ) -> list[types.ScrapedScene]:
        return await self.call_operation("scrapeSingleScene", source=source, input=input)

    async def scrape_multi_scenes(
        self, source: Source, input: types.ScrapeMultiScenesInput | Dict
    ) -> list[list[types.ScrapedScene]]:
        return await self.call_operation("scrapeMultiScenes", source=source, input=input)

    async def scrape_single_studio(
        self, source: Source, input: types.ScrapeSingleStudioInput | Dict
    ) -> list[types.ScrapedStudio]:
        return await self.call_operation("scrapeSingleStudio", source=source, input=input)

    async def scrape_single_tag(
        self, source: Source, input: types.ScrapeSingleTagInput | Dict
    ) -> list[types.ScrapedTag]:
        return await self.call_operation("scrapeSingleTag", source=source, input=input)

    async def scrape_single_performer(
        self, source: Source, input: types.ScrapeSinglePerformerInput | Dict
    ) -> list[types.ScrapedPerformer]:
        return await self.call_operation("scrapeSinglePerformer", source=source, input=input)

    async def scrape_multi_performers(
        self, source: Source, input: types.ScrapeMultiPerformersInput | Dict
    ) -> list[list[types.ScrapedPerformer]]:
        return await self.call_operation("scrapeMultiPerformers", source=source, input=input)

    async def scrape_single_gallery(
        self, source: Source, input: types.ScrapeSingleGalleryInput | Dict
    ) -> list[types.ScrapedGallery]:
        return await self.call_operation("scrapeSingleGallery", source=source, input=input)

    async def scrape_single_movie(
        self, source: Source, input: types.ScrapeSingleMovieInput | Dict
    ) -> list[types.ScrapedMovie]:
        return await self.call_operation("scrapeSingleMovie", source=source, input=input)

    async def scrape_single_group(
        self, source: Source, input: types.ScrapeSingleGroupInput | Dict
    ) -> list[types.ScrapedGroup]:
        return await self.call_operation("scrapeSingleGroup", source=source, input=input)

    async def scrape_single_image(
        self, source: Source, input: types.ScrapeSingleImageInput | Dict
    ) -> list[types.ScrapedImage]:
        return await self.call_operation("scrapeSingleImage", source=source, input=input)

    async def scrape_url(self, url: str, ty: types.ScrapeContentType | str) -> Any:
        """The result of any scraper for a URL, as an object of the requested type; None for none."""
        return await self.call_operation("scrapeURL", url=url, ty=ty)

    async def scrape_performer_url(self, url: str) -> types.ScrapedPerformer | None:
        return await self.call_operation("scrapePerformerURL", url=url)

    async def scrape_scene_url(self, url: str) -> types.ScrapedScene | None:
        return await self.call_operation("scrapeSceneURL", url=url)

    async def scrape_gallery_url(self, url: str) -> types.ScrapedGallery | None:
        return await self.call_operation("scrapeGalleryURL", url=url)

    async def scrape_image_url(self, url: str) -> types.ScrapedImage | None:
        return await self.call_operation("scrapeImageURL", url=url)

    async def scrape_movie_url(self, url: str) -> types.ScrapedMovie | None:
        return await self.call_operation("scrapeMovieURL", url=url)

    async def scrape_group_url(self, url: str) -> types.ScrapedGroup | None:
        return await self.call_operation("scrapeGroupURL", url=url)

    async def submit_stashbox_fingerprints(
        self, input_data: types.StashBoxFingerprintSubmissionInput | Dict
    ) -> bool:
        return await self.call_operation("submitStashBoxFingerprints", input=input_data)

    async def submit_stashbox_scene_draft(self, input_data: types.StashBoxDraftSubmissionInput | Dict) -> str:
        return await self.call_operation("submitStashBoxSceneDraft", input=input_data)

    async def submit_stashbox_performer_draft(
        self, input_data: types.StashBoxDraftSubmissionInput | Dict
    ) -> str:
        return await self.call_operation("submitStashBoxPerformerDraft", input=input_data)

    async def stashbox_batch_performer_tag(self, input_data: Dict) -> str:
        return await self.call_operation("stashBoxBatchPerformerTag", input=input_data)

    async def stashbox_batch_studio_tag(self, input_data: Dict) -> str:
        return await self.call_operation("stashBoxBatchStudioTag", input=input_data)

    async def stashbox_batch_tag_tag(self, input_data: Dict) -> str:
        return await self.call_operation("stashBoxBatchTagTag", input=input_data)
