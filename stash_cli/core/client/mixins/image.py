"""Images: finding, changing, o counters."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stash_cli.core.client.base import StashClientBase
from stash_cli.core.errors import StashCapabilityError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from stash_cli.core.client.mixins.annotations import Dict, Id
    from stash_cli.core.types import (
        BulkImageUpdateInput,
        FindFilterType,
        FindImagesResultType,
        Image,
        ImageDestroyInput,
        ImageFilterType,
        ImagesDestroyInput,
        ImageUpdateInput,
    )


class ImageClientMixin(StashClientBase):
    """Operations on images."""

    async def find_image(self, id: Id) -> Image | None:
        return await self.ask("findImage", id=id)

    async def find_images(
        self,
        filter_: FindFilterType | Dict | None = None,
        image_filter: ImageFilterType | Dict | None = None,
        q: str | None = None,
        ids: Sequence[Id] | None = None,
    ) -> FindImagesResultType:
        """Images that match; all of them unless `filter_` pages."""
        return await self.find_page("Image", filter_, image_filter, q, ids)

    async def create_image(self, image: Image) -> Image:
        """Refused: no server makes images, they appear when their files are scanned."""
        raise StashCapabilityError(
            f"{image!r} cannot be created: images appear when their files are scanned.",
            hint="Put the file into a library folder and scan it.",
        )

    async def update_image(self, image: Image) -> Image:
        return await self.write("imageUpdate", image)

    async def images_update(self, updates: Sequence[ImageUpdateInput | Dict]) -> list[Image]:
        return await self.ask("imagesUpdate", input=updates)

    async def bulk_image_update(
        self, input_data: BulkImageUpdateInput | Dict, *, return_fields: str | None = None
    ) -> list[Image] | list[Dict]:
        return await self.bulk("bulkImageUpdate", input_data, return_fields)

    async def image_destroy(self, input_data: ImageDestroyInput | Dict) -> bool:
        return await self.ask("imageDestroy", input=input_data)

    async def images_destroy(self, input_data: ImagesDestroyInput | Dict) -> bool:
        return await self.ask("imagesDestroy", input=input_data)

    async def image_increment_o(self, id: Id) -> int:
        return await self.ask("imageIncrementO", id=id)

    async def image_decrement_o(self, id: Id) -> int:
        return await self.ask("imageDecrementO", id=id)

    async def image_reset_o(self, id: Id) -> int:
        return await self.ask("imageResetO", id=id)
