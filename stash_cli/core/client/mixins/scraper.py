"""Scrapers and stash-boxes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from stash_cli.core.client.base import StashClientBase

if TYPE_CHECKING:
    from collections.abc import Sequence

    from stash_cli.core.client.mixins.annotations import Dict
    from stash_cli.core.types import (
        ScrapeContentType,
        ScrapedGallery,
        ScrapedGroup,
        ScrapedImage,
        ScrapedMovie,
        ScrapedPerformer,
        ScrapedScene,
        ScrapedStudio,
        ScrapedTag,
        ScrapeMultiPerformersInput,
        ScrapeMultiScenesInput,
        Scraper,
        ScraperSourceInput,
        ScrapeSingleGalleryInput,
        ScrapeSingleGroupInput,
        ScrapeSingleImageInput,
        ScrapeSingleMovieInput,
        ScrapeSinglePerformerInput,
        ScrapeSingleSceneInput,
        ScrapeSingleStudioInput,
        ScrapeSingleTagInput,
        StashBoxDraftSubmissionInput,
        StashBoxFingerprintSubmissionInput,
    )

    Source = ScraperSourceInput | Dict


class ScraperClientMixin(StashClientBase):
    """Operations that fetch metadata from elsewhere or send it there."""

    async def list_scrapers(self, types: Sequence[ScrapeContentType | str]) -> list[Scraper]:
        return await self.ask("listScrapers", types=types)

    async def reload_scrapers(self) -> bool:
        return await self.ask("reloadScrapers")

    async def scrape_single_scene(
        self, source: Source, input: ScrapeSingleSceneInput | Dict
    ) -> list[ScrapedScene]:
        return await self.ask("scrapeSingleScene", source=source, input=input)

    async def scrape_multi_scenes(
        self, source: Source, input: ScrapeMultiScenesInput | Dict
    ) -> list[list[ScrapedScene]]:
        return await self.ask("scrapeMultiScenes", source=source, input=input)

    async def scrape_single_studio(
        self, source: Source, input: ScrapeSingleStudioInput | Dict
    ) -> list[ScrapedStudio]:
        return await self.ask("scrapeSingleStudio", source=source, input=input)

    async def scrape_single_tag(self, source: Source, input: ScrapeSingleTagInput | Dict) -> list[ScrapedTag]:
        return await self.ask("scrapeSingleTag", source=source, input=input)

    async def scrape_single_performer(
        self, source: Source, input: ScrapeSinglePerformerInput | Dict
    ) -> list[ScrapedPerformer]:
        return await self.ask("scrapeSinglePerformer", source=source, input=input)

    async def scrape_multi_performers(
        self, source: Source, input: ScrapeMultiPerformersInput | Dict
    ) -> list[list[ScrapedPerformer]]:
        return await self.ask("scrapeMultiPerformers", source=source, input=input)

    async def scrape_single_gallery(
        self, source: Source, input: ScrapeSingleGalleryInput | Dict
    ) -> list[ScrapedGallery]:
        return await self.ask("scrapeSingleGallery", source=source, input=input)

    async def scrape_single_movie(
        self, source: Source, input: ScrapeSingleMovieInput | Dict
    ) -> list[ScrapedMovie]:
        return await self.ask("scrapeSingleMovie", source=source, input=input)

    async def scrape_single_group(
        self, source: Source, input: ScrapeSingleGroupInput | Dict
    ) -> list[ScrapedGroup]:
        return await self.ask("scrapeSingleGroup", source=source, input=input)

    async def scrape_single_image(
        self, source: Source, input: ScrapeSingleImageInput | Dict
    ) -> list[ScrapedImage]:
        return await self.ask("scrapeSingleImage", source=source, input=input)

    async def scrape_url(self, url: str, ty: ScrapeContentType | str) -> Any:
        """What any scraper makes of an address, as an object of the type asked for; None for nothing."""
        return await self.ask("scrapeURL", url=url, ty=ty)

    async def scrape_performer_url(self, url: str) -> ScrapedPerformer | None:
        return await self.ask("scrapePerformerURL", url=url)

    async def scrape_scene_url(self, url: str) -> ScrapedScene | None:
        return await self.ask("scrapeSceneURL", url=url)

    async def scrape_gallery_url(self, url: str) -> ScrapedGallery | None:
        return await self.ask("scrapeGalleryURL", url=url)

    async def scrape_image_url(self, url: str) -> ScrapedImage | None:
        return await self.ask("scrapeImageURL", url=url)

    async def scrape_movie_url(self, url: str) -> ScrapedMovie | None:
        return await self.ask("scrapeMovieURL", url=url)

    async def scrape_group_url(self, url: str) -> ScrapedGroup | None:
        return await self.ask("scrapeGroupURL", url=url)

    async def submit_stashbox_fingerprints(
        self, input_data: StashBoxFingerprintSubmissionInput | Dict
    ) -> bool:
        return await self.ask("submitStashBoxFingerprints", input=input_data)

    async def submit_stashbox_scene_draft(self, input_data: StashBoxDraftSubmissionInput | Dict) -> str:
        return await self.ask("submitStashBoxSceneDraft", input=input_data)

    async def submit_stashbox_performer_draft(self, input_data: StashBoxDraftSubmissionInput | Dict) -> str:
        return await self.ask("submitStashBoxPerformerDraft", input=input_data)

    async def stashbox_batch_performer_tag(self, input_data: Dict) -> str:
        return await self.ask("stashBoxBatchPerformerTag", input=input_data)

    async def stashbox_batch_studio_tag(self, input_data: Dict) -> str:
        return await self.ask("stashBoxBatchStudioTag", input=input_data)

    async def stashbox_batch_tag_tag(self, input_data: Dict) -> str:
        return await self.ask("stashBoxBatchTagTag", input=input_data)
